"""Two laws that hold for one request: that of where the person lives, and the establishment's, whoever asks."""

from __future__ import annotations

from datetime import date

from habeas.law import words
from habeas.law.case import Deadlines

__all__ = ["bounded"]


def bounded(theirs: Deadlines, home: Deadlines, code: str, cite: str) -> Deadlines:
    """The dates that keep both: of each two days the earlier, and no extension beyond either law's.

    Args:
        theirs: by the law of where the person lives, extended if the request's term is.
        home: by the establishment's, likewise. Where it knows no extension its own last day bounds the longer term.
        code: of the establishment's law.
        cite: by which it holds whoever asks.
    """
    counts = _counts(theirs, home)
    last = _earlier(theirs.effective_due_on, home.effective_due_on)
    return theirs.model_copy(
        update={
            "acknowledge_by": _earlier(theirs.acknowledge_by, home.acknowledge_by),
            "due_on": _earlier(theirs.due_on, home.due_on),
            "extended_due_on": last if theirs.extended_due_on or home.extended_due_on else None,
            "notice_latest_on": _earlier(theirs.notice_latest_on, home.notice_latest_on or home.due_on)
            if theirs.notice_latest_on
            else None,
            "suggested_due_on": None if last else theirs.suggested_due_on,
            "moved": home.moved if counts else theirs.moved,
            "citation": "; ".join(dict.fromkeys((theirs.citation, home.citation))) if counts else theirs.citation,
            "explanation": (*theirs.explanation, *_explained(theirs, home, code, cite)),
            "uncertain": tuple(dict.fromkeys((*theirs.uncertain, *home.uncertain))) if counts else theirs.uncertain,
        }
    )


def _counts(theirs: Deadlines, home: Deadlines) -> bool:
    """Whether the establishment's law makes the day."""
    ours, other = home.effective_due_on, theirs.effective_due_on
    return ours is not None and (other is None or ours < other)


def _explained(theirs: Deadlines, home: Deadlines, code: str, cite: str) -> tuple[str, ...]:
    """Which law makes the day; where it is the establishment's, how that came about as well."""
    day = home.effective_due_on
    if day is None:
        return ()
    said = f"{code} binds the controller whoever asks ({cite}); by it the answer is due on {words.day(day)}"
    if not _counts(theirs, home):
        return (f"{said}: the day above comes no later, and counts.",)
    which = "the other law names no day" if theirs.effective_due_on is None else "that is the earlier day"
    return (f"{said}: {which}, so it counts.", *(line for line in home.explanation if line not in theirs.explanation))


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day), default=None)
