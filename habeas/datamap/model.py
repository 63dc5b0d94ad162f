"""The data map as frozen models. What is missing stays missing here; `habeas.datamap.problems` names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from habeas.connector import Capability, Choice, Collection, Manifest, ReasonCode, Retention, Treatment, Written
from habeas.fields import Origin, SensitiveType
from habeas.glossary import Glossary, Phrase, humanise
from habeas.languages import Language
from habeas.model import Frozen, IdentifierKind, SystemName
from habeas.particulars import PurposeId
from habeas.policy.lines import line_of
from habeas.written import REGIONS

TomlPath = tuple[str | int, ...]

NOW = "now"
"""As a mark: the moment of the change; any moment counts as marked."""
NULL = "null"
"""As a mark: no value."""


class Effect(StrEnum):
    """What anonymising does to a column."""

    KEEP = "keep"
    NULL = "null"
    BLANK = "blank"
    """The type's empty value: ``''``, 0, ``{}``, no bytes."""
    REDACT = "redact"
    """The text ``[erased]``."""
    TOKEN = "token"  # noqa: S105  a word of the map, no secret
    """A placeholder that differs from row to row, for columns that must stay unique: ``erased-…``."""
    SET = "set"
    """The rule's own constant (``to``)."""


class MatchBy(StrEnum):
    """How a column's values are compared with an identifier. Never by likeness."""

    EXACT = "exact"
    CASE = "case"
    """Case and surrounding blanks do not matter."""
    PLUS = "plus"
    """As ``case``, and what follows a ``+`` in the local part of an address does not matter."""
    PHONE = "phone"
    """The same number, however it is written: blanks, ``00`` for ``+``, the 0 of ``+44 (0)20``. See `region`."""


class ColumnRule(Frozen):
    """One column: written as a word (``email = "null"``) or as a table with more to say."""

    erase: Effect
    to: str | None = None
    """The constant of ``set``, as PostgreSQL reads it for the column's type."""
    free_text: bool | None = None
    """May name other people: reviewed before release. False: what it holds is structured; unset: nobody said."""
    disclose: bool = True
    because: str | None = Field(default=None, min_length=3)
    """Why it is not disclosed: the person reads this."""
    ground: ReasonCode | None = None
    """The same as a code that each law has its own article for (`habeas.law.reason_codes`)."""
    rectify: bool = False
    """Its value may be corrected when the person asks for it."""
    label: str | None = Field(default=None, min_length=1)
    """What people call it; without one its name is made readable."""
    origin: Origin | None = None
    """Where its value comes from, if not as the table's; a mark is derived unless it says otherwise."""
    holds: SensitiveType | Literal["none"] | None = Field(default=None, alias="is")
    """What some laws never let out; ``none`` where only the column's name looks like it."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"erase": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> ColumnRule:
        if not self.disclose and not self.because:
            raise ValueError('a column that is not disclosed says why: because = "…"')
        if self.ground and self.disclose:
            raise ValueError("`ground` goes with disclose = false: it is by which article the column is withheld")
        if (self.erase is Effect.SET) is (self.to is None):
            raise ValueError('`to` goes with erase = "set", and only with it')
        return self


class IdentifierRule(Frozen):
    """A column that holds an identifier of the person that the row belongs to."""

    column: str
    kind: IdentifierKind
    match: MatchBy = MatchBy.EXACT
    region: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """With ``match = "phone"``: the country of numbers that are written without their country's code. Without it such a
    number is none that has one: somebody else has it in every other country."""
    proven: str | Literal[False] | None = None
    """Whether the person has proven that it is theirs: the column that says so, by a yes or a date. False: people type
    it in and nobody checks; unset: nothing is known against it. See `habeas.connector.Match.unproven`."""

    @model_validator(mode="after")
    def _region_is_known(self) -> Self:
        if self.region is not None and (self.match is not MatchBy.PHONE or self.region not in REGIONS):
            raise ValueError('`region` goes with match = "phone", and is a country by its two letters: "DK"')
        return self


class Link(Frozen):
    """A row belongs to the row of ``table`` whose columns equal its own: ``{own = theirs}``."""

    table: str
    columns: Mapping[str, str] = Field(min_length=1)


class SharedRule(Frozen):
    """What becomes of a row that is another person's too: the word ``"erase"``, or the law by which it stays."""

    law: str | None = Field(default=None, min_length=3)
    """None: it goes like any other."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        if value != "erase" and not (isinstance(value, dict) and "law" in value):
            raise ValueError('shared = "erase", or shared = { law = "…" }: by what a row stays that is another\'s too')
        return {} if value == "erase" else value


class MapRetention(Frozen):
    """A duty to keep rows, as the map writes it; see `habeas.connector.Retention`."""

    law: str = Field(min_length=3)
    ground: ReasonCode | None = None
    years: int = Field(default=0, ge=0)
    months: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)
    anchor: str = Field(alias="from", min_length=1)
    to: Literal["year_end"] | None = None

    @model_validator(mode="after")
    def _some_time(self) -> MapRetention:
        if not (self.years or self.months or self.days):
            raise ValueError("a retention lasts some years, months or days")
        return self

    def as_retention(self) -> Retention:
        """The same, in the contract's words."""
        return Retention(**self.model_dump())


