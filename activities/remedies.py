"""Decisions on appeals, complaints and grievances: by somebody else than who refused, and what they open anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue
from temporalio import activity

from activities.ledger import Act, NewRequest, Tx
from activities.letters import RemedyDecision
from activities.model import RemedyOrder, RemedyReport
from activities.parts import Parts
from activities.same_person import earlier_request, is_same_person
from habeas import law
from habeas.acts import IN_PART, NOTHING_ANEW, ActKind
from habeas.errors import BadInput, KeyDestroyed, NotAllowed, NothingAnew, StillStands
from habeas.evidence import Tag
from habeas.model import COPIES, REMEDIES, Request, Right
from habeas.particulars import Particulars
from habeas.policy import Policy

SEALED = "letter/remedy"
DECIDING = frozenset({ActKind.APPROVE, ActKind.REFUSE})
"""Acts that decide an appeal, a complaint or a grievance."""

_REFUSING = frozenset({ActKind.REFUSE.value, ActKind.EXEMPT.value, ActKind.CONTEST.value, ActKind.REDACT.value})
_PUTTING_OFF = frozenset({ActKind.EXTEND.value, ActKind.CHARGE.value})
"""What an appeal is against while the request that it is about goes on."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class RemedyActivities:
    """Steps in our own ledger."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="decide_remedy")
    async def decide(self, order: RemedyOrder) -> RemedyReport:
        """Write the decision down; where it is for the person, open the request that it was about anew, once.

        Whoever is not shown to be that request's person learns nothing of it: neither staff's reasons, which are
        about it, nor that it is opened anew, which it is not.
        """
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            if (said := await tx.unseal(request.id, SEALED, RemedyDecision)) is not None:
                return RemedyReport(sealed=SEALED, opened=said.new_request)
            act = await tx.act(order.act_id)
            if act is None or act.request_id != request.id:
                raise BadInput("There is no such act.", field="act")
            earlier = await earlier_request(tx, request)
            if earlier is not None and not await is_same_person(tx, request):
                decision, anew = RemedyDecision(granted=order.granted, other_person=True), None
            else:
                ground = act.facts.get("ground")
                goes_on = order.granted and ground != NOTHING_ANEW
                anew = await self._open_anew(tx, request, earlier, act, order.at) if goes_on and earlier else None
                decision = RemedyDecision(
                    granted=order.granted,
                    in_part=order.granted and ground == IN_PART,
                    why=act.reason or None,
                    about=earlier.id if earlier else None,
                    new_request=anew,
                )
            await tx.seal(request.id, SEALED, decision)
            await _write_down(tx, order, act.actor, earlier, decision)
        return RemedyReport(sealed=SEALED, opened=anew)

    async def _open_anew(self, tx: Tx, request: Request, earlier: Request, act: Act, at: datetime) -> str | None:
        if earlier.right in REMEDIES or earlier.outcome is None:
            return None
        try:
            subject = await tx.subject(earlier.id)
        except KeyDestroyed:
            subject = await tx.subject(request.id)
        row = await tx.request_row(request.id)
        opened = await tx.open_request(
            NewRequest(
                id=self._reference(request.id),
                controller=earlier.controller,
                right=earlier.right,
                regime=earlier.regime,
                jurisdiction=earlier.jurisdiction,
                language=request.language,
                channel=row.channel,
                received_at=at,
                opened_by=act.actor,
                reason=f"granted on {request.id}",
                idempotency_key=f"remedy/{request.id}",
                subject=subject,
                opened_at=at,
                categories=Particulars.of(subject).categories,
            )
        )
        if opened.created and earlier.right in COPIES:
            systems = self._parts.policy(earlier.controller).systems
            await tx.hold_everything(opened.request.id, earlier.controller, systems, at)
        if opened.created:
            facts = {
                "right": earlier.right.value,
                "regime": earlier.regime,
                "jurisdiction": earlier.jurisdiction,
                "channel": row.channel,
                "received_at": at.isoformat(),
                "after": request.id,
                "anew": earlier.id,
            }
            await tx.record(opened.request.id, Tag.REQUEST_OPENED, at, act.actor, facts, dedupe="request:opened")
            # It takes the place of the first: the person asked once, and is counted once.
            await tx.forget_subject(earlier.id)
        return opened.request.id

    def _reference(self, request_id: str) -> str:
        """A reference that only this engine could have made, and that it makes again when it is asked again."""
        number = int(self._parts.ledger.vault.fingerprint("remedy", request_id), 16)
        symbols = "".join(_CROCKFORD[number >> 5 * place & 31] for place in range(12))
        return f"HB-{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}"


async def _write_down(
    tx: Tx, order: RemedyOrder, actor: str, earlier: Request | None, decision: RemedyDecision
) -> None:
    """On both chains: that it was decided, and where it goes on."""
    other: dict[str, JsonValue] = {"other_person": True} if decision.other_person else {}
    other |= {"in_part": True} if decision.in_part else {}
    facts: dict[str, JsonValue] = {
        "granted": order.granted,
        "act": order.act_id,
        "ground": order.ground,
        "about": earlier.id if earlier else None,
        "opened": decision.new_request,
    }
    await tx.record(order.request_id, Tag.REMEDY_DECIDED, order.at, actor, facts | other, dedupe="remedy")
    if earlier:
        there: dict[str, JsonValue] = {
            "granted": order.granted,
            "on": order.request_id,
            "opened": decision.new_request,
        }
        dedupe = f"remedy/{order.request_id}"
        await tx.record(earlier.id, Tag.REMEDY_DECIDED, order.at, actor, there | other, dedupe=dedupe)


async def may_decide(
    tx: Tx, request: Request, policy: Policy, kind: ActKind, actor: str, ground: str | None = None
) -> None:
    """The last word on a refusal is not the refuser's, and an appeal is granted to nobody but whom it was refused.

    An appeal against what a request that is still open is told (more time, a fee) is granted where nothing is to be
    carried out anew: there is nothing that ended.

    Raises:
        NotAllowed: this person took part in the refusal; or nobody has shown that who appeals is who was refused.
        NothingAnew: the request that it is about goes on.
        StillStands: so does what it is against: the longer term, or the fee.
    """
    earlier = await earlier_request(tx, request)
    if earlier is None:
        return
    try:
        acts = await tx.acts(earlier.id)
    except KeyDestroyed:
        acts = ()
    decisive = _REFUSING if earlier.outcome is not None else _REFUSING | _PUTTING_OFF
    if any(act.kind in decisive and act.actor == actor and act.accepted_at for act in acts):
        raise NotAllowed("You took the decision that this is about; another person must decide.")
    if kind is not ActKind.APPROVE:
        return
    same = await is_same_person(tx, request)
    if request.right is Right.APPEAL and not same:
        raise NotAllowed(
            "Nothing shows that this is the person whose request is appealed; attest how you know, or refuse."
        )
    if same and earlier.outcome is None:
        if ground != NOTHING_ANEW:
            raise NothingAnew(f"{earlier.id} is not closed yet, so that granting this would open nothing anew.")
        if standing := _standing(earlier, acts, policy.answered_in(earlier.regime, earlier.jurisdiction)):
            raise StillStands(f"{standing} of {earlier.id} still stands, so that granting this would change nothing.")


def _standing(earlier: Request, acts: Iterable[Act], place: str) -> str | None:
    """What was put off there and can be appealed, and is not taken back: no act takes back a term that was extended."""
    if earlier.extended and "appeal" in law.notice_contents(earlier.regime, place, "extension"):
        return "The longer term"
    asked = None
    for act in acts:
        if act.accepted_at and act.kind in {ActKind.CHARGE.value, ActKind.RESUME.value}:
            asked = act.kind
    return "The fee" if asked == ActKind.CHARGE.value else None
