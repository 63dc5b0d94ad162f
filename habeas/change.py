"""What a request changes in each system: values to correct, objects to restrict, purposes to stop. Pure.

A plan is drafted from what was collected (or, where nothing may wait, from the records found), seen and approved by its
digest, and carried out to the letter.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field, JsonValue

from habeas.connector import Change, Collection, FieldChange, Record, RecordRef, Rectify, Restrict, Stop
from habeas.model import Frozen, SystemName, normalise
from habeas.particulars import Correction
from habeas.staying import Because
from habeas.written import same_words

__all__ = [
    "Corrections",
    "Found",
    "Stays",
    "SystemChange",
    "digest",
    "rectified",
    "restricted",
    "stopped",
]

_NOT_WORD = re.compile(r"[\W_]+")
_KINDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e_mail", "mail"),
    "phone": ("phone", "mobile", "telephone", "tel", "cell"),
}
_SORTS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e_mail", "mail", "adresse", "address", "courriel", "epost", "e_post"),
    "phone": ("phone", "mobile", "telephone", "telefon", "téléphone", "tel", "cell", "mobil", "tlf"),
    "name": ("name", "firstname", "lastname", "surname", "nickname", "navn", "nom", "prénom", "vorname", "nachname"),
    "place": (
        *("address", "adresse", "street", "straße", "strasse", "gade", "gate", "vej", "vei", "rue"),
        *("city", "town", "stadt", "ort", "ville", "poststed", "country", "land", "pays"),
        *("postcode", "zip", "postal_code", "plz", "postnummer", "postnr", "code_postal"),
    ),
    "birth": ("born", "birth", "birthday", "birthdate", "dob", "født", "fødselsdato", "geburtsdatum", "naissance"),
}
"""Words, in the languages of the letters, that say what sort of value a field has. One may say two."""


class Found(Frozen):
    """One value that a correction is about."""

    correction: int
    """Its place among the person's corrections, from 0."""
    collection: str
    key: str = Field(repr=False)
    field: str
    old: JsonValue = Field(repr=False)
    new: JsonValue = Field(repr=False)

    @property
    def ref(self) -> RecordRef:
        """The object that holds it."""
        return RecordRef(collection=self.collection, key=self.key)


class Stays(Frozen):
    """An object that is left alone, whatever a correction or a restriction would do with it."""

    ref: RecordRef = Field(repr=False)
    because: Because
    law: str
    """The provision, or who decides over it."""


class SystemChange(Frozen):
    """One system's part of a plan: what is done there, and what is left alone and why."""

    system: SystemName
    change: Change | None = Field(default=None, repr=False)
    """What the system itself carries out; None where nothing is, or a human must."""
    by_hand: bool = False
    """The system cannot do it by itself: a human does."""
    found: tuple[Found, ...] = Field(default=(), repr=False)
    """Rectification: every value that a correction is about, those to be changed by hand or not at all too."""
    contested: tuple[Found, ...] = Field(default=(), repr=False)
    """Values that stay as they are, because the controller holds them to be right."""
    blocked: tuple[Found, ...] = Field(default=(), repr=False)
    """Values that are left alone for now: of objects that are restricted (GDPR art. 18(2)), under a legal hold, or
    somebody else's to decide over."""
    stays: tuple[Stays, ...] = Field(default=(), repr=False)
    """Why, object by object; without an entry it is restricted."""
    consented: tuple[RecordRef, ...] = Field(default=(), repr=False)
    """Rectification: objects that are restricted and are corrected all the same, since the person who had them
    restricted asks for it (GDPR art. 18(2))."""
    covered: tuple[RecordRef, ...] = Field(default=(), repr=False)
    """Restriction: every object that nothing but storing may be done with, whether the system can mark it or not."""

    @property
    def empty(self) -> bool:
        """Nothing is done here, though something may be left alone."""
        return self.change is None and not self.by_hand and not self.covered


