"""What staff take out of a copy before it is released, on a ground of the law, and how it is taken out. Pure.

A redaction names a record and a part of it: the whole record, a field, a passage in a field, an attachment; or a
passage wherever it occurs. What it holds is personal: it is kept sealed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import cast

from pydantic import Field, JsonValue, model_validator

from habeas.acts import ActId
from habeas.connector import File, Record
from habeas.matching import Place
from habeas.model import Frozen, Right
from habeas.policy import Policy

__all__ = [
    "GROUNDS",
    "MARKED",
    "Part",
    "Redaction",
    "Redactor",
    "Standing",
    "digest_of",
    "field_of",
    "files_meant",
    "grounds",
    "pointer",
    "spans",
    "texts",
]

MARKED = "_redacted"
"""The field that says of a record what was taken out of it besides fields and passages."""

GROUNDS = (
    "rights_of_others",
    "trade_secrets",
    "privilege",
    "confidential_reference",
    "evaluative_material",
    "legal_claims",
    "conflict_of_law",
    "formal_law",
    "national_limits",
    "security",
    "sensitive_identifier",
    "investigation",
    "crime_and_tax",
    "dispute_resolution",
    "government_objection",
    "business_interference",
    "own_interest",
    "excluded_data",
)
"""Reasons of the laws (`habeas.law.reason_codes`) that are about a piece of data. The others are about the request as a
whole (it is excessive, who asks is not known) or about another right."""


def grounds(policy: Policy, regime: str, jurisdiction: str, right: Right) -> dict[str, str]:
    """The grounds on which a piece may be taken out of this copy, each with its article.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    found = ((code, policy.provision(regime, jurisdiction, right, code)) for code in GROUNDS)
    return {code: article for code, article in found if article is not None}


class Part(StrEnum):
    """How much of a record a redaction takes out."""

    OBJECT = "object"
    FIELD = "field"
    PASSAGE = "passage"
    FILE = "file"


class Redaction(Frozen):
    """One thing to take out. Personal."""

    place: Place | None = Field(default=None, repr=False)
    """The record; none for a passage wherever it occurs."""
    path: str | None = Field(default=None, pattern=r"^/", max_length=2000, repr=False)
    """The field, or a value inside of it, as a JSON Pointer (RFC 6901) into the record's data: ``/comments/0/body``."""
    text: str | None = Field(default=None, min_length=1, max_length=100_000, repr=False)
    """The passage, to the letter; every time that it occurs, unless ``start`` says where."""
    start: int | None = Field(default=None, ge=0)
    """Where in the field the passage begins, in characters (code points) from 0."""
    file: str | None = Field(default=None, repr=False)
    """The attachment's name."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$", repr=False)
    """Of the attachment's content."""

    @model_validator(mode="after")
    def _one_thing(self) -> Redaction:
        if self.place is None and (self.text is None or self.path is not None or self.file is not None):
            raise ValueError("only a passage is taken out wherever it occurs")
        if self.start is not None and (self.text is None or self.path is None):
            raise ValueError("where a passage begins is said of a field")
        if self.file is not None and (self.path is not None or self.text is not None or self.sha256 is None):
            raise ValueError("an attachment is named with the digest of its content, and goes as a whole")
        return self

    @property
    def part(self) -> Part:
        """How much it takes out."""
        if self.file is not None:
            return Part.FILE
        if self.text is not None:
            return Part.PASSAGE
        return Part.FIELD if self.path is not None else Part.OBJECT


class Standing(Frozen):
    """A redaction that was decided and not taken back."""

    id: ActId
    """Of the act by which it was decided."""
    ground: str
    redaction: Redaction = Field(repr=False)


