"""How far a system is that a request was answered without, as its letter tells it. Made from the outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from activities.leaving import NOT_KNOWN
from activities.ledger import OutcomeRow
from activities.letters.wording import lookup
from habeas.outcomes import CHANGED, UNDONE, Fate

__all__ = ["half_changed", "half_erased", "is_unsure"]

_TOPIC = "activities.letters"


def is_unsure(rows: Iterable[OutcomeRow]) -> bool:
    """Whether of any object nobody knows what became of it."""
    return any(row.fate is Fate.FAILED and row.reason == NOT_KNOWN for row in rows)


def half_erased(rows: Iterable[OutcomeRow], missing: Collection[str], language: str) -> dict[str, str]:
    """System -> what of it is still there, and of what nobody knows; nothing of one that had not begun."""
    words, counts = lookup(_TOPIC, language), Counter[tuple[str, str]]()
    for row in rows:
        if row.system in missing and row.fate in UNDONE:
            counts[row.system, "not_known" if row.reason == NOT_KNOWN else "still_there"] += 1
    told: dict[str, list[str]] = {}
    for (system, key), count in sorted(counts.items()):
        told.setdefault(system, []).append(words.counted(f"completion_erasure.{key}", count))
    return {system: "; ".join(said) for system, said in told.items()}


def half_changed(
    rows: Collection[OutcomeRow], missing: Collection[str], told: Collection[str], language: str
) -> dict[str, str]:
    """System -> whether part of its change is done, or none, or nobody knows; nothing of one that had not begun.

    Args:
        rows: the outcomes.
        missing: what was left out.
        told: those of which the ledger's outcomes are what they said, and not only what is held here.
        language: the person's.
    """
    words, said = lookup(_TOPIC, language), dict[str, str]()
    for system in missing:
        here = [row for row in rows if row.system == system]
        if is_unsure(here):
            said[system] = words.text("completion_change.not_known")
        elif any(row.fate is Fate.FAILED for row in here):
            half = system in told and any(row.fate in CHANGED for row in here)
            said[system] = words.text(f"completion_change.{'half_done' if half else 'not_done'}")
    return said
