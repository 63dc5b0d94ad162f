"""The connector contract: what a connected system must be able to do for Habeas. Small, typed, async.

A connector gets its settings when it is made and plain values on each call: no database session, no Temporal, no
global state. It raises `habeas.errors.Transient`, `Terminal` or `Quarantine` and nothing else on purpose; the engine
does retries, timeouts, rate limits, heartbeats, evidence and error mapping. Connectors are found by entry point, group
``habeas.connectors``; the built-in ones use the same door.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol, Self, runtime_checkable

from pydantic import ConfigDict, Field, JsonValue, PrivateAttr

from habeas.fields import Origin, SensitiveType
from habeas.glossary import Glossary, humanise
from habeas.model import Frozen, Identifier, IdentifierKind
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Drifted, EraseAnswer, Fate, ObjectOutcome
from habeas.particulars import PurposeId

ENTRY_POINT_GROUP = "habeas.connectors"

ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""Why data is withheld or kept, as a code that each regime has its own article for: ``rights_of_others``."""


class Capability(StrEnum):
    """What a connector can carry out; the engine never asks for one that is not declared."""

    LOCATE = "locate"
    COLLECT = "collect"
    ERASE = "erase"
    CONFIRM = "confirm"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    OBJECT = "object"
    EXPIRE = "expire"
    """Can tell which of its objects are past the term that they may be kept for (see `Expiring`)."""
    VETO = "veto"
    """Can tell before an erasure what stands in its way (see `Vetoing`)."""


class Treatment(StrEnum):
    """What erasure means for an object."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    RETAIN = "retain"


_AS_PLANNED = {Treatment.DELETE: Fate.ERASED, Treatment.ANONYMISE: Fate.ANONYMISED, Treatment.RETAIN: Fate.RETAINED}


class Retention(Frozen):
    """A duty to keep: which law, and for how long from an object's anchor date."""

    law: str = Field(min_length=3)
    """What the person is told: the law of a country, a duty, a promise."""
    ground: ReasonCode | None = None
    """The ground of the request's own law on which erasure is refused meanwhile (`habeas.law.reason_codes`): its
    article is told beside ``law``. Unset where ``law`` is a provision whatever the regime, as a bookkeeping act is."""
    years: int = Field(default=0, ge=0)
    months: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)
    anchor: str = Field(min_length=1, description="the field that the term runs from")
    to: Literal["year_end"] | None = Field(
        default=None, description="'year_end': the term begins when the anchor's year has ended"
    )


class Choice(Frozen):
    """Which field of a record says whether the data is used for a purpose."""

    purpose: PurposeId
    field: str
    stopped: JsonValue = None
    """The value that says it is not; None: no value does."""
    any_value: bool = False
    """Any value says that it is not: the moment at which it was stopped."""
    where: Mapping[str, str] = Field(default_factory=dict)
    """Only of records whose fields hold these."""

    def stands(self, data: Mapping[str, JsonValue]) -> bool | None:
        """Whether the use stands; None where the record does not say."""
        if self.field not in data or any(_written(data.get(name)) != word for name, word in self.where.items()):
            return None
        value = data[self.field]
        if self.any_value:
            return value is None
        if self.stopped is None:
            return value is not None
        return None if value is None else _written(value) != _written(self.stopped)


