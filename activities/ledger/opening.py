"""Opening a request, once per person and right; and who asks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import ARRAY, CTE, ColumnElement, Table, Text, and_, delete, func, insert, literal, or_, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.expression import TableValuedAlias

from activities.ledger.copies import Copies
from activities.ledger.people import open_purpose, person_purpose
from activities.ledger.requests import REQUEST, to_request
from activities.ledger.room import context, parsed, person_prints
from activities.ledger.tables import copy_subject, document, evidence_head, open_subject, request, request_key
from activities.vault import RequestKey, WrappedKey
from habeas.errors import BadInput, UnknownRequest
from habeas.evidence import genesis
from habeas.model import COPIES, Frozen, Request, RequestId, Right, Stage, Subject
from habeas.particulars import Scope

SUBJECT = "subject"
REASON = "reason"
_OPENING_TRIES = 3


class NewRequest(Frozen):
    """A request as it comes in. The subject, the reason and the caller's key leave this only sealed or as an HMAC."""

    id: RequestId
    controller: str
    right: Right
    regime: str
    jurisdiction: str
    language: str
    channel: str
    received_at: AwareDatetime
    opened_by: str
    """The account of staff, or ``person``; never the person's own address."""
    reason: str = Field(repr=False)
    idempotency_key: str | None = Field(default=None, repr=False)
    subject: Subject = Field(repr=False)
    opened_at: AwareDatetime
    scope: Scope | None = None
    """Access: a copy, or the categories only."""
    about: RequestId | None = None
    """The request that an appeal, a complaint or a grievance is about."""
    categories: tuple[str, ...] = ()
    """The categories of data that it is about; empty for all."""
    before_erasure: bool = False
    """A copy that is to be answered before anything of the person is erased."""


class Opened(Frozen):
    """Answer of `Requests.open_request`."""

    request: Request
    created: bool
    """False: this one was open already, and nothing was written."""


class Opening(Copies):
    """Methods on opening requests, and on their subjects."""

    async def open_request(self, new: NewRequest) -> Opened:
        """Write a new request with its key, its sealed subject and the reason given; or find the one open already.

        An open request of the same controller and right that shares any normalised identifier, asks the same in
        particular and is under the same law is the same one, and so is any request opened with the same idempotency
        key. Another correction, or an objection to another purpose, is another request: nothing that was asked is lost.
        So is what is asked under another law: else whoever asks first, and may know no more than an address, would
        decide by which law the person is answered. Two processes that open at once get the same one.

        Raises:
            BadInput: the id belongs to another request.
        """
        wrapped, key = self._vault.new_key(new.id)
        purpose = open_purpose(new.controller, new.right)
        law = _law(new.regime, new.jurisdiction)
        under_law = [self._vault.fingerprint(purpose, name) for name in _names(new.subject, law)]
        fingerprints = [*(self._vault.fingerprint(purpose, name) for name in _names(new.subject)), *under_law]
        idempotency = (
            self._vault.fingerprint(f"idempotency/{new.controller}", new.idempotency_key)
            if new.idempotency_key is not None
            else None
        )
        known = person_prints(self._vault, person_purpose(new.controller), new.subject.identifiers)
        known += self._copy_prints(new.controller, new.subject.identifiers) if new.right in COPIES else []
        # The one found may close between two statements, or be under another law: then the claim is tried again.
        for _ in range(_OPENING_TRIES):
            row = (await self._run(_opening(new, wrapped, key, fingerprints, idempotency, known))).one()
            if row.id is not None:
                self._fresh_keys[new.id] = key
                self._heads[new.id] = (0, genesis(new.id))
                return Opened(request=to_request(row), created=True)
            found = await self._first(_in_the_way(new, fingerprints, idempotency, row.claimed or []))
            if found is None:
                continue
            if _law(found.regime, found.jurisdiction) == law or fingerprints == under_law:
                return Opened(request=to_request(found), created=False)
            fingerprints = under_law
        raise BadInput("This request id is taken; make another one.", field="request")

    async def subject(self, request_id: str) -> Subject:
        """Who asks.

        Raises:
            UnknownRequest, KeyDestroyed, SealBroken: as `Room.key` and `RequestKey.open`.
        """
        key = await self.key(request_id)
        sealed = await self._document(request_id, SUBJECT)
        if sealed is None:
            raise UnknownRequest
        return parsed(Subject, key.open(sealed, context(request_id, SUBJECT)))

    async def save_subject(self, request_id: str, subject: Subject) -> None:
        """Replace who asks. While the request is open, new identifiers lead to it, unless another one has them."""
        key = await self.key(request_id)
        sealed = key.seal(subject.model_dump_json().encode(), context(request_id, SUBJECT))
        row = await self._first(
            upsert(document)
            .values(request_id=request_id, name=SUBJECT, sealed=sealed)
            .on_conflict_do_update(index_elements=["request_id", "name"], set_={"sealed": sealed})
            .returning(
                *(
                    select(request.c[name]).where(request.c.id == request_id).scalar_subquery().label(name)
                    for name in ("controller", "right", "regime", "jurisdiction")
                )
            )
        )
        if row is None:
            raise UnknownRequest
        purpose = open_purpose(row.controller, row.right)
        names = [*_names(subject), *_names(subject, _law(row.regime, row.jurisdiction))]
        prints = _unnested([self._vault.fingerprint(purpose, name) for name in names])
        await self._run(
            upsert(open_subject)
            .from_select(
                ["controller", "right", "fingerprint", "request_id"],
                select(request.c.controller, request.c.right, prints.c.value, request.c.id)
                .select_from(request.join(prints, true()))
                .where(request.c.id == request_id, request.c.closed_at.is_(None), request.c.outcome.is_(None))
                .order_by(prints.c.value),
            )
            .on_conflict_do_nothing()
        )


