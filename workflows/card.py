"""The card on a request's page in the Temporal UI: where it stands, what comes next, what happened."""

from __future__ import annotations

from habeas.model import Outcome, Stage
from workflows.acts import Acts

LINES = 12
"""How much of what happened is shown."""

_ATTEST = "staff must attest who it is, since the code alone is not enough: `habeas request verify {id} --attest`"
_CODE = "the person gives the one-time code, since staff's word alone is not enough"
_NEXT = {
    Stage.RECEIVED: "verify who is asking",
    Stage.VERIFYING: "the person gives the one-time code{joined} staff attest: `habeas request verify {id}`",
    Stage.LOCATING: "find the person in every connected system",
    Stage.CLARIFYING: "a human decides which records are the person's: `habeas request match {id}`",
    Stage.COLLECTING: "collect what the systems hold",
    Stage.REVIEWING: "staff look and approve: `habeas request approve {id}`",
    Stage.FULFILLING: "carry it out",
    Stage.CONFIRMING: "look again in every system",
    Stage.NOTIFYING: "tell the person",
    Stage.CLOSED: "nothing: it is done",
}


def _next(request: Acts) -> str:
    """What is waited for; of two proofs, the one that is missing."""
    said = _ATTEST if request.code_given() else _CODE if request.word_given() else _NEXT[request.stage]
    return said.format(id=request.id, joined=", and" if request.asks_both else ", or")


def card(request: Acts, told: list[str], *, overdue: bool, outcome: Outcome | None) -> str:
    """Markdown without anything that identifies a person: where it stands, and what happened last."""
    face = request.clock.face
    due = f"{face.due_on:%Y-%m-%d}" if face.due_on else "no statutory date"
    lines = [
        f"**{request.right.value}** · stage **{request.stage.value}**" + (f" · **{outcome.value}**" if outcome else ""),
        "",
        f"Due **{due}**"
        + (" (extended)" if face.extended else "")
        + (
            f" (a closed day: plan for {face.planned_on:%Y-%m-%d})"
            if face.planned_on not in {None, face.due_on}
            else ""
        )
        + (" — clock paused" if request.clock.stands_still else "")
        + (" — waiting for a confirmation" if request.clock.paused and face.confirm_until else "")
        + (" — **overdue**" if overdue and not outcome else ""),
        f"*{face.citation}*" if face.citation else "",
        "",
        f"Next: {_next(request)}",
    ]
    if request.systems.waiting:
        lines += ["", "Waiting for:"]
        lines += [
            f"- **{system}**: {code}, since {request.systems.since[system]:%Y-%m-%d %H:%M} UTC"
            for system, code in sorted(request.systems.waiting.items())
        ]
    if request.systems.skipped:
        lines += ["", f"Left out by decision: {', '.join(sorted(request.systems.skipped))}"]
    if told:
        lines += ["", *(f"- {line}" for line in told)]
    return "\n".join(lines)
