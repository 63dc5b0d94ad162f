"""The tables of the law in `law-tables.md`, made from `habeas.law`: ``python -m docs.law_tables`` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docs.made import between, write
from habeas.law import regime, regimes
from habeas.law.data import Clock, Extension, Regime, Span
from habeas.law.words import length
from habeas.model import Right

PAGE = Path(__file__).with_name("law-tables.md")
STATES = "US-STATE"
COLUMNS = (
    "Rights",
    "Answer",
    "A last day on a closed day",
    "More time",
    "Receipt is confirmed within",
    "Waits for",
    "Article",
    "Sure",
)
"""Of the table of a law's clocks."""
_FEW = 6
"""Places that are listed in a sentence; of more, all stand in a table of their own or in the file of the law."""


def written(page: str) -> str:
    """The page with the tables as they should be."""
    return between(page, "law_tables", "\n".join(_lines()))


def _lines() -> Iterator[str]:
    known = [law for law in regimes().values() if law.code != STATES]
    yield from _at_a_glance(known)
    yield from _states()
    for law in known:
        yield from _one(law)


def _at_a_glance(laws: list[Regime]) -> Iterator[str]:
    rights = [right for right in Right if any(right in law.rights for law in laws)]
    yield from ("## Which right, and how long", "", "A dot says that the law does not give the right.", "")
    yield "| Law | " + " | ".join(f"`{right}`" for right in rights) + " |"
    yield "|---|" + "---|" * len(rights)
    for law in laws:
        cells = (_term(clock) if (clock := law.clock(right)) and clock.given else "·" for right in rights)
        yield f"| [`{law.code}`](#{law.code.lower()}) | " + " | ".join(cells) + " |"
    yield ""


def _states() -> Iterator[str]:
    yield from (
        f"## {STATES}",
        "",
        "One law for each state; where only its day is known, its terms are expected ones.",
        "",
    )
    yield "| State | In force | Answer | More time | Appeal | Rights | Article |"
    yield "|---|---|---|---|---|---|---|"
    for place in sorted(regimes()[STATES].places):
        law = regime(STATES, place)
        asked, appeal = law.clocks[0], law.clock(Right.APPEAL)
        rights = ", ".join(f"`{right}`" for right in Right if right in law.rights)
        cells = (
            f"{law.state} (`{place}`)", f"{law.in_force}", _term(asked), _more(asked.extension),
            _term(appeal) if appeal and appeal.given else "·", rights, asked.cite,
        )  # fmt: skip
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _one(law: Regime) -> Iterator[str]:
    places = " ".join(f"`{place}`" for place in law.places) if len(law.places) <= _FEW else f"{len(law.places)} places"
    yield from (f"## {law.code}", "", f"{law.title}: {law.statute}. In {places}; in force since {law.in_force}.", "")
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---|" + "---|" * (len(COLUMNS) - 1)
    yield from (_clock(clock) for clock in law.clocks)
    yield ""
    if law.grounds:
        yield from ("| May be refused as | For | Because | Article |", "|---|---|---|---|")
        for ground in law.grounds:
            rights = ", ".join(f"`{right}`" for right in ground.rights) or "any right"
            where = f" (in {', '.join(ground.countries)})" if ground.countries else ""
            yield f"| `{ground.code}`{where} | {rights} | {ground.text} | {ground.cite} |"
        yield ""
    if law.options:
        yield from ("| Another reading | What it changes | Article |", "|---|---|---|")
        yield from (f"| `{code}` | {option.text} | {option.cite} |" for code, option in law.options.items())
        yield ""


def _clock(clock: Clock) -> str:
    rights = ", ".join(f"`{right}`" for right in clock.rights)
    pauses = ", ".join(dict.fromkeys(f"`{rule.reason}`" for rule in clock.pauses)) or "nothing"
    said = length(clock.acknowledge) if clock.acknowledge else "·"
    answer = _term(clock) if clock.given else "not given"
    closed = "moves" if clock.roll else "stays"
    cells = (rights, answer, closed, _more(clock.extension), said, pauses, clock.cite, f"{clock.term.mark}")
    return "| " + " | ".join(cells) + " |"


def _term(clock: Clock) -> str:
    return length(clock.term) if isinstance(clock.term, Span) else "no number"


def _more(extension: Extension | None) -> str:
    if extension is None:
        return "no"
    if extension.open_ended:
        return "as its notice says"
    return f"{length(extension)}{' from the start' if extension.start == 'start' else ' more'}"


if __name__ == "__main__":
    write(PAGE, written)
