"""Legal holds: what must not be erased while a matter is pending. Deletion holds: what must not end by itself.

Whom a legal hold is about is kept twice: as fingerprints, by which a request meets it, and sealed under the house key,
since their short-lived data must be looked for as long as it stands. The sealed part goes when the hold is lifted.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import ARRAY, ColumnElement, Row, Text, and_, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import deletion_hold, legal_hold, legal_hold_subject
from activities.ledger.room import context, parsed, person_prints, plain
from activities.ledger.tables import evidence, request
from activities.ledger.unlooked import EVERYTHING, Unlooked
from activities.vault import Vault
from habeas.errors import BadInput
from habeas.evidence import Tag
from habeas.languages import Language
from habeas.model import Frozen, Identifier, RequestId

_BATCH = 5000


class NewHold(Frozen):
    """A hold as it is placed. About everybody's data if no identifier is given; in all systems, all categories."""

    controller: str
    system: str | None = None
    category: str | None = None
    provision: str = Field(min_length=3, max_length=300)
    """The law or the matter, as letters name it; or why, as a code that each law has its own article for."""
    said: Mapping[Language, str] = Field(default_factory=dict)
    """By language: what the matter is called there."""
    reason: str = Field(repr=False)
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)
    placed_at: AwareDatetime
    placed_by: str


class HoldRow(Frozen):
    """A hold, without whom it is about."""

    id: str
    controller: str
    system: str | None
    category: str | None
    provision: str
    persons: int
    """By how many identifiers it knows them; 0: it is about everybody."""
    placed_at: AwareDatetime
    placed_by: str
    lifted_at: AwareDatetime | None
    lifted_by: str | None

    def covers(self, system: str, category: str) -> bool:
        """Whether it reaches this category in this system, if it is about the person."""
        return self.system in (None, system) and self.category in (None, category)


class HoldWords(Frozen):
    """What lies sealed of a hold."""

    reason: str = Field(repr=False)
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)
    lifted_because: str | None = Field(default=None, repr=False)
    said: Mapping[Language, str] = Field(default_factory=dict)


class DeletionHoldRow(Frozen):
    """What one request holds, as counts."""

    request_id: RequestId
    system: str
    objects: int
    placed_at: AwareDatetime
    released_at: AwareDatetime | None


