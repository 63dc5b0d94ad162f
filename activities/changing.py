"""Plans of change as the ledger keeps them, and the wall before every change: only what may be done passes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from activities.brief import approvals, proof_asked, weighed
from activities.change_model import ChangeOrder, Contest, Part, PlannedChange
from activities.consent import consented
from activities.deciding import load_ours
from activities.finding import DECISIONS
from activities.ledger import Act, Tx
from activities.manifests import manifests_of
from activities.parts import Parts
from activities.plans import enough_approvals, keepers_of
from activities.proofs import BOTH
from habeas.acts import ActKind
from habeas.change import Stays, SystemChange, digest
from habeas.connector import RecordRef
from habeas.errors import BadInput, NotAllowed
from habeas.model import CHANGING, Frozen, Request, RequestId, SystemName
from habeas.particulars import Particulars, PurposeId
from habeas.policy import Policy
from habeas.policy.sections import Proof

HEAD = "changes"


class ChangeHead(Frozen):
    """One part of a plan: which systems it covers, and its digest."""

    digest: str
    systems: tuple[SystemName, ...]
    purposes: tuple[PurposeId, ...] = ()
    contested: tuple[int, ...] = Field(default=())
    """Corrections that are not made."""
    unmatched: tuple[int, ...] = ()
    """Corrections for which no such value was found."""


async def save_changes(
    tx: Tx, request_id: str, part: Part, plans: tuple[SystemChange, ...], head: ChangeHead
) -> ChangeHead:
    """Keep a part of a plan, sealed; it replaces an older one. The head comes back with its digest."""
    named = head.model_copy(update={"digest": await keyed_digest(tx, request_id, head, plans)})
    for plan in plans:
        await tx.seal(request_id, f"{HEAD}/{part.value}/{plan.system}", plan)
    await tx.seal(request_id, f"{HEAD}/{part.value}", named)
    return named


async def keyed_digest(tx: Tx, request_id: str, head: ChangeHead, plans: tuple[SystemChange, ...]) -> str:
    """The plan's name outside the ledger; see `activities.plans.keyed_digest`."""
    return (await tx.key(request_id)).digest(digest(plans, head.contested, head.purposes))


async def load_changes(tx: Tx, request_id: str, part: Part) -> tuple[ChangeHead, tuple[SystemChange, ...]] | None:
    """A part of the plan as it is kept now; None before one was made."""
    head = await tx.unseal(request_id, f"{HEAD}/{part.value}", ChangeHead)
    if head is None:
        return None
    plans = [await tx.unseal(request_id, f"{HEAD}/{part.value}/{name}", SystemChange) for name in head.systems]
    return head, tuple(plan for plan in plans if plan is not None)


async def under_review(tx: Tx, request_id: str) -> tuple[ChangeHead, tuple[SystemChange, ...]] | None:
    """The plan that a human approves: of what is weighed, or the whole; None before one was made."""
    return await load_changes(tx, request_id, Part.WEIGHED) or await load_changes(tx, request_id, Part.WHOLE)


async def approved_changes(tx: Tx, order: PlannedChange, parts: Parts) -> tuple[SystemChange, ...]:
    """A part of the plan, after checking once more that it may be carried out.

    As with `activities.plans.approved_plan` this is asked again here, from the ledger: the right changes data, the plan
    is the one named, who asks is proven where that is asked, and enough different people approved exactly this plan.
    What the law wants done at once nobody approves, and it stops what may be stopped at once and nothing else.

    Raises:
        NotAllowed: one of these does not hold.
    """
    request = await tx.request(order.request_id)
    policy = parts.policy(request.controller)
    if request.right not in CHANGING:
        raise NotAllowed("A request for this right changes nothing.")
    kept = await load_changes(tx, order.request_id, order.part)
    if kept is None or await keyed_digest(tx, order.request_id, *kept) != order.digest:
        raise NotAllowed("The plan is not the one that was approved.")
    await proven(tx, request, policy)
    if order.part is Part.AT_ONCE and weighed(policy, request.right, kept[0].purposes):
        raise NotAllowed("A human must weigh some of this first.")
    needed = approvals(request.right, policy, kept[0].purposes)
    await enough_approvals(tx, order.request_id, order.digest, needed)
    return kept[1]


