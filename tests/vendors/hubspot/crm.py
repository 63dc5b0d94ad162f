"""The state of the CRM: records, their history, their associations, and the index that searches read."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import phonenumbers

from tests.vendors.hubspot.kinds import TYPE_IDS, Kind, kind_named
from tests.vendors.hubspot.schema import CALCULATED, Schema
from tests.vendors.shared.clock import Clock, millisecond_stamp
from tests.vendors.shared.index import LaggingIndex

# https://knowledge.hubspot.com/records/restore-deleted-records
RESTORABLE = timedelta(days=90)


@dataclass(frozen=True)
class Version:
    """A value that a property had, since when, and who set it."""

    value: str
    at: datetime
    source: str


@dataclass
class Record:
    """One object."""

    kind: Kind
    id: str
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    history: dict[str, list[Version]] = field(default_factory=dict)

    def emails(self) -> list[str]:
        """A contact's addresses, the primary one first, lower case."""
        listed = [self.properties.get("email", ""), *self.properties.get("hs_additional_emails", "").split(";")]
        return [email.strip().lower() for email in listed if email.strip()]


@dataclass(frozen=True)
class Link:
    """An association, seen from one side; the other side has one of its own."""

    from_kind: str
    from_id: str
    to_kind: str
    to_id: str
    label: str | None = None


class Crm:
    """Everything that the account holds."""

    def __init__(self, clock: Clock, index_lag: timedelta) -> None:
        self.clock = clock
        self.schema = Schema()
        self.merged_into: dict[str, str] = {}
        self.blocklist: set[str] = set()
        self.index: LaggingIndex[tuple[str, str], dict[str, str]] = LaggingIndex(clock, index_lag)
        self._records: dict[tuple[str, str], Record] = {}
        self._links: list[Link] = []
        self._last_id = 100

    def new_id(self) -> str:
        """The next object id."""
        self._last_id += 1
        return str(self._last_id)

    def add(self, record: Record, *, source: str = "CRM_UI", at_once: bool = True) -> Record:
        """Keep a new record."""
        self._records[record.kind.name, record.id] = record
        self._stamp(record, record.created_at)
        _calculate(record)
        for name, value in record.properties.items():
            record.history[name] = [Version(value, record.created_at, source)]
        self.index.write((record.kind.name, record.id), dict(record.properties), at_once=at_once)
        return record

    def find(self, kind: Kind, record_id: str, *, archived: bool = False) -> Record | None:
        """The record, by its id or by one that was merged into it; archived ones only on request."""
        self._let_expire()
        record = self._records.get((kind.name, self.current_id(record_id) if kind.name == "contacts" else record_id))
        return record if record and (record.archived_at is not None) == archived else None

    def current_id(self, record_id: str) -> str:
        """The id of the record that this one was merged into, and again, or itself."""
        while record_id in self.merged_into:
            record_id = self.merged_into[record_id]
        return record_id

    def find_by(self, kind: Kind, name: str, value: str, *, archived: bool = False) -> Record | None:
        """The record whose unique property has the value; for ``email`` an additional one counts too."""
        for record in self.all(kind, archived=archived):
            values = record.emails() if name == "email" else [record.properties.get(name, "").lower()]
            if value and value.lower() in values:
                return record
        return None

    def all(self, kind: Kind, *, archived: bool = False) -> list[Record]:
        """The records of the kind, oldest first."""
        self._let_expire()
        found = [each for each in self._records.values() if each.kind == kind]
        return sorted(
            (each for each in found if (each.archived_at is not None) == archived), key=lambda each: int(each.id)
        )

    def set(self, record: Record, properties: dict[str, str], source: str = "INTEGRATION") -> None:
        """Change values; ``""`` clears one. The old ones stay in the history."""
        now = self.clock.now()
        for name, value in properties.items():
            record.history.setdefault(name, []).append(Version(value, now, source))
            if value:
                record.properties[name] = value
            else:
                record.properties.pop(name, None)
        self._stamp(record, now)
        _calculate(record)
        self.index.write((record.kind.name, record.id), dict(record.properties))

    def archive(self, record: Record) -> None:
        """Delete so that it can be restored for 90 days."""
        record.archived_at = self.clock.now()
        self.index.write((record.kind.name, record.id), None)

    def remove(self, record: Record) -> None:
        """Delete for good, with its associations; what it was associated with stays."""
        del self._records[record.kind.name, record.id]
        self._links = [
            link
            for link in self._links
            if (record.kind.name, record.id) not in ((link.from_kind, link.from_id), (link.to_kind, link.to_id))
        ]
        self.index.write((record.kind.name, record.id), None)

    def link(self, first: Record, second: Record, label: str | None = None) -> None:
        """Associate two records, seen from both sides."""
        self._links.append(Link(first.kind.name, first.id, second.kind.name, second.id, label))
        self._links.append(Link(second.kind.name, second.id, first.kind.name, first.id))

    def unlink(self, first: Record, second: Record) -> None:
        """Take away every association between two records, on both sides."""
        sides = {(first.kind.name, first.id), (second.kind.name, second.id)}
        self._links = [
            link for link in self._links if {(link.from_kind, link.from_id), (link.to_kind, link.to_id)} != sides
        ]

    def links(self, record: Record, to_kind: Kind) -> list[Link]:
        """The record's associations to live records of a kind, by their ids."""
        found = [
            link
            for link in self._links
            if (link.from_kind, link.from_id, link.to_kind) == (record.kind.name, record.id, to_kind.name)
            and self.find(to_kind, link.to_id)
        ]
        return sorted(set(found), key=lambda link: (int(link.to_id), link.label or ""))

    def move_links(self, old: Record, new: Record) -> None:
        """Give the associations of one record to another."""
        for link in [each for each in self._links if (each.from_kind, each.from_id) == (old.kind.name, old.id)]:
            kind = kind_named(link.to_kind)
            other = kind and self.find(kind, link.to_id)
            if other:
                self.link(new, other, link.label)

    def _stamp(self, record: Record, at: datetime) -> None:
        record.updated_at = at
        record.properties["hs_object_id"] = record.id
        record.properties[record.kind.created] = millisecond_stamp(record.created_at)
        record.properties[record.kind.modified] = millisecond_stamp(at)

    def _let_expire(self) -> None:
        limit = self.clock.now() - RESTORABLE
        for record in [each for each in self._records.values() if each.archived_at and each.archived_at <= limit]:
            self.remove(record)


def _calculate(record: Record) -> None:
    """What searches for numbers read; nothing more than the digits where no country's code tells what is local."""
    if record.kind.name != "contacts":
        return
    for name, calculated in CALCULATED.items():
        written = record.properties.get(name, "")
        try:
            local = phonenumbers.national_significant_number(phonenumbers.parse(written))
        except phonenumbers.NumberParseException:
            local = re.sub(r"\D", "", written).lstrip("0")
        record.properties.pop(calculated, None)
        if local:
            record.properties[calculated] = local


def type_id(from_kind: str, to_kind: str) -> int:
    """The number of the unlabelled association between two kinds; 0 for a pair whose number was not looked up."""
    return TYPE_IDS.get((from_kind, to_kind), 0)
