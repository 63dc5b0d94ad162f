"""The regimes, read once from their files, and the questions that letters and plans ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from habeas.errors import UnknownRegime
from habeas.fields import SensitiveType
from habeas.law import files
from habeas.law.calendar import add_days, add_months
from habeas.law.data import Authority, Extension, Ground, Regime, Span
from habeas.law.duties import (
    Appeal,
    Counted,
    DenialRule,
    Duty,
    FeeRule,
    FreeRule,
    HoldRule,
    Needs,
    Proof,
    RecordRule,
    Remedies,
    UndisclosedRule,
)
from habeas.law.places import authorities_at, country_of, parse_place
from habeas.law.states import StateRow, cited, clocks_of, free_of, rules_of
from habeas.model import REMEDIES, PauseReason, Right

__all__ = [
    "BEYOND_FREE",
    "authorities",
    "counted",
    "denial",
    "extension_allowed",
    "extension_grounds",
    "fee_rule",
    "fits",
    "free_requests",
    "hold_after_refusal",
    "kept_after_refusal",
    "notice_contents",
    "pauses_allowed",
    "recipients_duty",
    "records_kept",
    "reflection_days",
    "refusal_grounds",
    "regime",
    "regimes",
    "remedies",
    "right_known",
    "rights",
    "undisclosed",
    "verification",
]

STATES = "US-STATE"
BEYOND_FREE = "beyond_free_requests"
"""The ground of a fee for more requests than the law gives for nothing."""
_SHARED = ("grounds", "fees", "remedies", "recipients", "verification", "withheld")


@cache
def _states() -> Mapping[str, StateRow]:
    return {place: StateRow.model_validate(row) for place, row in files.toml("regimes/us-states.toml").items()}


def _raw() -> dict[str, dict[str, Any]]:
    tables = [files.toml(f"regimes/{name}") for name in files.names("regimes") if name != "us-states.toml"]
    return {table["code"]: table for table in tables}


def _whole(raw: dict[str, dict[str, Any]], code: str) -> Regime:
    table = dict(raw[code])
    if like := table.pop("like", None):
        table = {**raw[like], **table}
    if code == STATES:
        table["places"] = sorted(_states())
        table["clocks"] = ()
    return Regime.model_validate(table)


@cache
def regimes() -> Mapping[str, Regime]:
    """Every regime by its code. ``US-STATE`` has its clocks only with a state: see `regime`."""
    raw = _raw()
    return MappingProxyType({code: _whole(raw, code) for code in sorted(raw)})


def fits(found: Regime, place: str) -> bool:
    """Whether the regime is the law of a place (one of its own, or a part of one)."""
    return place in found.places or country_of(place) in found.places


@cache
def regime(code: str, jurisdiction: str) -> Regime:
    """The regime as it is at a place.

    Args:
        code: as in `regimes`.
        jurisdiction: where the request is answered, ISO 3166-1 or 3166-2 (``DK``, ``GB-SCT``, ``US-CO``).

    Raises:
        UnknownRegime: there is no such regime, or it is not the law of that place; the message says whose law is.
    """
    found = regimes().get(code)
    if found is None:
        raise UnknownRegime(f"There is no regime of this code; the codes are {', '.join(regimes())}.", field="regime")
    place = parse_place(jurisdiction)
    if not fits(found, place):
        others = [other.code for other in regimes().values() if fits(other, place)]
        hint = f"; the law there is {', '.join(others)}" if others else "; no law of that place is known here"
        if code == STATES and place == "US":
            hint = "; name the state, such as US-CO"
        raise UnknownRegime(f"{code} is not the law of {place}{hint}.", regime=code, jurisdiction=place, field="regime")
    return _in_state(found, _states()[place]) if code == STATES else found


def _in_state(common: Regime, row: StateRow) -> Regime:
    cites = {"statute": row.cite, "rights_cite": row.cite}
    theirs: dict[str, object] = {
        **cites,
        "title": f"{row.name} consumer privacy law",
        "in_force": row.in_force,
        "state": row.name,
    }
    theirs |= {"clocks": clocks_of(row), "free": free_of(row)}
    theirs |= {name: tuple(cited(row, each) for each in getattr(common, name)) for name in _SHARED}
    theirs["undisclosed"] = (row.undisclosed,) if row.undisclosed else ()
    theirs["records"] = (row.records,) if row.records else ()
    theirs["rules"] = (*rules_of(row), *(cited(row, each) for each in common.rules))
    return common.model_copy(update=theirs)


def _find(code: Regime | str, jurisdiction: str | None) -> Regime:
    if isinstance(code, Regime):
        return code
    found = regimes().get(code)
    place = jurisdiction or (found.places[0] if found else "")
    return regime(code, place)


def pauses_allowed(code: Regime | str, right: Right, jurisdiction: str | None = None) -> frozenset[PauseReason]:
    """What the clock of this right waits for. ``US-STATE`` alone, without a state, answers for any of them.

    Raises:
        UnknownRegime: as `regime`.
    """
    clock = _find(code, jurisdiction).clock(right)
    return frozenset(reason for reason in PauseReason if clock and clock.pause(right, reason))


def reflection_days(
    code: Regime | str, right: Right, reason: PauseReason, jurisdiction: str | None = None
) -> int | None:
    """How many days the person has to confirm, after which the clock starts whatever comes; None: there are none.

    Not confirmed in them, the request counts as withdrawn.

    Raises:
        UnknownRegime: as `regime`.
    """
    clock = _find(code, jurisdiction).clock(right)
    rule = clock.pause(right, reason) if clock else None
    return rule.days if rule and rule.effect == "reflect" else None


def extension_allowed(code: Regime | str, right: Right, jurisdiction: str | None = None) -> bool:
    """Whether the answer to this right may be put off at all, be it for an open-ended time.

    Raises:
        UnknownRegime: as `regime`.
    """
    clock = _find(code, jurisdiction).clock(right)
    return clock is not None and clock.extension is not None


def extension_grounds(code: Regime | str, jurisdiction: str | None = None) -> tuple[str, ...]:
    """The closed list of grounds for an extension, as codes such as ``complexity``; empty where there is none.

    Raises:
        UnknownRegime: as `regime`.
    """
    clocks = _find(code, jurisdiction).clocks
    return tuple(dict.fromkeys(ground for clock in clocks if clock.extension for ground in clock.extension.grounds))


def extension_ends_as_told(
    code: Regime | str, right: Right, ground: str | None, jurisdiction: str | None = None
) -> Extension | None:
    """The extension whose notice must name the day of the answer, for the law sets none on this ground; else None.

    Raises:
        UnknownRegime: as `regime`.
    """
    clock = _find(code, jurisdiction).clock(right)
    rule = clock.extension if clock else None
    return rule if rule and rule.ends_as_told(ground) else None


def rights(code: str, jurisdiction: str, on: date | None = None) -> frozenset[Right]:
    """The rights that the law of a place gives; with ``on``, those it gives on that day.

    Raises:
        UnknownRegime: as `regime`.
    """
    law = regime(code, jurisdiction)
    if on is not None and on < law.in_force:
        return frozenset()
    given = (clock for clock in law.clocks if clock.given)
    return frozenset(r for c in given if on is None or c.since is None or c.since <= on for r in c.rights)


def right_known(code: str, jurisdiction: str, right: Right, on: date) -> bool:
    """Whether the law of a place gives this right to a request received on that day.

    Raises:
        UnknownRegime: as `regime`.
    """
    return right in rights(code, jurisdiction, on)


def authorities(code: str, jurisdiction: str) -> tuple[Authority, ...]:
    """Whom the person may complain to, the nearest first: names and addresses for the letters.

    Raises:
        UnknownRegime: as `regime`.
    """
    return authorities_at(regime(code, jurisdiction).code, parse_place(jurisdiction))


def refusal_grounds(code: str, jurisdiction: str, right: Right | None = None) -> tuple[Ground, ...]:
    """The closed list of grounds on which a request may be refused here, each with its article.

    Args:
        code: the regime.
        jurisdiction: the place; national limits are only listed in their country.
        right: only those that apply to this right.

    Raises:
        UnknownRegime: as `regime`.
    """
    country = country_of(parse_place(jurisdiction))
    return tuple(
        ground
        for ground in regime(code, jurisdiction).grounds
        if (not ground.countries or country in ground.countries)
        and (right is None or not ground.rights or right in ground.rights)
    )


def notice_contents(code: str, jurisdiction: str, letter: str) -> tuple[str, ...]:
    """What a letter must say by law, as codes; empty where the law says nothing of it.

    Args:
        code: the regime.
        jurisdiction: the place.
        letter: ``acknowledge``, ``extension``, ``refusal``, ``identity`` or ``closing``.

    Raises:
        UnknownRegime: as `regime`.
    """
    return regime(code, jurisdiction).notices.get(letter, ())


def fee_rule(code: str, jurisdiction: str, right: Right) -> FeeRule:
    """Whether the person may be asked to pay for this. Where the law says nothing of a fee: ``unstated``.

    Raises:
        UnknownRegime: as `regime`.
    """
    law = regime(code, jurisdiction)
    silent = FeeRule(allowed="unstated", text="The law says nothing of a fee.", cite=law.rights_cite, mark="?")
    return next((fee for fee in law.fees if fee.covers(right)), silent)


def remedies(code: str, jurisdiction: str, right: Right) -> Remedies:
    """Where a person may go who disagrees with the answer to this right.

    An appeal is only named where the act gives one, with its days. There is no appeal against the answer to an appeal,
    and no complaint to the controller about the answer to a complaint.

    Raises:
        UnknownRegime: as `regime`.
    """
    law = regime(code, jurisdiction)
    rule = next(each for each in law.remedies if each.covers(right))
    second = right in REMEDIES
    return Remedies(
        authority=authorities(code, jurisdiction),
        court=rule.court,
        court_after=rule.court_after,
        controller_complaint=rule.controller_complaint and not second,
        appeal=None if second else _appeal(law),
        name=rule.name,
        time_limit=rule.time_limit,
        counted_from=rule.counted_from,
        procedure=rule.procedure,
        text=rule.text,
        cite=rule.cite,
        mark=rule.mark,
    )


def _appeal(law: Regime) -> Appeal | None:
    clock = law.clock(Right.APPEAL)
    if clock is None or not isinstance(clock.term, Span) or clock.term.days is None:
        return None
    more = clock.extension.days if clock.extension else None
    return Appeal(within_days=clock.term.days, extendable_days=more, cite=clock.cite, mark=clock.term.mark)


def denial(code: str, jurisdiction: str, right: Right) -> DenialRule | None:
    """What a letter that denies this right says besides its reasons and remedies; None where the law asks for nothing.

    Raises:
        UnknownRegime: as `regime`.
    """
    return next((rule for rule in regime(code, jurisdiction).denials if rule.covers(right)), None)


def recipients_duty(code: str, jurisdiction: str, right: Right) -> Duty | None:
    """Who else must be told once this right was carried out; None where the law asks for nobody.

    Raises:
        UnknownRegime: as `regime`.
    """
    return next((duty for duty in regime(code, jurisdiction).recipients if duty.covers(right)), None)


def verification(
    code: Regime | str, right: Right, jurisdiction: str | None = None, *, marketing: bool = False
) -> Proof:
    """How sure one must be who asks, before this right is carried out.

    Args:
        code: the regime.
        right: the right.
        jurisdiction: the place, where the regime alone does not say it.
        marketing: whether it is an objection to direct marketing, which needs less.

    Raises:
        UnknownRegime: as `regime`.
    """
    rules = (rule for rule in _find(code, jurisdiction).verification if rule.covers(right))
    return next((rule.need for rule in rules if marketing or not rule.marketing), "reasonable")


def free_requests(code: str, jurisdiction: str, right: Right | None = None) -> FreeRule | None:
    """How many requests within so many months cost nothing or need be answered; None where the law has no such count.

    Args:
        code: the regime.
        jurisdiction: the place.
        right: only if it counts requests for this right.

    Raises:
        UnknownRegime: as `regime`.
    """
    free = regime(code, jurisdiction).free
    return free if free is not None and (right is None or free.covers(right)) else None


def counted(code: str, jurisdiction: str, right: Right, ground: str) -> Counted | None:
    """What must have gone before for a ground of refusal, or of a fee, to hold; None where nothing need have.

    Requests are counted for the rights that the rule names, and where it names none for the same right alone: the
    reading that is kinder to the person.

    Raises:
        UnknownRegime: as `regime`.
    """
    if ground == BEYOND_FREE:
        free = free_requests(code, jurisdiction, right)
        if free is None:
            return None
        needs = Needs(answered=free.count, months=free.months)
        return Counted(rights=free.rights or (right,), needs=needs, cite=free.cite)
    found = next((one for one in refusal_grounds(code, jurisdiction, right) if one.code == ground), None)
    if found is None or found.needs is None:
        return None
    return Counted(rights=found.rights or (right,), needs=found.needs, cite=found.cite)


def hold_after_refusal(code: str, jurisdiction: str) -> HoldRule | None:
    """For how long refused information must be kept; None where the law has no such rule.

    Raises:
        UnknownRegime: as `regime`.
    """
    return regime(code, jurisdiction).hold


def kept_after_refusal(code: str, jurisdiction: str, right: Right, refused_on: date) -> date | None:
    """The last day on which refused information must be kept if nobody has taken a recourse by then.

    Args:
        code: of the regime.
        jurisdiction: whose place it is.
        right: what was refused.
        refused_on: the day of the refusal.

    Returns:
        None where the law has no such rule for the right, or names no time for the recourse.

    Raises:
        UnknownRegime: as `regime`.
    """
    rule = hold_after_refusal(code, jurisdiction)
    if rule is None or not rule.covers(right):
        return None
    if rule.days is not None:
        return add_days(refused_on, rule.days)
    limit = remedies(code, jurisdiction, right).time_limit
    if limit is None:
        return None
    count, unit = limit.split("_")
    ends = add_months(refused_on, int(count)) if unit == "months" else add_days(refused_on, int(count))
    return add_days(ends, rule.notice_days)


def records_kept(code: str, jurisdiction: str) -> tuple[RecordRule, ...]:
    """For how long requests and their answers must be kept on record at the least; empty where the law says nothing.

    Raises:
        UnknownRegime: as `regime`.
    """
    return regime(code, jurisdiction).records


def undisclosed(code: str, jurisdiction: str, right: Right) -> Mapping[SensitiveType, UndisclosedRule]:
    """The types of data that an answer to this right never gives the values of, each with the rule that says so.

    Raises:
        UnknownRegime: as `regime`.
    """
    rules = (rule for rule in regime(code, jurisdiction).undisclosed if rule.covers(right))
    return {one: rule for rule in rules for one in rule.types}