async def approved_change(tx: Tx, order: ChangeOrder, parts: Parts) -> SystemChange:
    """One system's part; see `approved_changes`.

    Raises:
        NotAllowed: it may not be carried out, or does not cover this system.
    """
    named = PlannedChange(request_id=order.request_id, at=order.at, part=order.part, digest=order.digest)
    for plan in await approved_changes(tx, named, parts):
        if plan.system == order.system and plan.change is not None:
            return plan
    raise NotAllowed("The plan does not cover this system.")


async def proven(tx: Tx, request: Request, policy: Policy) -> None:
    """Whoever asks has proven who they are, as far as that is asked for this request.

    Raises:
        NotAllowed: not yet.
    """
    asked = proof_asked(request, policy, Particulars.of(await tx.subject(request.id)))
    if asked is Proof.NONE:
        return
    methods = await tx.proofs(request.id)
    if asked is Proof.BOTH and methods < BOTH:
        raise NotAllowed("Code and attestation are both needed.")
    if not methods:
        raise NotAllowed("Nobody has proven yet who asks.")


async def kept_from_change(
    tx: Tx,
    request: Request,
    system: str,
    objects: frozenset[RecordRef],
    parts: Parts,
    *,
    note_at: datetime | None = None,
) -> tuple[tuple[Stays, ...], tuple[RecordRef, ...]]:
    """Those of these objects whose values are left alone, each with the reason; and those that only a consent frees.

    They are restricted, under a legal hold, or somebody else's to decide over. With an instant it is written down which
    holds were met.
    """
    named = {(one.collection, one.key): one for one in objects}
    keepers = await keepers_of(tx, request, parts)
    freed = await consented(tx, request, system, named, keepers)
    manifest = parts.connector(system).manifest
    stays = await keepers.stays(system, manifest, named, refusals=False, consented=freed)
    if note_at is not None:
        await keepers.note(note_at)
    return (
        tuple(Stays(ref=named[place], because=stay.because, law=stay.law) for place, stay in sorted(stays.items())),
        tuple(named[place] for place in sorted(freed - stays.keys())),
    )


async def decided_by_others(
    tx: Tx, request: Request, system: SystemName, objects: Iterable[RecordRef], parts: Parts
) -> dict[RecordRef, str]:
    """Those of these objects that somebody else decides over, each with who (GDPR art. 28)."""
    policy = parts.policy(request.controller)
    ours = await load_ours(tx, request, policy, manifests_of(policy, parts))
    decides = {
        one.name: policy.category(one.category).controlled_by for one in parts.connector(system).manifest.collections
    }
    return {
        one: policy.text(by.who, request.language)
        for one in objects
        if (by := decides.get(one.collection)) and not ours.has(system, (one.collection, one.key))
    }


async def contests(tx: Tx, request_id: str) -> dict[int, Act]:
    """The corrections that staff contest, each with the act that says why; the newest act on one counts."""
    found: dict[int, Act] = {}
    for act in await tx.acts(request_id):
        if act.kind == ActKind.CONTEST.value and act.accepted_at:
            said = await tx.unseal(request_id, f"{DECISIONS}{act.id}", Contest)
            found |= dict.fromkeys(said.corrections if said else (), act)
    return found


async def check_contest(tx: Tx, request_id: RequestId, act_id: str) -> None:
    """What an act of contesting says must be about corrections that were asked for.

    Raises:
        BadInput: nothing was said with it, or there is no such correction.
    """
    said = await tx.unseal(request_id, f"{DECISIONS}{act_id}", Contest)
    asked = Particulars.of(await tx.subject(request_id)).corrections
    refuse_unasked(said.corrections if said else (-1,), len(asked))


def refuse_unasked(indexes: Iterable[int], asked: int) -> None:
    """Refuse to contest what nobody asked for.

    Raises:
        BadInput: there is no such correction.
    """
    if any(not 0 <= index < asked for index in indexes):
        raise BadInput(f"correction: the person asked for {asked}; name them by their number.", field="correction")
