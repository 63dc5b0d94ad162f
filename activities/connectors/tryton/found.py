"""What the walk reads, one object at a time: its place, what Tryton holds of it, what it points at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic import JsonValue

from activities.connectors.api.erasure import fingerprint
from activities.connectors.tryton.kinds import ATTACHMENTS, DOCUMENTS, MOVES, PARTIES, PAYEES, Place, Row
from activities.connectors.tryton.schema import CARD_MODELS

__all__ = [
    "NAME",
    "Found",
    "any_of",
    "day_of",
    "group_of",
    "last_of",
    "moment_of",
    "owning",
    "paid_by",
    "payees_of",
    "with_names",
]

NAME = ".rec_name"
_UNSTABLE = frozenset({"active", "invoice_report_cache_id", "invoice_report_format"})
"""What we change before Tryton's wizard runs, and what Tryton writes when somebody prints."""
_PERSONAL_MODELS = frozenset(CARD_MODELS)


class Found(NamedTuple):
    """One object: where it is, what Tryton holds, and what it points at."""

    place: Place
    row: dict[str, Any]
    parents: tuple[Place, ...]

    @property
    def fingerprint(self) -> str:
        """Over all that is stored; whether a party is active is ours to change."""
        names = [name for name in self.row if name.endswith(NAME)]
        return fingerprint(self.row, (*_UNSTABLE, "create_date", *names))


def group_of(name: str, model: str) -> str | None:
    """Whether what hangs on an object belongs to the card or to the papers; None: it is others' too."""
    if name in (MOVES, PAYEES):
        return None
    return ATTACHMENTS if model in _PERSONAL_MODELS else DOCUMENTS


def owning(found: Iterable[Found], group: str) -> dict[str, Place]:
    """These objects by the way Tryton's references name them, as far as they are of this group."""
    return {one.place.resource: one.place for one in found if group_of(one.place.collection, one.place.model) == group}


def last_of(rows: Sequence[Row], bound: int) -> int | None:
    """Where to go on, if there may be more."""
    return int(rows[-1]["id"]) if len(rows) == bound else None


def paid_by(family: Sequence[int]) -> list[Any]:
    """The condition for other people's invoices that these parties pay."""
    return [["alternative_payees", "in", list(family)], ["party", "not in", list(family)]]


def payees_of(row: Row, family: Sequence[int]) -> Iterator[Found]:
    """Of somebody else's invoice only which it is."""
    for party in sorted(set(row["alternative_payees"]) & set(family)):
        told = {"party": party, "invoice": row["rec_name"], "invoice_date": row["invoice_date"]}
        place = Place(PAYEES, "account.invoice", int(row["id"]), party)
        yield Found(place, {**told, "create_date": row["create_date"]}, (Place(PARTIES, "party.party", party),))


def any_of(conditions: list[JsonValue]) -> list[JsonValue]:
    """One condition of several: https://docs.tryton.org/8.2/server/topics/domain.html."""
    return ["OR", *conditions] if len(conditions) > 1 else conditions


def with_names(row: Row, names: Iterable[str]) -> dict[str, Any]:
    """Relations by number, and their names beside them."""
    found = {name: value for name, value in row.items() if not name.endswith(".")}
    for name in names:
        relation = row.get(f"{name}.")
        found[name + NAME] = relation.get("rec_name") if isinstance(relation, dict) else None
    return found


def day_of(row: Row, anchors: Iterable[str]) -> date | None:
    """The first of these dates that there is."""
    for name in anchors:
        if isinstance(row.get(name), str):
            return date.fromisoformat(row[name][:10])
    return None


def moment_of(text: str) -> JsonValue:
    """A moment as Tryton's JSON has it."""
    at = datetime.fromisoformat(text)
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(at, part) for part in parts}}
