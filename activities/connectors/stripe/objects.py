"""What becomes of each object (deleted, emptied, left), and how it is now: for `activities.connectors.api.erasure`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence

from activities.connectors.api import Refused
from activities.connectors.api.erasure import State
from activities.connectors.stripe.kinds import (
    CHARGES,
    CREDITS,
    CUSTOMERS,
    DISPUTES,
    DRAFTS,
    INVOICES,
    ITEMS,
    KINDS,
    METHODS,
    PAYMENTS,
    PENDING,
    SUBSCRIPTIONS,
    TAX_IDS,
    Kind,
    Row,
    ids_of,
    key_of,
)
from activities.connectors.stripe.locate import locate
from activities.connectors.stripe.rest import Rest
from activities.connectors.stripe.settings import ONLY_REDACTED, StripeSettings
from activities.connectors.stripe.standing import Obstacle, may_cancel, obstacles, settles
from activities.connectors.stripe.walk import Walk
from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["StripeObjects"]

_REFUSALS = range(400, 403)
"""Stripe cannot do it with this object: https://docs.stripe.com/api/errors. 401 and 403 are about the key."""
_UNAUTHORISED = 401


class StripeObjects:
    """The objects of one plan."""

    order: Sequence[str] = (
        *(DRAFTS, PENDING, TAX_IDS, METHODS, SUBSCRIPTIONS, DISPUTES, CREDITS, ITEMS, INVOICES, CHARGES, PAYMENTS),
        CUSTOMERS,
    )
    tells_whose: Container[str] = order
    """Each names its customer, for good; what was on a draft is in no list once that is gone."""

    def __init__(self, system: str, rest: Rest, settings: StripeSettings, plan: SystemPlan) -> None:
        self._system = system
        self._rest = rest
        self._settings = settings
        self._plan = plan
        self._walk = Walk(system, rest)
        self._owners: dict[RecordRef, str] = {}
        self._in_the_way: dict[str, str | None] = {}
        self._drafts_left: set[str] = set()
        self.to_redact: list[tuple[PlannedObject, str | None]] = []
        """What only a redaction job can anonymise and is not so yet, with its customer."""

    def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """As `collect` gives them. Of a customer that is deleted, what stays is still there."""
        return self._walk.records(roots)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await locate(self._system, self._rest, identifiers, search=self._settings.search)

    async def look(self, planned: PlannedObject) -> State:
        """How one object is now."""
        kind = self._kind(planned)
        row = await self._fetch(planned)
        if row is None:
            return State.GONE
        if planned.treatment is Treatment.ANONYMISE and kind.blank(row):
            # One that is still attached is half done: it can be paid with.
            attached = planned.collection == METHODS and row.get("customer")
            return State.UNCHANGED if attached else State.ANONYMISED
        return State.UNCHANGED if kind.fingerprint(row) == planned.fingerprint else State.CHANGED

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | None:
        """Delete or anonymise one object. None if it is done; else what stood in the way."""
        row = await self._fetch(planned)
        if row is None:
            return None if planned.treatment is Treatment.DELETE else planned.became(Fate.NOT_FOUND)
        customer = self._owners.get(_ref(planned))
        reason = await self._obstacle(planned, customer)
        if reason is None:
            reason = await self._treated(planned, row, customer)
            if reason and customer and planned.collection == DRAFTS:
                self._drafts_left.add(customer)
        return planned.became(Fate.BLOCKED, reason) if reason else None

    def _staying(self) -> frozenset[str]:
        """Customers of whom something stays as it is."""
        kept = (one for one in self._plan.objects if one.treatment is Treatment.RETAIN)
        return frozenset(self._owners[_ref(one)] for one in kept if _ref(one) in self._owners)

    async def _treated(self, planned: PlannedObject, row: Row, customer: str | None) -> str | None:
        """What stood in the way; None if it is as planned now."""
        try:
            if planned.collection in ONLY_REDACTED:
                return self._put_aside(planned, customer)
            if planned.treatment is Treatment.ANONYMISE and self._redactable(planned, customer):
                return self._put_aside(planned, customer)
            if planned.treatment is Treatment.DELETE:
                await self._rest.delete(self._kind(planned).where(planned.key))
            else:
                await self._empty(planned, row)
        except Refused as refused:
            if refused.status == _UNAUTHORISED or refused.status not in _REFUSALS:
                raise
            return "refused_by_system"
        now = await self.look(planned)
        return None if now in (State.GONE, State.ANONYMISED) else "not_done"

    def _redactable(self, planned: PlannedObject, customer: str | None) -> bool:
        """A redaction takes all of a customer's: nothing may stay, and all must have been asked to be erased."""
        if planned.collection != CUSTOMERS or self._settings.redaction is None:
            return False
        return customer not in self._staying() and all(self._plan.covers(name) for name in KINDS)

    def _put_aside(self, planned: PlannedObject, customer: str | None) -> str:
        if self._settings.redaction is None:
            return "redaction_off"
        self.to_redact.append((planned, customer))
        return "redacting"

    async def _empty(self, planned: PlannedObject, row: Row) -> None:
        """https://docs.stripe.com/api/customers/update, /api/payment_methods/update, /api/payment_methods/detach."""
        kind = self._kind(planned)
        form = kind.blanks(row)
        if form:
            await self._rest.post(kind.where(planned.key), form)
        if planned.collection == METHODS:
            # After this Stripe lets nobody change it, and still gives it by its id: it must be empty by now.
            await self._rest.post(f"{kind.where(planned.key)}/detach", {})

    async def _obstacle(self, planned: PlannedObject, customer: str | None) -> str | None:
        """Why nothing of this customer's is touched yet. A customer is asked about again, last of all."""
        if customer is None or not settles(self._plan):
            return None
        if planned.collection == CUSTOMERS and customer in self._drafts_left:
            return "draft_invoice"
        if customer not in self._in_the_way or planned.collection == CUSTOMERS:
            self._in_the_way[customer] = await self._settle(customer)
        return self._in_the_way[customer]

    async def _settle(self, customer: str) -> str | None:
        """End subscriptions, where that is decided and nothing else stands in the way; what does."""
        ours: list[Obstacle] = []
        async for one in obstacles(self._walk, customer):
            cancels = self._settings.cancel_subscriptions and one.reason == "live_subscription"
            if not (cancels and may_cancel(self._plan, one.ref)):
                return one.reason
            ours.append(one)
        for one in ours:
            await self._rest.delete(KINDS[SUBSCRIPTIONS].where(one.ref.key))
        return None

    async def _fetch(self, planned: PlannedObject) -> Row | None:
        """The object by its id, whatever a list or a search says of it; None if it is gone."""
        row = await self._rest.get(self._kind(planned).where(planned.key))
        if row is None or row.get("deleted"):
            return None
        owner = await self._owner(planned, row)
        if owner is not None:
            self._owners[_ref(planned)] = owner
            self._check(owner)
        return row

    async def _owner(self, planned: PlannedObject, row: Row) -> str | None:
        """Whose it is; None for what is nobody's any more (a payment method that was detached)."""
        if planned.collection == CUSTOMERS:
            return ids_of(planned.key)[0]
        if planned.collection == DISPUTES:
            charge = await self._rest.get(KINDS[CHARGES].where(key_of(str(row["charge"]))))
            row = charge or {}
        owner = row.get("customer")
        return str(owner) if owner else None

    def _check(self, owner: str) -> None:
        """Objects of a plan with roots are its customers'; what is due later is planned without roots."""
        if self._plan.roots and owner not in {ids_of(one.key)[0] for one in self._plan.roots}:
            raise Quarantine(f"The plan for {self._system} names an object of somebody else.", system=self._system)

    def _kind(self, planned: PlannedObject) -> Kind:
        if planned.collection not in KINDS:
            raise Quarantine(f"{self._system} has no {planned.collection}.", system=self._system)
        return KINDS[planned.collection]


def _ref(one: PlannedObject) -> RecordRef:
    return RecordRef(collection=one.collection, key=one.key)
