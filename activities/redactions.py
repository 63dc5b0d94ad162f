"""What staff took out of a copy: which redactions stand, what stands in their place, and what exactly is approved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from pydantic import Field, JsonValue

from activities.exemptions import exempted
from activities.finding import DECISIONS
from activities.ledger import Act, Tx
from activities.letters import RefusedPart
from activities.letters.wording import Words, lookup
from activities.naming import Naming
from activities.pages import load_collected
from habeas import law
from habeas.acts import ActId, ActKind
from habeas.errors import BadInput, WrongStage
from habeas.evidence import Tag
from habeas.model import COPIES, Frozen, Request
from habeas.policy import Policy
from habeas.redaction import Redaction, Redactor, Standing, field_of, grounds

__all__ = [
    "Decided",
    "TakenBack",
    "as_approved",
    "check_approval",
    "check_redaction",
    "copy_digest",
    "marked",
    "redacted_parts",
    "redactions",
    "redactor",
]

TOPIC = "activities.package"
COPY = "copy"
"""The fact of an approval that says which copy was approved."""


class TakenBack(Frozen):
    """What an act of putting back leaves sealed under its id."""

    redaction: ActId
    """The act by which it was taken out."""


class Decided(Standing):
    """A redaction that stands, and the act that decided it. Personal."""

    act: Act = Field(repr=False)


async def redactions(tx: Tx, request_id: str, *, without: str | None = None) -> tuple[Decided, ...]:
    """The redactions that stand, in the order in which they were decided. Only acts that the workflow took count.

    Args:
        tx: on the ledger.
        request_id: of which request.
        without: an act that is left aside, as if it had not been.
    """
    found: dict[str, Decided] = {}
    back: set[str] = set()
    for act in await tx.acts(request_id):
        if not act.accepted_at or act.id == without:
            continue
        if act.kind == ActKind.REDACT.value:
            said = await tx.unseal(request_id, f"{DECISIONS}{act.id}", Redaction)
            if said is not None:
                found[act.id] = Decided(id=act.id, ground=str(act.facts.get("ground")), redaction=said, act=act)
        elif act.kind == ActKind.UNREDACT.value:
            taken = await tx.unseal(request_id, f"{DECISIONS}{act.id}", TakenBack)
            back |= {taken.redaction} if taken else set()
    return tuple(one for one in found.values() if one.id not in back)


async def check_redaction(tx: Tx, request: Request, policy: Policy, act: Act) -> dict[str, JsonValue]:
    """Check an act of taking out, or of putting back, as it is written down; what the evidence says of it.

    Raises:
        BadInput: nothing was said with it, it is on no ground of the law, or no such redaction stands.
    """
    if act.kind == ActKind.UNREDACT.value:
        back = await tx.unseal(request.id, f"{DECISIONS}{act.id}", TakenBack)
        standing = {one.id for one in await redactions(tx, request.id, without=act.id)}
        if back is None or back.redaction not in standing:
            raise BadInput("redaction: none of this id stands; see `habeas request redactions`.", field="redaction")
        return {"redaction": back.redaction}
    said = await tx.unseal(request.id, f"{DECISIONS}{act.id}", Redaction)
    known = grounds(policy, request.regime, request.jurisdiction, request.right)
    if said is None or act.facts.get("ground") not in known:
        raise BadInput("A redaction says what is taken out, and on which ground of the law.", field="ground")
    facts: dict[str, JsonValue] = {"part": said.part.value}
    return facts | {"system": said.place.system} if said.place else facts


async def copy_digest(tx: Tx, request_id: str) -> str:
    """What exactly is approved: all that was collected, less what is refused and taken out of it. Keyed, hex."""
    collected = await load_collected(tx, request_id)
    said = {
        "collected": {name: one.model_dump(mode="json") for name, one in sorted(collected.items())},
        "refused": sorted(await exempted(tx, request_id)),
        "redacted": sorted(one.id for one in await redactions(tx, request_id)),
    }
    return (await tx.key(request_id)).digest(f"copy/{json.dumps(said, sort_keys=True)}")


async def check_approval(tx: Tx, request: Request, plan: str | None) -> dict[str, JsonValue]:
    """Which copy is approved, as the evidence says it; nothing where it is not a copy that is approved.

    Raises:
        WrongStage: another one was seen than the one that is there now.
    """
    if request.right not in COPIES:
        return {}
    digest = await copy_digest(tx, request.id)
    if plan is not None and plan != digest:
        raise WrongStage("The copy is not the one that you saw any more; look at it again.")
    return {COPY: digest}


async def as_approved(tx: Tx, request_id: str, approvals: Iterable[ActId]) -> bool:
    """Whether what is there now is what each of these acts approved.

    An approval of a release before redactions does not say which copy it is of, and is taken at its word.
    """
    counted = set(approvals)
    of = {
        event.facts.get(COPY)
        for event in (await tx.events(request_id) if counted else ())
        if event.tag is Tag.ACT_APPROVE and event.facts.get("act") in counted
    } - {None}
    return not of or of == {await copy_digest(tx, request_id)}


def redactor(standing: Iterable[Standing], request: Request, policy: Policy) -> Redactor:
    """Takes out what stands, and marks it in the person's language."""
    words = lookup(TOPIC, request.language)
    place = policy.answered_in(request.regime, request.jurisdiction)
    return Redactor(
        standing, lambda ground: marked(words, law.told(request.regime, place, request.right, ground).words)
    )


def marked(words: Words, ground: str) -> str:
    """What the person reads in the place of what was taken out."""
    return words.text("redacted.mark", ground=words.named("redaction_grounds", ground))


async def redacted_parts(tx: Tx, request: Request, policy: Policy, called: Naming) -> tuple[RefusedPart, ...]:
    """What was taken out, as letters and packages list it: where, how much of it, the ground with its article."""
    words = lookup(TOPIC, request.language)
    cites = grounds(policy, request.regime, request.jurisdiction, request.right)
    counts = Counter((_where(one.redaction, words, called), one.ground) for one in await redactions(tx, request.id))
    return tuple(
        RefusedPart(
            what=words.counted(f"redacted.{kind}", count, where=where), ground=ground, provision=cites.get(ground)
        )
        for ((kind, where), ground), count in counts.items()
    )


def _where(one: Redaction, words: Words, called: Naming) -> tuple[str, str]:
    """How much is taken out, and of what, as the person knows it."""
    if one.place is None:
        return "everywhere", ""
    system, collection = one.place.system, one.place.record.collection
    names = [called.system(system), called.collection(system, collection)]
    if one.path is not None:
        names.append(called.field(system, collection, field_of(one.path)))
    return one.part.value, ", ".join(names)