class RestrictRule(Frozen):
    """The column that says that nothing but storage may be done with a row (GDPR art. 18), and what it says.

    ``on`` and ``off`` are constants as PostgreSQL reads them for the column's type, or the words `NOW` and `NULL`.
    """

    column: str
    on: str
    off: str = NULL

    @model_validator(mode="after")
    def _different(self) -> RestrictRule:
        if self.on == self.off:
            raise ValueError("`on` and `off` are the same")
        if self.off == NOW or (self.on == NOW and self.off != NULL):
            raise ValueError('on = "now" goes with off = "null": any moment counts as restricted')
        return self


class StopRule(Frozen):
    """What to write so that a row is no longer used for a purpose: ``to`` is a constant, `NOW` or `NULL`."""

    purpose: PurposeId
    column: str
    to: str
    where: Mapping[str, str] = Field(default_factory=dict)
    """Only rows whose columns hold these constants: ``{ kind = "newsletter" }``."""


class FileRule(Frozen):
    """Columns that together are a file."""

    content: str
    name: str | None = None
    media_type: str | None = None


class TableRule(Frozen):
    """One table. ``personal = false`` needs a reason and nothing else."""

    personal: bool = True
    because: str | None = Field(default=None, min_length=3)
    category: str | None = None
    title: str | None = Field(default=None, min_length=1)
    """For people; without one its name is made readable."""
    origin: Origin | None = None
    """Where its data comes from, if not as the policy says of the category."""
    person: bool = False
    """A row is an account of a person: what `locate` answers."""
    staff: tuple[Mapping[str, str], ...] = ()
    """An account is a member of staff's where its columns hold these constants, of any one of these:
    ``{ role = "agent" }``."""
    name: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    """Only where the table has no primary key: columns that are never null and unique together."""
    erase: Treatment | None = None
    when_referenced: Treatment = Treatment.ANONYMISE
    retention: MapRetention | None = None
    after: Treatment = Treatment.DELETE
    belongs: tuple[Link, ...] = ()
    """Any one of these suffices."""
    shared: SharedRule | None = None
    """What becomes of a row of which one link leads to the person and another to somebody else. Unset: it is as any
    other, and nothing of it is held for review for that."""
    identifiers: tuple[IdentifierRule, ...] = ()
    file: FileRule | None = None
    restrict: RestrictRule | None = None
    expires: MapRetention | None = None
    """Rows go when this term is over, whoever asks or not; ``law`` is the rule or promise that says so."""
    stops: tuple[StopRule, ...] = ()
    columns: Mapping[str, ColumnRule] = Field(default_factory=dict)

    @field_validator("staff", mode="before")
    @classmethod
    def _from_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict) else value

    @field_validator("staff")
    @classmethod
    def _says_whom(cls, value: tuple[Mapping[str, str], ...]) -> tuple[Mapping[str, str], ...]:
        if not all(value):
            raise ValueError('name a column and what it holds: staff = { role = "agent" }')
        return value

    @field_validator("after")
    @classmethod
    def _ends(cls, value: Treatment) -> Treatment:
        if value is Treatment.RETAIN:
            raise ValueError('when a retention is over a row is deleted or anonymised: after = "delete" | "anonymise"')
        return value

    @property
    def marks(self) -> frozenset[str]:
        """Columns that restriction and stopping write to. No part of a row's fingerprint: a mark is no drift."""
        return frozenset({stop.column for stop in self.stops} | ({self.restrict.column} if self.restrict else set()))

    @property
    def treatments(self) -> frozenset[Treatment]:
        """Everything that may happen to a row by this rule."""
        match self.erase:
            case Treatment.DELETE:
                return frozenset(Treatment)
            case Treatment.RETAIN:
                return frozenset({Treatment.RETAIN, Treatment.ANONYMISE, self.after})
            case Treatment.ANONYMISE:
                return frozenset({Treatment.ANONYMISE, Treatment.RETAIN})
            case None:
                return frozenset()

    def rule(self, column: str) -> ColumnRule:
        """The rule of a decided column; KeyError if there is none."""
        return self.columns[column]


