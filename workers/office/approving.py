"""Who approved what is under review, and how many people must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import AwareDatetime

from activities.brief import approvals, purposes_of
from activities.changing import under_review
from activities.ledger import Act, RequestRow, Tx
from activities.plans import load_plans
from habeas.acts import ActKind
from habeas.model import CHANGING, Frozen, Right, Stage
from habeas.particulars import Particulars
from workers.office.asked import Asked

__all__ = ["Approvals", "Approved", "Approving"]


class Approved(Frozen):
    """An approval that counts."""

    actor: str
    at: AwareDatetime


class Approvals(Frozen):
    """Who approved what is under review, and how many people must."""

    needed: int
    given: tuple[Approved, ...] = ()


class Approving(Asked):
    """Methods that say how an approval stands."""

    async def approvals(self, request_id: str) -> Approvals:
        """Who approved what is under review, of how many.

        Raises:
            UnknownRequest, KeyDestroyed: there is no such request (any more).
        """
        async with self._ledger.begin() as tx:
            return await self._approvals(tx, await tx.request_row(request_id))

    async def _approvals(self, tx: Tx, row: RequestRow) -> Approvals:
        policy, digest = self.policy(row.controller), None
        if row.right is Right.ERASURE and (kept := await load_plans(tx, row.id)):
            digest = kept[0].digest
        elif row.right in CHANGING and (change := await under_review(tx, row.id)):
            digest = change[0].digest
        asked = Particulars.of(await tx.subject(row.id))
        acts = await tx.acts(row.id)
        since = max((await _reviewed_since(tx, row.id), *_another_copy(acts)))
        first: dict[str, datetime] = {}
        for act in acts:
            counts = act.kind == ActKind.APPROVE and act.accepted_at and act.accepted_at >= since
            if counts and act.accepted_at and (digest is None or act.facts.get("plan") == digest):
                first.setdefault(act.actor, act.accepted_at)
        return Approvals(
            needed=approvals(row.right, policy, purposes_of(policy, row.right, asked.purposes)),
            given=tuple(Approved(actor=actor, at=at) for actor, at in first.items()),
        )


def _another_copy(acts: Iterable[Act]) -> Iterator[datetime]:
    """When something was taken out of a copy or put back: see `workflows.redacting.Redacting`."""
    return (act.accepted_at for act in acts if act.kind in {ActKind.REDACT, ActKind.UNREDACT} and act.accepted_at)


async def _reviewed_since(tx: Tx, request_id: str) -> datetime:
    """When what is under review was put there: what was approved before was another thing."""
    entered = [one.at for one in await tx.events(request_id) if one.facts.get("stage") == Stage.REVIEWING]
    return entered[-1] if entered else datetime.min.replace(tzinfo=(await tx.request(request_id)).received_at.tzinfo)