class Redactor:
    """Takes out of records what is to be taken out of them.

    Args:
        standing: the redactions.
        mark: what stands in the place of something that was taken out, by the ground.
    """

    def __init__(self, standing: Iterable[Standing], mark: Callable[[str], str]) -> None:
        self._mark = mark
        self._everywhere: list[Standing] = []
        self._there: dict[tuple[str, str, str], list[Standing]] = {}
        self.met: Counter[str] = Counter()
        """How often each redaction, by its id, found what it is about."""
        for one in standing:
            place = one.redaction.place
            if place is None:
                self._everywhere.append(one)
            else:
                self._there.setdefault((place.system, place.record.collection, place.record.key), []).append(one)

    def about(self, system: str, record: Record) -> list[Standing]:
        """The redactions that are about a record: its own, and the passages that go wherever they occur."""
        return [*self._there.get((system, record.collection, record.key), ()), *self._everywhere]

    def redacted(self, system: str, record: Record) -> Record:
        """The record without what is taken out of it; the same one if that is nothing."""
        found = self.about(system, record)
        if not found:
            return record
        # A passage that occurs in a field which goes as a whole is met all the same.
        data = cast("dict[str, JsonValue]", self._value(record.data, "", found, top=True))
        files, gone = self._files(record.files, found)
        whole = next((one for one in found if one.redaction.part is Part.OBJECT), None)
        if whole is not None:
            self.met[whole.id] += 1
            return record.model_copy(update={"data": {MARKED: self._mark(whole.ground)}, "files": ()})
        if gone:
            data = data | {_free(MARKED, data): "; ".join(gone)}
        return record.model_copy(update={"data": data, "files": files})

    def _value(self, value: JsonValue, path: str, found: list[Standing], *, top: bool = False) -> JsonValue:
        said: JsonValue = value
        if isinstance(value, str):
            said = self._text(value, path, found)
        elif isinstance(value, dict):
            # The names of fields are the system's; names further in may be a person's, and are texts as well.
            made: dict[str, JsonValue] = {}
            for name, inner in value.items():
                called = name if top else self._text(name, None, found)
                made[called if called == name else _free(called, made)] = self._value(inner, pointer(path, name), found)
            said = made
        elif isinstance(value, list):
            said = [self._value(inner, pointer(path, str(n)), found) for n, inner in enumerate(value)]
        elif isinstance(value, int) and not isinstance(value, bool):
            text = self._text(str(value), path, found)
            said = value if text == str(value) else text
        for one in found:
            if one.redaction.part is Part.FIELD and one.redaction.path == path:
                self.met[one.id] += 1
                return self._mark(one.ground)
        return said

    def _text(self, text: str, path: str | None, found: Iterable[Standing]) -> str:
        taken = list(spans(text, path, found))
        self.met.update(one.id for _, _, one in taken)
        return _without(text, taken, self._mark) if taken else text

    def _files(self, files: tuple[File, ...], found: list[Standing]) -> tuple[tuple[File, ...], list[str]]:
        named = [one for one in found if one.redaction.part is Part.FILE]
        gone: dict[int, str] = {}
        for one in named:
            for n in files_meant(files, one.redaction):
                self.met[one.id] += 1
                gone.setdefault(n, self._mark(one.ground))
        left = []
        for n, file in enumerate(files):
            if n not in gone:
                name = self._text(file.name, None, found)
                left.append(file if name == file.name else file.model_copy(update={"name": name}))
        return tuple(left), list(gone.values())


def pointer(path: str, name: str) -> str:
    """The JSON Pointer (RFC 6901) of a member of what ``path`` points at."""
    return f"{path}/{name.replace('~', '~0').replace('/', '~1')}"


def spans(text: str, path: str | None, found: Iterable[Standing]) -> Iterator[tuple[int, int, Standing]]:
    """What of a text is taken out: from where to where, and by which redaction; they may overlap.

    Args:
        text: a value, or a name.
        path: the pointer to it; None for what is no value of a field.
        found: the redactions that are about the record.
    """
    for one in found:
        sought = one.redaction
        if sought.text is not None and sought.path in (None, path):
            for start in _occurrences(text, sought.text, sought.start):
                yield start, start + len(sought.text), one


def field_of(path: str) -> str:
    """The name of the field that a pointer is in."""
    return path.split("/")[1].replace("~1", "/").replace("~0", "~")


def texts(value: JsonValue, path: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Every value in a record's data that has nothing inside of it, with the pointer to it."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from texts(inner, pointer(path, name))
    elif isinstance(value, list) and value:
        for n, inner in enumerate(value):
            yield from texts(inner, pointer(path, str(n)))
    else:
        yield path, value


def digest_of(file: File) -> str:
    """SHA-256 of an attachment's content, in hex."""
    return hashlib.sha256(file.content).hexdigest()


def files_meant(files: tuple[File, ...], sought: Redaction) -> list[int]:
    """Which of a record's attachments are meant; where none has the content any more, the ones of that name.

    What changed since it was looked at is not handed over for that.
    """
    same = [n for n, one in enumerate(files) if digest_of(one) == sought.sha256]
    return same or [n for n, one in enumerate(files) if one.name == sought.file]


def _occurrences(text: str, sought: str, start: int | None) -> Iterator[int]:
    if start is not None and text.startswith(sought, start):
        yield start
        return
    # Not there any more: wherever it is now. One that overlaps the one before counts too.
    at = text.find(sought)
    while at >= 0:
        yield at
        at = text.find(sought, at + 1)


def _without(text: str, taken: list[tuple[int, int, Standing]], mark: Callable[[str], str]) -> str:
    made, end = [], 0
    for start, stop, one in sorted(taken, key=lambda each: (each[0], -each[1])):
        if start >= end:
            made += [text[end:start], mark(one.ground)]
        end = max(end, stop)
    return "".join([*made, text[end:]])


def _free(name: str, taken: Mapping[str, JsonValue]) -> str:
    while name in taken:
        name += "_"
    return name
