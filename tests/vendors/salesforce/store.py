"""The records of the org, the recycle bin, and the history that keeps old values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.definitions import Object
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.relations import PERSON_FIELDS
from tests.vendors.shared.clock import Clock, millisecond_stamp

# https://help.salesforce.com/s/articleView?id=sf.home_delete.htm (recycle bin: 15 days)
IN_BIN = timedelta(days=15)
# "After records are deleted from the Recycle Bin using this call, they can be queried using queryAll() for some time.
# Typically this time is 24 hours": https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm
AFTER_BIN = timedelta(hours=24)
Values = dict[str, Any]


@dataclass
class Row:
    """One record: a value, or None, for each of its object's fields."""

    object: Object
    values: Values
    deleted_at: datetime | None = None
    deleted_with: str | None = None
    """The record whose deletion it went with: it is not in the recycle bin by itself."""
    emptied_at: datetime | None = None

    @property
    def id(self) -> str:
        """Its id of 18 characters."""
        return str(self.values["Id"])


class Store:
    """All records, by id."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rows: dict[str, Row] = {}
        self.files: dict[str, bytes] = {}
        self._number = 0

    def insert(self, name: str, values: Values, by: str) -> Row:
        """Keep a new record; fields that are not given are false or null."""
        self._number += 1
        kind = OBJECTS[name]
        now = millisecond_stamp(self.clock.now(), "+0000")
        whole: Values = {each.name: False if each.type == "boolean" else None for each in kind.fields}
        stamps = {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
        people = {"CreatedById": by, "LastModifiedById": by, "OwnerId": by}
        system = {"Id": ids.make(kind.prefix, self._number), **stamps, **people, "CaseNumber": f"{self._number:08d}"}
        row = Row(kind, {**whole, **{key: value for key, value in system.items() if key in whole}, **values})
        _derive(row, now)
        self.rows[row.id] = row
        return row

    def find(self, record_id: str, name: str | None = None) -> Row | None:
        """A record, in the recycle bin or not, by its id of 15 or 18 characters."""
        self.let_expire()
        row = self.rows.get(ids.long_form(record_id) or "")
        return row if row and name in (None, row.object.name) else None

    def all(self, name: str, *, deleted: bool = False) -> list[Row]:
        """The records of an object, oldest first; those in the recycle bin only on request."""
        self.let_expire()
        found = [row for row in self.rows.values() if row.object.name == name]
        return [row for row in found if deleted or row.deleted_at is None]

    def pointing_at(self, record_id: str, name: str, field: str) -> list[Row]:
        """The live records whose reference is this one."""
        return [row for row in self.all(name) if row.values[field] == record_id]

    def update(self, row: Row, changes: Values, by: str) -> None:
        """Change values. Tracked fields leave a row with the old value and the new one in the object's history."""
        before = dict(row.values)
        now = millisecond_stamp(self.clock.now(), "+0000")
        row.values |= changes
        _derive(row, now)
        row.values |= {"LastModifiedDate": now, "LastModifiedById": by, "SystemModstamp": now}
        for name in row.object.tracked:
            if before[name] != row.values[name]:
                self._remember(row, name, before[name], by)
        contact = self.rows.get(str(row.values.get("PersonContactId")))
        mirrored = {PERSON_FIELDS[name]: value for name, value in changes.items() if name in PERSON_FIELDS}
        if contact and mirrored:
            self.update(contact, mirrored, by)

    def delete(self, row: Row) -> None:
        """Into the recycle bin."""
        row.deleted_at = self.clock.now()
        row.values["IsDeleted"] = True

    def empty(self, row: Row) -> None:
        """Out of the recycle bin, with what went in with it: gone for good, and seen by queryAll for a while yet."""
        for one in self.rows.values():
            if one is row or one.deleted_with == row.id:
                one.emptied_at = self.clock.now()

    def remove(self, row: Row) -> None:
        """For good, with its history and its file."""
        self.rows.pop(row.id, None)
        self.files.pop(row.id, None)
        for other in self.history(row):
            self.rows.pop(other.id, None)

    def history(self, row: Row) -> list[Row]:
        """The record's field history."""
        name, key = f"{row.object.name}History", f"{row.object.name}Id"
        return [other for other in self.rows.values() if other.object.name == name and other.values[key] == row.id]

    def let_expire(self) -> None:
        """Remove what has been in the recycle bin for 15 days, or was taken out of it a day ago."""
        limit, emptied = self.clock.now() - IN_BIN, self.clock.now() - AFTER_BIN
        for row in list(self.rows.values()):
            if (row.deleted_at and row.deleted_at <= limit) or (row.emptied_at and row.emptied_at <= emptied):
                self.remove(row)

    def _remember(self, row: Row, name: str, old: object, by: str) -> None:
        field = row.object.field(name)
        history = {
            f"{row.object.name}Id": row.id,
            "Field": name,
            "DataType": "Text" if field is None else field.type.capitalize(),
            "OldValue": old,
            "NewValue": row.values[name],
        }
        self.insert(f"{row.object.name}History", history, by)


def _derive(row: Row, now: str) -> None:
    values = row.values
    if "Name" in values and "LastName" in values and (row.object.name != "Account" or values["IsPersonAccount"]):
        values["Name"] = " ".join(filter(None, [values.get("FirstName"), values["LastName"]])) or None
    if row.object.name == "Case":
        values["IsClosed"] = values["Status"] == "Closed"
        values["ClosedDate"] = (values["ClosedDate"] or now) if values["IsClosed"] else None
    if row.object.name == "Opportunity":
        values["IsWon"] = values["StageName"] == "Closed Won"