class Holds(Unlooked):
    """Methods on holds."""

    async def place_hold(self, hold_id: str, new: NewHold) -> bool:
        """Place a legal hold; with the same id it is the same hold. Whether it is new."""
        values = new.model_dump(exclude={"reason", "identifiers", "said"})
        words = HoldWords(reason=new.reason, identifiers=new.identifiers, said=new.said)
        await self.lock_stays(new.controller)
        placed = await self._run(
            upsert(legal_hold)
            .values(id=hold_id, **values, reason=self._words(hold_id, words), master_key_id=self._vault.active_key_id)
            .on_conflict_do_nothing()
        )
        prints = hold_prints(self._vault, new.controller, new.identifiers)
        if placed.rowcount and prints:
            await self._run(insert(legal_hold_subject).values([{"hold_id": hold_id, "fingerprint": p} for p in prints]))
        return placed.rowcount > 0

    async def lift_hold(self, hold_id: str, by: str, at: datetime, because: str | None = None) -> HoldRow:
        """End a hold; the first end stays, with its reason sealed.

        Whom it was about is no longer kept in a form that can be read.

        Raises:
            BadInput: there is no such hold.
        """
        found = await self.hold(hold_id)
        if found.lifted_at is None:
            placed = await self.hold_words(hold_id)
            words = HoldWords(reason=placed.reason, said=placed.said, lifted_because=because)
            await self._run(
                update(legal_hold)
                .where(legal_hold.c.id == hold_id, legal_hold.c.lifted_at.is_(None))
                .values(
                    lifted_at=at,
                    lifted_by=by,
                    reason=self._words(hold_id, words),
                    master_key_id=self._vault.active_key_id,
                )
            )
        return await self.hold(hold_id)

    async def hold(self, hold_id: str, *, of: str | None = None) -> HoldRow:
        """One hold; just placed, it must be ``of`` the controller for whom it was.

        Raises:
            BadInput: there is no such hold, or its id belongs to another's.
        """
        try:
            name = str(uuid.UUID(hold_id))
            row = await self._first(_holds().where(legal_hold.c.id == name, self._mine(legal_hold.c.controller)))
        except ValueError:
            row = None
        if of is not None and (row is None or row.controller != of):
            raise BadInput(
                "hold-id: this one belongs to another hold; leave it out to make a new one.", field="hold_id"
            )
        if row is None:
            raise BadInput("There is no such hold; see `habeas hold list`.", field="hold")
        return _hold(row)

    async def hold_words(self, hold_id: str) -> HoldWords:
        """Why it was placed and lifted and, while it stands, whom it is about.

        Raises:
            BadInput: there is no such hold.
        """
        row = await self._first(
            select(legal_hold.c.reason, legal_hold.c.master_key_id).where(legal_hold.c.id == hold_id)
        )
        if row is None:
            raise BadInput("There is no such hold.", field="hold")
        house = self._vault.house_key(row.master_key_id)
        return parsed(HoldWords, house.open(row.reason, context("", _name(hold_id))))

    async def holds(self, controller: str | None = None, *, standing: bool = True) -> tuple[HoldRow, ...]:
        """Legal holds, the oldest first; with ``standing`` only those that were not lifted."""
        conditions: list[ColumnElement[bool]] = [self._mine(legal_hold.c.controller)]
        if standing:
            conditions.append(legal_hold.c.lifted_at.is_(None))
        if controller is not None:
            conditions.append(legal_hold.c.controller == controller)
        rows = await self._all(_holds().where(*conditions).order_by(legal_hold.c.placed_at, legal_hold.c.id))
        return tuple(_hold(row) for row in rows)

    async def holds_on(self, controller: str, identifiers: Iterable[Identifier]) -> tuple[HoldRow, ...]:
        """The standing holds that a person with these identifiers falls under: theirs, and those about everybody."""
        prints = hold_prints(self._vault, controller, identifiers)
        theirs = select(legal_hold_subject.c.hold_id).where(legal_hold_subject.c.fingerprint.in_(_given(prints)))
        anybodys = ~select(legal_hold_subject.c.hold_id).where(legal_hold_subject.c.hold_id == legal_hold.c.id).exists()
        rows = await self._all(
            _holds()
            .where(
                legal_hold.c.controller == controller,
                legal_hold.c.lifted_at.is_(None),
                or_(anybodys, legal_hold.c.id.in_(theirs)),
            )
            .order_by(legal_hold.c.placed_at, legal_hold.c.id)
        )
        return tuple(_hold(row) for row in rows)

    async def hold_deletion(
        self, request_id: str, controller: str, system: str, prints: Iterable[str], at: datetime
    ) -> int:
        """These objects must not end by themselves while the request is open; how many of them are new."""
        rows, new = sorted(set(prints)), 0
        facts = {"request_id": request_id, "controller": controller, "system": system, "placed_at": at}
        for start in range(0, len(rows), _BATCH):
            values = [{"object": name, **facts} for name in rows[start : start + _BATCH]]
            new += (await self._run(upsert(deletion_hold).values(values).on_conflict_do_nothing())).rowcount
        return new

    async def release_deletion(self, request_id: str, at: datetime) -> int:
        """What this request held may end again; how many objects that were."""
        released = await self._run(
            update(deletion_hold)
            .where(deletion_hold.c.request_id == request_id, deletion_hold.c.released_at.is_(None))
            .values(released_at=at)
            .returning(deletion_hold.c.object)
        )
        return sum(row.object != EVERYTHING for row in released)

    async def held_from_deletion(self, controller: str, system: str, prints: Iterable[str]) -> set[str]:
        """Those of these objects that somebody's open request holds."""
        rows = await self._all(
            select(deletion_hold.c.object)
            .distinct()
            .where(
                deletion_hold.c.controller == controller,
                deletion_hold.c.system == system,
                deletion_hold.c.released_at.is_(None),
                deletion_hold.c.object.in_(_given(prints)),
            )
        )
        return {row.object for row in rows}

    async def deletion_holds(self, request_id: str) -> tuple[DeletionHoldRow, ...]:
        """What a request holds, or held, by system."""
        columns = deletion_hold.c
        rows = await self._all(
            select(
                columns.request_id,
                columns.system,
                func.count().label("objects"),
                func.min(columns.placed_at).label("placed_at"),
                func.max(columns.released_at).label("released_at"),
            )
            .where(columns.request_id == request_id, columns.object != EVERYTHING)
            .group_by(columns.request_id, columns.system)
            .order_by(columns.system)
        )
        return tuple(DeletionHoldRow(**plain(row)) for row in rows)

    async def held_after_closing(self, limit: int, after: str = "") -> tuple[str, ...]:
        """Closed requests that still hold something, in the order of their ids: it was kept for what may follow."""
        rows = await self._all(
            select(request.c.id)
            .where(
                request.c.closed_at.is_not(None),
                request.c.id > after,
                select(deletion_hold.c.request_id)
                .where(and_(deletion_hold.c.request_id == request.c.id, deletion_hold.c.released_at.is_(None)))
                .exists(),
            )
            .order_by(request.c.id)
            .limit(limit)
        )
        return tuple(row.id for row in rows)

    async def has_open_remedy(self, request_id: str) -> bool:
        """Whether an appeal, a complaint or a grievance about this request is open."""
        row = await self._first(
            select(request.c.id).where(request.c.about == request_id, request.c.closed_at.is_(None)).limit(1)
        )
        return row is not None

    async def under_hold(self, hold_id: str) -> tuple[str, ...]:
        """The requests that have met a hold, by their evidence."""
        rows = await self._all(
            select(evidence.c.request_id)
            .distinct()
            .where(evidence.c.tag == Tag.HOLD_PLACED.value, evidence.c.facts["hold"].astext == hold_id)
            .order_by(evidence.c.request_id)
        )
        return tuple(row.request_id for row in rows)

    def _words(self, hold_id: str, words: HoldWords) -> bytes:
        return self._vault.house_key().seal(words.model_dump_json().encode(), context("", _name(hold_id)))


def hold_prints(vault: Vault, controller: str, identifiers: Iterable[Identifier]) -> list[str]:
    """The fingerprints by which holds know people; for each controller their own."""
    return person_prints(vault, f"hold/{controller}", identifiers)


def _given(prints: Iterable[str]) -> Any:
    values = func.unnest(literal(list(prints), ARRAY(Text))).table_valued("value", name="given").render_derived()
    return select(values.c.value)


def _holds() -> Any:
    persons = (
        select(func.count())
        .select_from(legal_hold_subject)
        .where(legal_hold_subject.c.hold_id == legal_hold.c.id)
        .scalar_subquery()
        .label("persons")
    )
    return select(*(legal_hold.c[name] for name in HoldRow.model_fields if name != "persons"), persons)


def _hold(row: Row[Any]) -> HoldRow:
    return HoldRow(**plain(row))


def _name(hold_id: str) -> str:
    return f"~hold/{hold_id}"