def _written(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Collection(Frozen):
    """One kind of object in a system (a table, an endpoint), and what the law and the controller say of it."""

    name: str
    category: str = Field(description="data category, as the controller's policy names it")
    treatment: Treatment
    retention: Retention | None = None
    when_referenced: Treatment = Treatment.ANONYMISE
    """Instead of DELETE, when something that stays still points at the object."""
    after: Treatment = Treatment.DELETE
    """Instead of RETAIN, once the retention's term is over."""
    bound: frozenset[Treatment] = frozenset()
    """What, done to something that they point at, ends its own objects: a card goes with its deleted customer; that
    somebody is copied on a ticket, however they go. Retained, they keep that from it, whatever its collection says."""
    withheld: Mapping[str, str] = Field(default_factory=dict)
    """Fields never disclosed -> why (shown to the person), in words, without an article."""
    grounds: Mapping[str, ReasonCode] = Field(default_factory=dict)
    """Fields that are withheld -> the reason as a code (`habeas.law.reason_codes`): the person is told the article of
    the law that the request is under."""
    origin: Origin | None = None
    """Where its data comes from, if it is not as the policy says of the category: portability asks for it."""
    origins: Mapping[str, Origin] = Field(default_factory=dict)
    """Fields that come from elsewhere than the rest: a score that was computed, a mark that the engine writes."""
    types: Mapping[str, SensitiveType] = Field(default_factory=dict)
    """Fields that hold what some laws never let out."""
    file_field: str | None = None
    """The field whose content is given as a record's files, as ``origins`` and ``types`` name it."""
    free_text: tuple[str, ...] = ()
    """Fields that may name other people: reviewed before release."""
    rectifiable: tuple[str, ...] = ()
    """Fields whose value may be corrected (`Capability.RECTIFY`)."""
    restrictable: bool = False
    """Objects can be marked as restricted (`Capability.RESTRICT`)."""
    shared: str | None = None
    """By which law an object stays that is somebody else's too (`Record.shared`), as the person is told. None: it goes
    like any other."""
    choices: tuple[Choice, ...] = ()
    """What people chose, or had stopped: by which it is known who got their data only because of it."""
    expires: Retention | None = None
    """How long objects may be kept at all: after that they go, whoever asks or not (GDPR art. 5(1)(e)). Its ``law`` is
    the promise or rule that says so."""
    title: str | None = None
    """For people; without one the name is made readable."""
    labels: Mapping[str, str] = Field(default_factory=dict)
    """Fields -> what people call them; without one a field's name is made readable."""

    @property
    def called(self) -> str:
        """The title for people, as the manifest's language has it."""
        return self.title or humanise(self.name)

    def texts(self, record: Record) -> tuple[str, ...]:
        """The fields in which a record of this collection says something, and may name other people."""
        named = dict.fromkeys((*self.free_text, *record.free_text))
        return tuple(field for field in named if record.data.get(field))

    def label(self, field: str) -> str:
        """What people call a field, as the manifest's language has it."""
        return self.labels.get(field) or humanise(field)

    def chosen(self, record: Record) -> dict[PurposeId, bool]:
        """Purpose -> whether the use for it stands, as far as a record of this collection says.

        What is not in the record is not said.
        """
        said = ((one.purpose, one.stands(record.data)) for one in self.choices)
        found: dict[PurposeId, bool] = {}
        for purpose, stands in said:
            if stands is not None:
                found[purpose] = found.get(purpose, False) or stands
        return found


class Written(NamedTuple):
    """Where in a file something is decided."""

    file: Path
    line: int


class Manifest(Frozen):
    """What a connector needs, yields and can do. Honest: the conformance kit checks it."""

    title: str
    needs: tuple[IdentifierKind, ...] = Field(description="identifier kinds it can search by")
    yields: tuple[IdentifierKind, ...] = Field(description="identifier kinds its records may add")
    capabilities: frozenset[Capability]
    collections: tuple[Collection, ...]
    confirm_after: float = Field(default=0.0, ge=0, description="seconds until a second look is meaningful")
    purposes: tuple[PurposeId, ...] = ()
    """Purposes for which this system can stop using a person's data (`Capability.OBJECT`)."""
    manual: bool = False
    """Nothing answers there but a human: every step is a task for one."""
    any_root: bool = False
    """`Connector.collect` begins at any of its objects, not only at what `Connector.locate` finds. Of a person whose
    account is anonymous by now, what a law keeps is then given without that account."""
    keeps: tuple[str, ...] = ()
    """Laws, beside those of collections, by which a human may say that something there is kept."""
    glossary: Glossary = Glossary()
    """The language that titles, labels, reasons and laws are written in, and what they are in others. Whoever is
    answered in one that is not there reads them as written: `habeas policy check` names what is missing."""

    _written: Mapping[tuple[str, str | None], Written] = PrivateAttr(default_factory=dict)
    _identifying: Mapping[str, tuple[str, ...]] = PrivateAttr(default_factory=dict)

    @property
    def short_lived(self) -> frozenset[str]:
        """The collections whose objects end by themselves."""
        return frozenset(one.name for one in self.collections if one.expires is not None)

    def written(self, collection: str, field: str | None = None) -> Written | None:
        """Where a collection's retention, or a field, is decided; None where that is in no file."""
        return self._written.get((collection, field))

    def identifying(self, collection: str) -> tuple[str, ...]:
        """The fields by which a collection's records are found, as far as the file says in which these are decided."""
        return self._identifying.get(collection, ())

    def written_in(
        self, places: Mapping[tuple[str, str | None], Written], identifying: Mapping[str, tuple[str, ...]]
    ) -> Self:
        """The same manifest, which knows where it is written: for messages to whoever keeps the file."""
        self._written, self._identifying = places, identifying
        return self


class Health(Frozen):
    """Answer of `Connector.ping`."""

    ok: bool
    detail: str = ""
    """What is wrong and what to change; no personal data."""
    fits: bool = True
    """False: it answers, and is not what its settings (a data map, say) describe. Waiting does not mend that."""


class Match(Frozen):
    """One record in a system that may be the person: a CRM contact, a customer, a support account."""

    collection: str
    key: str = Field(repr=False)
    found_by: tuple[Identifier, ...] = Field(repr=False)
    yields: tuple[Identifier, ...] = Field(default=(), repr=False)
    unproven: tuple[Identifier, ...] = Field(default=(), repr=False)
    """Those of ``found_by`` and ``yields`` that the system knows nobody has proven: an address whose ``verified`` is
    false, a number that people type into their own profile. What only such a one leads to, here or from here, waits
    for a human. Empty where the system cannot tell."""
    name: str | None = Field(default=None, repr=False)
    """Never matched by; only used to notice that two matches contradict each other."""
    staff: bool = False
    """The account is one of the controller's own people, who use the system at work: an agent, an administrator. A
    human says whether it is the person's as well; until then nothing of it is collected, erased or written to."""
    account: bool = True
    """One for each person, so that two with one address contradict each other. False of what somebody has several of,
    and that stands for itself: a message without an account, a case from a form."""


class Located(Frozen):
    """Answer of `Connector.locate`: every record that bears one of the identifiers, exactly."""

    matches: tuple[Match, ...] = Field(default=(), repr=False)


class RecordRef(Frozen):
    """One object's place: its collection and its key in canonical JSON (``[17]``, ``["a", 3]``)."""

    collection: str
    key: str = Field(repr=False)


class File(Frozen):
    """Bytes that belong to a record (an attachment). In JSON they are base64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str = Field(repr=False)
    media_type: str = "application/octet-stream"
    content: bytes = Field(repr=False)


class Record(Frozen):
    """One object of the person, as the system holds it."""

    collection: str
    key: str = Field(repr=False)
    data: dict[str, JsonValue] = Field(repr=False)
    fingerprint: str = Field(description="SHA-256 over the whole stored object, withheld fields too, in hex")
    anchor: date | None = None
    """The date a retention runs from, if the collection has one."""
    parents: tuple[RecordRef, ...] = ()
    """Objects of the same person that this one points at."""
    referenced: bool = False
    """Something that is not the person's points at this object: it cannot simply go (see `when_referenced`)."""
    shared: bool = False
    """It is another person's as much as this one's: a message between two. See `Collection.shared`."""
    lets_go: bool = False
    """Anonymised, it points at none of its parents any more, or at what says nothing: they need not stay for it."""
    only_with_parents: tuple[Treatment, ...] = ()
    """What becomes of it only by its parents going, as a rating that nobody can change names nobody once its author is
    gone: while one of them is retained, it is too."""
    files: tuple[File, ...] = Field(default=(), repr=False)
    free_text: tuple[str, ...] = ()
    """Fields that may name other people, beside those of `Collection.free_text`: such as the system's administrators
    made, of which the settings say nothing. Reviewed before release."""

    @classmethod
    def of(cls, collection: str, key: str, data: Mapping[str, JsonValue]) -> Self:
        """An object of which nothing is stored but this."""
        text = json.dumps(data, sort_keys=True, ensure_ascii=False)
        return cls(
            collection=collection, key=key, data=dict(data), fingerprint=hashlib.sha256(text.encode()).hexdigest()
        )


class Page(Frozen):
    """Some records, and where to go on. The same cursor gives the same page while the data stays the same."""

    records: tuple[Record, ...] = Field(repr=False)
    cursor: str | None
    """Where the next page starts; None on the last. Opaque, PII-free, at most 2 kB: it travels in heartbeats."""


class PlannedObject(Frozen):
    """What will be done with one object; see `habeas.plan`."""

    collection: str
    key: str = Field(repr=False)
    treatment: Treatment
    fingerprint: str
    law: str | None = None
    until: date | None = None
    category: str = ""
    undated: bool = False
    """The date that the retention runs from is missing: the term was counted from the day of the plan."""
    referenced: bool = False
    """Not deleted, as its collection says, since something that stays points at it."""
    reason: str | None = None
    """Why it stays although no retention of its own keeps it: a code of `habeas.staying`."""
    then: Treatment | None = None
    """What becomes of it once that is over, where its collection alone does not say."""
    needs: tuple[RecordRef, ...] = Field(default=(), repr=False)
    """If it stays: the planned objects that it points at."""
    lets_go: bool = False
    """Anonymised, it needs none of what it points at (`Record.lets_go`)."""
    only_with_parents: tuple[Treatment, ...] = ()
    """See `Record.only_with_parents`."""

    def became(self, fate: Fate | None = None, reason: str | None = None) -> ObjectOutcome:
        """Its outcome: as planned, unless another fate is given. What is kept says by which law and until when."""
        fate = fate or _AS_PLANNED[self.treatment]
        kept = fate is Fate.RETAINED
        return ObjectOutcome(
            collection=self.collection,
            key=self.key,
            fate=fate,
            reason=reason,
            law=self.law if kept else None,
            until=self.until if kept else None,
        )

    def seen(self, now: Record | None) -> ObjectOutcome:
        """Its outcome by how it is now, where objects are deleted or left as they are: as planned, or failed."""
        wanted = None if self.treatment is Treatment.DELETE else self.fingerprint
        return self.became(None if (now and now.fingerprint) == wanted else Fate.FAILED)


class SystemPlan(Frozen):
    """One system's part of an approved plan. Erasure acts on these keys, never on a search."""

    system: str
    roots: tuple[RecordRef, ...] = Field(repr=False)
    identifiers: tuple[Identifier, ...] = Field(repr=False)
    objects: tuple[PlannedObject, ...] = Field(repr=False)
    only: tuple[str, ...] | None = None
    """The collections that the plan is about, where the person asked for some categories only; None for all.

    What is, changes or appears in other collections is none of its business: it is no drift, and has not come back.
    """

    @property
    def going(self) -> tuple[PlannedObject, ...]:
        """The objects that are deleted or anonymised. All others stay exactly as they are."""
        return tuple(one for one in self.objects if one.treatment is not Treatment.RETAIN)

    def covers(self, collection: str) -> bool:
        """Whether the plan says all that there is to say of the person in this collection."""
        return self.only is None or collection in self.only

    def drifted(self, held: Iterable[Record], matches: Iterable[Match]) -> Drifted | None:
        """What differs from the plan, or has appeared, where each object stands alone; None if the plan still holds.

        Args:
            held: the planned objects as they are now; one that is gone already is no drift.
            matches: what a search for `identifiers` finds.
        """
        now = {(one.collection, one.key): one.fingerprint for one in held}
        changed = sum(now.get((one.collection, one.key), one.fingerprint) != one.fingerprint for one in self.objects)
        appeared = len(self.returned(matches))
        return Drifted(changed=changed, appeared=appeared) if changed or appeared else None

    def returned(self, matches: Iterable[Match]) -> tuple[ObjectOutcome, ...]:
        """What a second look found of the person that the plan does not name, as failed: it has come back."""
        planned = {(one.collection, one.key) for one in self.objects}
        return tuple(
            ObjectOutcome(collection=one.collection, key=one.key, fate=Fate.FAILED, reason="came_back")
            for one in matches
            if self.covers(one.collection) and (one.collection, one.key) not in planned
        )


class FieldChange(Frozen):
    """One value to be corrected."""

    collection: str
    key: str = Field(repr=False)
    field: str
    old: JsonValue = Field(repr=False)
    """As collected: the system answers `Drifted` if it holds something else by now (and not ``new``)."""
    new: JsonValue = Field(repr=False)

    @property
    def ref(self) -> RecordRef:
        """The object that holds it."""
        return RecordRef(collection=self.collection, key=self.key)


class Rectify(Frozen):
    """Correct these values and no others."""

    kind: Literal["rectify"] = "rectify"
    fields: tuple[FieldChange, ...] = Field(min_length=1, repr=False)


class Restrict(Frozen):
    """Mark these objects as restricted, so that nothing but storage is done with them (GDPR art. 18); or lift that."""

    kind: Literal["restrict"] = "restrict"
    objects: tuple[RecordRef, ...] = Field(min_length=1, repr=False)
    on: bool = True


class Stop(Frozen):
    """Stop using the data of these persons' records for these purposes (objection, opt-out, consent withdrawn)."""

    kind: Literal["stop"] = "stop"
    roots: tuple[RecordRef, ...] = Field(min_length=1, repr=False)
    purposes: tuple[PurposeId, ...] = Field(min_length=1)


Change = Annotated[Rectify | Restrict | Stop, Field(discriminator="kind")]
"""What a `Changing` system may be asked for. Match it with ``assert_never``."""


@runtime_checkable
class Connector(Protocol):
    """One connected system. Every method may be called again after a crash and must then reach the same end."""

    manifest: Manifest

    async def ping(self) -> Health:
        """Is the system reachable with these credentials, and are the permissions enough? Never raises for 'no'."""
        ...

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every record that bears one of these identifiers, compared exactly as the system treats them.

        Changes nothing. Kinds not in ``manifest.needs`` are ignored.
        """
        ...

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """All objects of the person below these roots, page by page, from the cursor on."""
        ...

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Carry out the plan on exactly its objects; ``handle`` continues a `Pending` answer.

        Objects to be retained are handed over too (see `SystemPlan.going`): they stay as they are, `Fate.RETAINED`.
        A second run changes nothing and answers the same. Answers `Drifted` without having changed anything if an
        object differs from its fingerprint (and is not already as planned) or a new one has appeared.
        """
        ...

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look again, without trusting `erase`: one outcome per planned object, as it is now."""
        ...

    async def aclose(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class Changing(Protocol):
    """A system that can correct, restrict or stop using data: the part that its capabilities declare."""

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """Carry it out on exactly these objects; ``handle`` continues a `Pending` answer.

        A second run changes nothing and answers the same. One outcome per object; per field for `Rectify`; for `Stop`
        per object that bears a mark. `Drifted`, with nothing changed, where a value is no longer the old one.
        """
        ...

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """Look again, without trusting `change`: one outcome per object, as it is now; `Fate.FAILED` where not so."""
        ...


class Veto(Frozen):
    """What stands in the way of erasing one object for now: an invoice that is not paid, a ticket that is open."""

    collection: str
    key: str = Field(repr=False)
    reason: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    """A code (``open_invoice``), never free text from a system. Staff read it."""


@runtime_checkable
class Vetoing(Protocol):
    """A system that knows of things that must be settled before a person can be erased there."""

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """What stands in the way of this plan now; empty if nothing does. Changes nothing.

        Every system is asked before the first erases anything: one that could only refuse half-way would leave the
        person half erased.
        """
        ...


@runtime_checkable
class Expiring(Protocol):
    """A system that can tell which of its objects are past their term (`Collection.expires`)."""

    def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        """Objects whose term ended before this day, whoever's they are, page by page. Changes nothing."""
        ...

    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        """Erase exactly these objects, if they still have their fingerprints; one outcome per object, read back.

        One that changed since, or that something staying points at, is left and answered `Fate.BLOCKED`.
        """
        ...


class ConnectorFactory(Protocol):
    """What an entry point names: makes a connector from one system's settings, or raises `ConfigurationError`."""

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Connector:
        """Make the connector of one configured system."""
        ...


@runtime_checkable
class Describing(Protocol):
    """What an entry point offers besides where its systems may be served by a worker in another network.

    One whose manifest does not depend on the settings needs no method: ``manifest`` on the class says as much.
    """

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """The manifest that `ConnectorFactory.from_settings` would give, from settings without credentials.

        Raises:
            ConfigurationError: as `from_settings`, but for what only a call would need.
        """
        ...