def _names(subject: Subject, law: str = "") -> list[str]:
    """Each identifier once, plus-variants of an address kept apart; with what is asked in particular, if anything."""
    asked = f"\0{json.dumps(subject.details, sort_keys=True)}" if subject.details else ""
    return sorted({f"{identifier.kind}:{identifier.value}{asked}{law}" for identifier in subject.identifiers})


def _law(regime: str, jurisdiction: str) -> str:
    return f"\0{regime}/{jurisdiction}"


def _unnested(values: Iterable[str]) -> TableValuedAlias:
    return func.unnest(literal(list(values), ARRAY(Text))).table_valued("value", name="given").render_derived()


def _opening(
    new: NewRequest,
    wrapped: WrappedKey,
    key: RequestKey,
    fingerprints: list[str],
    idempotency: str | None,
    known: list[str],
) -> Any:
    """One statement: claim the fingerprints and, only if all were free, write the request and what belongs to it."""
    prints = _unnested(fingerprints)
    claimed = (
        upsert(open_subject)
        .from_select(
            ["controller", "right", "fingerprint", "request_id"],
            # In one order everywhere, or two openings could wait for each other.
            select(literal(new.controller), literal(new.right.value), prints.c.value, literal(new.id)).order_by(
                prints.c.value
            ),
        )
        .on_conflict_do_nothing()
        .returning(open_subject.c.fingerprint)
        .cte("claimed")
    )
    facts = new.model_dump(include=set(NewRequest.model_fields) - {"reason", "idempotency_key", "subject"})
    facts["categories"] = list(new.categories)
    facts |= {"right": new.right.value, "stage": Stage.RECEIVED.value, "idempotency": idempotency}
    all_free = select(func.count()).select_from(claimed).scalar_subquery() == len(fingerprints)
    opened = (
        upsert(request)
        .from_select(list(facts), select(*(literal(v, request.c[n].type) for n, v in facts.items())).where(all_free))
        .on_conflict_do_nothing()
        .returning(*REQUEST)
        .cte("opened")
    )
    sealed = {
        SUBJECT: key.seal(new.subject.model_dump_json().encode(), context(new.id, SUBJECT)),
        REASON: key.seal(new.reason.encode(), context(new.id, REASON)),
    }
    parts = [
        _follow(opened, request_key, {"wrapped": wrapped.wrapped, "master_key_id": wrapped.master_key_id}),
        _follow(opened, evidence_head, {"n": 0, "hash": genesis(new.id)}),
        *(_follow(opened, document, {"name": name, "sealed": data}) for name, data in sealed.items()),
    ]
    if known:
        theirs = func.unnest(literal(known, ARRAY(Text))).table_valued("value", name="theirs").render_derived()
        source = select(opened.c.id, theirs.c.value).select_from(opened.join(theirs, true()))
        parts.append(insert(copy_subject).from_select(["request_id", "fingerprint"], source).cte("copy_of"))
    claims = select(func.array_agg(claimed.c.fingerprint)).scalar_subquery().label("claimed")
    always = select(literal(1).label("one")).subquery()
    return select(claims, *opened.c).select_from(always.outerjoin(opened, true())).add_cte(*parts)


def _follow(opened: CTE, table: Table, values: dict[str, Any]) -> CTE:
    """Insert a row of another table for the request, if it was opened."""
    source = select(opened.c.id, *(literal(value, table.c[name].type) for name, value in values.items()))
    return insert(table).from_select(["request_id", *values], source).cte()


def _in_the_way(new: NewRequest, fingerprints: list[str], idempotency: str | None, claimed: list[str]) -> Any:
    """Take back the claims of an opening that failed, and find the request that stood in its way."""

    def of_these(values: list[str]) -> ColumnElement[bool]:
        return and_(
            open_subject.c.controller == new.controller,
            open_subject.c.right == new.right.value,
            open_subject.c.fingerprint.in_(select(_unnested(values).c.value)),
        )

    mine = delete(open_subject).where(of_these(claimed)).cte("mine")
    # All that this statement sees is from before it: the claims of this opening, too, which belong to nothing yet.
    theirs = select(open_subject.c.request_id).where(
        of_these(fingerprints), open_subject.c.fingerprint.not_in(select(_unnested(claimed).c.value))
    )
    conditions: list[ColumnElement[bool]] = [request.c.id.in_(theirs)]
    order: list[ColumnElement[Any]] = [request.c.opened_at.asc(), request.c.id.asc()]
    if idempotency is not None:
        same_key = and_(request.c.controller == new.controller, request.c.idempotency == idempotency)
        conditions.append(same_key)
        order.insert(0, same_key.desc())
    return select(*REQUEST).where(or_(*conditions)).order_by(*order).limit(1).add_cte(mine)