class DataMap(Frozen):
    """The map of one store (one schema of one database)."""

    system: SystemName
    title: str = ""
    language: Language = "en"
    """Of every phrase in it that a person reads."""
    languages: tuple[Language, ...] = ()
    """Those that people are answered in: the map has words for each."""
    words: Mapping[Language, Mapping[Phrase, Phrase]] = Field(default_factory=dict)
    """By language: a phrase as the map writes it -> the phrase there."""
    schema_name: str = Field(default="public", alias="schema", min_length=1)
    other_schemas: Mapping[str, str] = Field(default_factory=dict)
    """Schemas of the same database that this map leaves out -> why."""
    tables: Mapping[str, TableRule] = Field(default_factory=dict)

    _undecided: tuple[TomlPath, ...] = PrivateAttr(default=())
    _lines: Mapping[TomlPath, int] = PrivateAttr(default_factory=dict)
    _origin: str = PrivateAttr(default="")

    @property
    def undecided(self) -> tuple[TomlPath, ...]:
        """Places where the file still says ``"?…"``."""
        return self._undecided

    @property
    def lines(self) -> Mapping[TomlPath, int]:
        """Where each key stands in the file (from 1); empty for a map that was not read from one."""
        return self._lines

    @property
    def origin(self) -> str:
        """The file's path; empty for a map that was not read from one."""
        return self._origin

    def personal_tables(self) -> Iterator[tuple[str, TableRule]]:
        """Tables that hold people's data, as the file orders them."""
        return ((name, table) for name, table in self.tables.items() if table.personal)

    def manifest(self) -> Manifest:
        """What a connector with this map tells the engine. The map must be decided."""
        named = tuple(self.personal_tables())
        personal = tuple(table for _, table in named)
        kinds = {rule.kind for table in personal for rule in table.identifiers}
        return Manifest(
            title=self.title or self.system,
            needs=tuple(sorted(kinds)),
            yields=tuple(sorted(kinds)),
            capabilities=_BASE | {each for each, offers in _MORE.items() if any(offers(table) for table in personal)},
            collections=tuple(_collection(name, table) for name, table in named),
            purposes=tuple(sorted({stop.purpose for table in personal for stop in table.stops})),
            any_root=True,
            glossary=Glossary(language=self.language, words=self.words),
        ).written_in(self._places() if self._origin else {}, {name: _columns(table) for name, table in named})

    def _places(self) -> dict[tuple[str, str | None], Written]:
        file, found = Path(self._origin), dict[tuple[str, str | None], Written]()
        for name, table in self.personal_tables():
            found[name, None] = Written(file, line_of(self._lines, ("tables", name, "retention", "law")))
            for column in table.columns:
                found[name, column] = Written(file, line_of(self._lines, ("tables", name, "columns", column)))
        return found


_BASE = frozenset({Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM})
_MORE: Mapping[Capability, Callable[[TableRule], bool]] = {
    Capability.RECTIFY: lambda table: any(rule.rectify for rule in table.columns.values()),
    Capability.RESTRICT: lambda table: table.restrict is not None,
    Capability.OBJECT: lambda table: bool(table.stops),
    Capability.EXPIRE: lambda table: table.expires is not None,
}


def _columns(table: TableRule) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.column for one in table.identifiers))


def _collection(name: str, table: TableRule) -> Collection:
    content = table.file.content if table.file else None
    return Collection(
        name=name,
        category=table.category or "",
        treatment=table.erase or Treatment.RETAIN,
        retention=table.retention.as_retention() if table.retention else None,
        when_referenced=table.when_referenced,
        after=table.after,
        withheld={column: rule.because or "" for column, rule in table.columns.items() if not rule.disclose},
        grounds={column: rule.ground for column, rule in table.columns.items() if rule.ground},
        origin=table.origin,
        origins=_origins(table),
        types={column: rule.holds for column, rule in table.columns.items() if isinstance(rule.holds, SensitiveType)},
        file_field=table.file.content if table.file else None,
        free_text=tuple(column for column, rule in table.columns.items() if rule.free_text),
        shared=table.shared.law if table.shared else None,
        rectifiable=tuple(column for column, rule in table.columns.items() if rule.rectify),
        restrictable=table.restrict is not None,
        choices=tuple(
            Choice(
                purpose=stop.purpose,
                field=stop.column,
                stopped=None if stop.to in (NOW, NULL) else stop.to,
                any_value=stop.to == NOW,
                where=stop.where,
            )
            for stop in table.stops
        ),
        expires=table.expires.as_retention() if table.expires else None,
        title=table.title,
        labels={column: rule.label or humanise(column) for column, rule in table.columns.items() if column != content},
    )


def _origins(table: TableRule) -> dict[str, Origin]:
    """That a row is restricted was neither given by the person nor observed of them: the engine marks it.

    What `stops` write to holds what the person chose, and comes from where the rest of the row does.
    """
    said = {column: rule.origin for column, rule in table.columns.items() if rule.origin}
    return ({table.restrict.column: Origin.DERIVED} if table.restrict else {}) | said
