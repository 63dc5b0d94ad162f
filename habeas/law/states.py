"""The US state laws: one row per state becomes a regime of the common shape."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from pydantic import Field

from habeas.law.data import Clock, Extension, Mark, NoNumber, Notice, Remark, Rule, Span
from habeas.law.duties import FreeRule, RecordRule, UndisclosedRule
from habeas.law.figure import Figure
from habeas.model import Frozen, Right

__all__ = ["StateRow", "cited", "clocks_of", "free_of", "rules_of"]

FigureT = TypeVar("FigureT", bound=Figure)

_THE_ACT = "the state's act"
_GROUNDS = ("complexity", "number_of_requests")
_LETTERS: dict[str, tuple[Right, ...]] = {
    "A": (Right.ACCESS,),
    "P": (Right.PORTABILITY,),
    "D": (Right.ERASURE,),
    "C": (Right.RECTIFICATION,),
    "O": (Right.OPT_OUT_SALE, Right.OBJECTION),
    "o": (Right.OPT_OUT_SALE,),
}


class StateRow(Frozen):
    """One state's table in ``us-states.toml``: what differs between the states. Lengths in days."""

    name: str
    cite: str
    in_force: date
    rights: str = Field(pattern=r"^[APDCOo]+$")
    since: dict[Right, date] = Field(default_factory=dict)
    term: int
    extension: int
    appeal: int | None = None
    appeal_extension: int | None = None
    appeal_extension_mark: Mark | None = None
    consent_stop: int | None = None
    consent_mark: Mark | None = None
    free_per_year: int | None = None
    undisclosed: UndisclosedRule | None = None
    records: RecordRule | None = None
    read: bool = True
    authority: str = ""
    note: str = ""
    mark: Mark
    mark_other: Mark

    def has(self, *rights: Right) -> tuple[Right, ...]:
        """Those of the rights that the state gives."""
        given = {right for letter in self.rights for right in _LETTERS[letter]}
        return tuple(right for right in rights if right in given)


def _put_off(cite: str, mark: Mark, days: int | None) -> tuple[Extension | None, Notice | None]:
    if days is None:
        return None, None
    longer = Extension(days=days, start="due", grounds=_GROUNDS, cite=cite, mark=mark)
    return longer, Notice(by="due", cite=cite, mark=mark)


def _requests(row: StateRow) -> list[Clock]:
    term = Span(days=row.term, cite=row.cite, mark=row.mark)
    extension, notice = _put_off(row.cite, row.mark, row.extension)
    rights = row.has(Right.ACCESS, Right.PORTABILITY, Right.ERASURE, Right.RECTIFICATION)
    starts = {right: row.since.get(right) for right in rights}
    return [
        Clock(
            name=f"request_{since.year}" if since else "request",
            rights=tuple(right for right in rights if starts[right] == since),
            cite=row.cite,
            since=since,
            term=term,
            extension=extension,
            notice=notice,
        )
        for since in dict.fromkeys(starts.values())
    ]


def _opt_out(row: StateRow) -> Clock:
    said = "Carried out at once; the base term is the outer limit, and it is not extended."
    return Clock(
        name="opt_out",
        rights=row.has(Right.OPT_OUT_SALE, Right.OBJECTION),
        cite=row.cite,
        term=Span(days=row.term, cite=row.cite, mark=row.mark),
        remarks=(Remark(text=said, cite=f"{row.cite}; after 4 CCR 904-3 r.4.03", mark=row.mark),),
    )


def _appeal(row: StateRow) -> Clock:
    cite, mark = f"{row.cite} (appeal)", row.mark_other
    none = (
        "The act gives no appeal to the business." if row.read else "Whether the act gives an appeal was not read yet."
    )
    term: Span | NoNumber = NoNumber(text=none, cite=cite, mark=mark)
    if row.appeal is not None:
        term = Span(days=row.appeal, cite=cite, mark=mark)
    extension, notice = _put_off(cite, row.appeal_extension_mark or mark, row.appeal_extension)
    return Clock(
        name="appeal",
        rights=(Right.APPEAL,),
        given=row.appeal is not None,
        cite=cite,
        term=term,
        extension=extension,
        notice=notice,
    )


def _consent(row: StateRow) -> Clock:
    cite, mark = f"{row.cite} (withdrawal of consent)", row.consent_mark or row.mark_other
    none = "The act sets no number of days for the withdrawal of consent."
    if not row.read:
        none = "What the act says of the withdrawal of consent was not read yet."
    term: Span | NoNumber = NoNumber(text=none, cite=cite, mark=mark)
    if row.consent_stop is not None:
        term = Span(days=row.consent_stop, cite=cite, mark=mark)
    return Clock(name="consent", rights=(Right.WITHDRAW_CONSENT,), cite=cite, term=term)


def clocks_of(row: StateRow) -> tuple[Clock, ...]:
    """The state's clocks: requests, opt-outs, appeals, withdrawals of consent."""
    return (*_requests(row), _opt_out(row), _appeal(row), _consent(row))


def rules_of(row: StateRow) -> tuple[Rule, ...]:
    """What else the row says, in the form of every other regime."""
    said = {"remedy": row.authority and f"After the appeal: {row.authority}.", "note": row.note}
    return tuple(Rule(item=item, text=text, cite=row.cite, mark=row.mark_other) for item, text in said.items() if text)


def cited(row: StateRow, figure: FigureT) -> FigureT:
    """What the states share, with the act of this one named."""
    return figure.model_copy(update={"cite": figure.cite.replace(_THE_ACT, row.cite)})


def free_of(row: StateRow) -> FreeRule | None:
    """How many requests a year cost nothing, where the row says so."""
    if row.free_per_year is None:
        return None
    often = "once" if row.free_per_year == 1 else "twice"
    text = f"Free {often} in twelve months."
    return FreeRule(count=row.free_per_year, months=12, text=text, cite=row.cite, mark=row.mark_other)