class Corrections:
    """The corrections that a person asks for, and the values that they are about.

    A value is meant if its field may be corrected and it equals the wrong value in the field's normal form (addresses
    and phone numbers as they are compared everywhere, other text without case and with single spaces). Where the person
    named the field, only that one is meant in the collections that have it, and elsewhere fields of its sort, or of
    none that can be told, at most: a wrong street must not change a name that happens to be equal. Every field is meant
    where the word says nothing. A missing value is meant where its field is named and empty.
    """

    def __init__(self, asked: Sequence[Correction], fields: Iterable[str] = ()) -> None:
        """Read the corrections.

        Args:
            asked: as the person asks for them.
            fields: every field that any system of the controller can correct, by name.
        """
        self._asked = tuple(asked)
        self._fields = frozenset(map(_word, fields))

    def find(self, collection: Collection, record: Record, *, any_field: bool = False) -> Iterable[Found]:
        """The values of one record that are meant.

        Args:
            collection: the record's, as the manifest has it.
            record: as collected.
            any_field: look at every field, also at those that the system cannot correct by itself.
        """
        fields = sorted(record.data) if any_field else [name for name in collection.rectifiable if name in record.data]
        for index, asked in enumerate(self._asked):
            named = [field for field in fields if _word(field) == _word(asked.what)]
            if asked.old is None:
                meant = [field for field in named if record.data[field] in (None, "")]
            else:
                old = asked.old
                # By hand, a human sees each value and says whether it is the one; the field's name is theirs too.
                looked = named or (fields if any_field else self._alike(asked.what, fields))
                meant = [field for field in looked if _same(field, record.data[field], old)]
            for field in meant:
                yield Found(
                    correction=index,
                    collection=record.collection,
                    key=record.key,
                    field=field,
                    old=record.data[field],
                    new=_typed(record.data[field], asked.new),
                )

    def _alike(self, what: str, fields: Sequence[str]) -> Sequence[str]:
        """The fields that a word may mean which none of them has for its name."""
        if sorts := _sorts(what):
            # A field whose name says nothing (``value``) may hold anything: that it holds the wrong value tells.
            return [field for field in fields if sorts & _sorts(field) or not _sorts(field)]
        return () if _word(what) in self._fields else fields

    def unmatched(self, found: Iterable[Found]) -> tuple[int, ...]:
        """The corrections for which no value was found anywhere."""
        seen = {one.correction for one in found}
        return tuple(index for index in range(len(self._asked)) if index not in seen)


def rectified(
    system: str,
    found: Iterable[Found],
    *,
    contested: frozenset[int],
    held: frozenset[RecordRef],
    able: bool,
    stays: Iterable[Stays] = (),
) -> SystemChange:
    """One system's part of a rectification.

    Args:
        system: its name.
        found: the values meant there.
        contested: corrections that the controller does not make.
        held: objects that are restricted for another request: their values stay.
        able: whether the system corrects values by itself.
        stays: objects whose values stay for another reason, each with it.
    """
    why = tuple(stays)
    held = held | {one.ref for one in why}
    every = tuple(dict.fromkeys(found))
    kept = tuple(one for one in every if one.correction in contested)
    blocked = tuple(one for one in every if one.correction not in contested and one.ref in held)
    rest = [one for one in every if one not in kept and one not in blocked and one.old != one.new]
    # Two corrections of one value: the last one asked for counts, as with everything that is said twice.
    fields = {
        (one.collection, one.key, one.field): FieldChange(
            collection=one.collection, key=one.key, field=one.field, old=one.old, new=one.new
        )
        for one in sorted(rest, key=lambda one: (one.collection, one.key, one.field, one.correction))
    }
    return SystemChange(
        system=system,
        change=Rectify(fields=tuple(fields.values())) if fields and able else None,
        by_hand=bool(fields) and not able,
        found=every,
        contested=kept,
        blocked=blocked,
        stays=tuple(one for one in why if any(each.ref == one.ref for each in blocked)),
    )


def restricted(
    system: str, objects: Iterable[RecordRef], markable: frozenset[str], *, able: bool, stays: Iterable[Stays] = ()
) -> SystemChange:
    """One system's part of a restriction: every object is held, and those that the system can mark are marked.

    Args:
        system: its name.
        objects: everything of the person there.
        markable: the collections whose objects can be marked.
        able: whether the system marks by itself.
        stays: objects that are somebody else's to decide over: they are not held here.
    """
    others = tuple(stays)
    mine = set(objects) - {one.ref for one in others}
    covered = tuple(sorted(mine, key=lambda ref: (ref.collection, ref.key)))
    marked = tuple(ref for ref in covered if ref.collection in markable)
    return SystemChange(
        system=system,
        change=Restrict(objects=marked) if able and marked else None,
        by_hand=bool(covered) and not able,
        covered=covered,
        stays=others,
    )


def stopped(
    system: str, roots: Iterable[RecordRef], purposes: Iterable[str], known: Iterable[str], *, by_hand: bool
) -> SystemChange:
    """One system's part of an objection, an opt-out, a limit or a withdrawal of consent.

    Args:
        system: its name.
        roots: the person's records there.
        purposes: what is to stop.
        known: what the system can stop.
        by_hand: a human sees to purposes that no system can stop.
    """
    able = frozenset(known)
    here = tuple(purpose for purpose in dict.fromkeys(purposes) if purpose in able)
    records = tuple(sorted(set(roots), key=lambda ref: (ref.collection, ref.key)))
    stop = Stop(roots=records, purposes=here) if here and records else None
    return SystemChange(system=system, change=stop, by_hand=by_hand)


def digest(plans: Iterable[SystemChange], contested: Iterable[int] = (), purposes: Iterable[str] = ()) -> str:
    """Name a whole plan: SHA-256 in hex over its canonical JSON, whatever the order of the systems.

    What is not corrected, and what is to stop, are parts of it though no system may know of them. As with
    `habeas.plan.digest`, only a digest keyed with the request's key may leave the ledger.
    """
    content = {
        "systems": sorted(_canonical(_dumped(plan)) for plan in plans),
        "contested": sorted(contested),
        "purposes": sorted(purposes),
    }
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _dumped(plan: SystemChange) -> dict[str, JsonValue]:
    dumped: dict[str, JsonValue] = plan.model_dump(mode="json")
    for name in ("stays", "consented"):
        if not dumped[name]:
            # A plan that was approved before there was such a thing keeps its name.
            del dumped[name]
    return dumped


def _word(text: str) -> str:
    return _NOT_WORD.sub("_", unicodedata.normalize("NFKC", text).casefold()).strip("_")


def _sorts(text: str) -> frozenset[str]:
    word = _word(text)
    ends = word.split("_")[-1]
    return frozenset(
        sort
        for sort, words in _SORTS.items()
        if any(f"_{one}_" in f"_{word}_" or (len(one) > 3 and ends.endswith(one)) for one in map(_word, words))
    )


def _kind(field: str) -> str:
    parts = _word(field)
    for kind, words in _KINDS.items():
        if any(word in parts.split("_") or parts.endswith(word) for word in words):
            return kind
    return "text"


def _same(field: str, value: JsonValue, old: str) -> bool:
    if value is None or isinstance(value, (dict, list)):
        return False
    return _normal(field, _text(value)) == _normal(field, old)


def _normal(field: str, text: str) -> str:
    try:
        text = normalise(_kind(field), text)
    except ValueError:
        text = unicodedata.normalize("NFKC", text)
    return same_words(text)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _typed(old: JsonValue, new: str) -> JsonValue:
    """The new value in the old one's type, where it can be read as one; else as text, which the system may refuse."""
    if old is None or isinstance(old, str):
        return new
    try:
        value: JsonValue = json.loads(new)
    except ValueError:
        return new
    same = isinstance(value, bool) is isinstance(old, bool) and isinstance(value, (int, float, bool))
    return value if same else new


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
