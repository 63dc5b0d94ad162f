"""What in a policy has no effect, or none yet, or may not be meant so: worth a word to whoever keeps it.

It is no reason to refuse the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from habeas import law
from habeas.law.data import NoNumber, Regime, Span
from habeas.law.library import fits
from habeas.law.places import country_of
from habeas.model import CHANGING, REMEDIES, PauseReason, Right
from habeas.policy.lawful import SHORTEST_MONTH
from habeas.policy.model import Policy
from habeas.policy.raw import Path, Problem
from habeas.policy.sections import Proof, RecipientRole

_EEA, _UK = ("EU-GDPR", "EEA-GDPR"), "UK-GDPR"
"""Laws that want it told what protects data that leaves; the EEA and the United Kingdom find each other adequate."""
_LONGEST_MONTH = 31
_NEAR_HOURS = 1
_LONGEST_WORKING_DAYS = 3
"""Calendar days to one working day at the very most (New Zealand's 20 over Christmas are some 50)."""
_LONGEST_ROLL = 7


def advice(policy: Policy, today: date) -> tuple[Problem, ...]:
    """Everything of that kind in a policy that can be used.

    Args:
        policy: one controller's.
        today: laws that begin later are named with their day.
    """
    laws = (
        *_lawless(policy),
        *_targets(policy),
        *_clock(policy),
        *_calendars(policy),
        *_not_yet(policy, today),
        *_displaced(policy),
    )
    return (*laws, *_promise(policy), *_reminders(policy), *_proof(policy), *_ways_in(policy), *_transfers(policy))


def _lawless(policy: Policy) -> Iterator[Problem]:
    """An establishment where no law is known: nothing answers people of places that no regime is listed for."""
    if policy.home is None:
        home = policy.controller.establishment
        message = f"no law of {home} is known, so that requests from places that no regime lists are not opened"
        yield Problem(("controller", "establishment"), message, "list every place whose people are to be answered")


def _targets(policy: Policy) -> Iterator[Problem]:
    """A target is for rights whose answer has no day by law."""
    for n, entry in enumerate(policy.regimes):
        if entry.target_days is None:
            continue
        clocks = [clock for place in entry.jurisdictions for clock in law.regime(entry.code, place).clocks]
        if policy.promise.days or not any(isinstance(clock.term, NoNumber) for clock in clocks):
            why = (
                "a day is promised for every answer" if policy.promise.days else f"every term of {entry.code} has a day"
            )
            yield Problem(("regimes", n, "target_days"), f"{why}, so that none is aimed at", "remove it")


def _clock(policy: Policy) -> Iterator[Problem]:
    """The day of receipt and the end of the last day are those of the office that answers."""
    home, tz = policy.controller.establishment, policy.controller.clock_tz
    apart = law.hours_apart(home, tz)
    if apart is not None and apart > _NEAR_HOURS:
        message = f"the clock of {tz} is {apart:g} hours from that of {home}, and its days count"
        yield Problem(("controller", "clock_tz"), message, "correct it, unless requests are answered elsewhere")


def _calendars(policy: Policy) -> Iterator[Problem]:
    """Holidays are those of the place from which the answer comes (Regulation 1182/71, art. 2(1))."""
    home = policy.controller.establishment
    for n, entry in enumerate(policy.regimes):
        elsewhere = entry.calendar_elsewhere(home)
        if elsewhere and fits(law.regimes()[entry.code], home):
            message = f"the terms of {entry.code} are counted with the holidays of {elsewhere}, not of {home}"
            yield Problem(("regimes", n, "calendar"), message, f'"{home}", unless requests are answered in {elsewhere}')


def _displaced(policy: Policy) -> Iterator[Problem]:
    """Where a law is listed for a place whose own law may apply instead."""
    listed: dict[Path, tuple[str, str]] = {
        ("regimes", n, "jurisdictions", m): (entry.code, place)
        for n, entry in enumerate(policy.regimes)
        for m, place in enumerate(entry.jurisdictions)
    }
    home = policy.controller.establishment
    if all(place != home for _, place in listed.values()) and policy.home:
        listed["controller", "establishment"] = (policy.home.regime, home)
    for at, (code, place) in listed.items():
        if (instead := law.regime(code, place).displaced.get(place)) is not None:
            message = f"whether {code} applies in {place} is not certain: {instead.text} ({instead.cite})"
            other = f"list {place} under {instead.regime}" if instead.regime else "have counsel confirm it"
            yield Problem(at, message, f"{other}, or nothing, if it does apply")


def _not_yet(policy: Policy, today: date) -> Iterator[Problem]:
    for n, entry in enumerate(policy.regimes):
        for m, place in enumerate(entry.jurisdictions):
            if law.rights(entry.code, place, today):
                continue
            at: Path = ("regimes", n, "jurisdictions", m)
            said = f"the law of {place} gives its rights from {_opens(entry.code, place).isoformat()} on"
            yield Problem(at, f"{said}; {_until_then(policy, entry.code, place, today)}", "nothing, if that is meant")


def _opens(code: str, place: str) -> date:
    regime = law.regime(code, place)
    return max(regime.in_force, min(clock.since or regime.in_force for clock in regime.clocks if clock.given))


def _until_then(policy: Policy, code: str, place: str, today: date) -> str:
    answering = {policy.applicable(place, right, today).regime for right in Right} - {code}
    if answering:
        return f"until then {', '.join(sorted(answering))} answers, the law of the establishment"
    if law.regime(code, place).in_force > today:
        return "until then requests from there are refused as they are opened"
    return "until then no term of it runs"


def _promise(policy: Policy) -> Iterator[Problem]:
    promise = policy.promise
    for name in ("delay_days_before", "delay_ask_days_before"):
        if name in promise.model_fields_set and not promise.delay_notice:
            message = "no notice of a delay is promised that it could be for"
            yield Problem(("promise", name), message, "add delay_notice = true, or remove it")
    if promise.days is None:
        if "strength" in promise.model_fields_set:
            message = "no number of days is promised that it could be the strength of"
            yield Problem(("promise", "strength"), message, "add days, or remove it")
        return
    longest = max(_lengths(policy), default=None)
    if longest is not None and promise.days > longest:
        message = (
            f"{promise.days} days are longer than every term of the laws here ({longest} at most): it shortens none"
        )
        yield Problem(("promise", "days"), message, "correct the number, or remove it")


def _reminders(policy: Policy) -> Iterator[Problem]:
    """A reminder that would ring before any request that it could be of has come in."""
    longest = max(_lengths(policy), default=None)
    if longest is None or "remind_days_before" not in policy.clock.model_fields_set:
        return
    longest = min(longest, policy.promise.days or longest)
    for n, days in enumerate(policy.clock.remind_days_before):
        if days >= longest:
            message = f"{days} days before the answer is due no request has come in yet: the longest term is {longest}"
            yield Problem(("clock", "remind_days_before", n), message, f"below {longest}, or remove it")


def _lengths(policy: Policy) -> Iterator[int]:
    """Of every term that has a number here: how many calendar days it can have at most, unextended."""
    for entry in policy.regimes:
        for place in entry.jurisdictions:
            for clock in law.regime(entry.code, place).clocks:
                if isinstance(term := clock.term, Span):
                    days = term.days or (term.months or 0) * _LONGEST_MONTH
                    days += (term.working_days or 0) * _LONGEST_WORKING_DAYS
                    yield days + (_LONGEST_ROLL if clock.roll else 0)


def _proof(policy: Policy) -> Iterator[Problem]:
    """A wait for proof that outlasts the answer's term: cut short where the clock runs on, else late unless stopped."""
    days, at = policy.identity.expires_after_days, ("identity", "expires_after_days")
    short: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for law_of, right, least in _proven(policy):
        stops = PauseReason.IDENTITY in law.pauses_allowed(law_of, right)
        least = least if stops else min(least, policy.promise.days or least)
        if days >= least:
            short[stops][law_of.called] = min(least, short[stops].get(law_of.called, least))
    for stops, found in short.items():
        if not found:
            continue
        named = ", ".join(f"{name} ({least})" for name, least in sorted(found.items()))
        then = (
            "unless staff stop the clock meanwhile, the person is not answered in time"
            if stops
            else "there the wait ends as the last day to answer begins, and the person is told so"
        )
        message = f"{days} days outlast the shortest term of {named}: {then}"
        yield Problem(at, message, f"below {min(found.values())}, or nothing, if that is meant")


def _proven(policy: Policy) -> Iterator[tuple[Regime, Right, int]]:
    """Of every right that a law gives and that needs proof here: the fewest calendar days of its term, if any."""
    said = policy.identity.rights
    for entry in policy.regimes if policy.identity.required else ():
        for place in entry.jurisdictions:
            law_of = law.regime(entry.code, place).read_as(entry.options)
            for clock in law_of.clocks:
                if not (clock.given and isinstance(term := clock.term, Span)):
                    continue
                least = (term.days or 0) + (term.months or 0) * SHORTEST_MONTH + (term.working_days or 0) * 7 // 5
                for right in set(clock.rights) - REMEDIES:
                    unproven = right in CHANGING and law.verification(law_of, right, place) == "none"
                    if said.get(right, Proof.NONE if unproven else None) is not Proof.NONE:
                        yield law_of, right, least


def _ways_in(policy: Policy) -> Iterator[Problem]:
    if not policy.channels:
        message = "no way in is named, so that nobody can tell whether a request came in by one"
        yield Problem(("channels",), message, 'add a [[channels]], such as kind = "email" with its address in to')


def _transfers(policy: Policy) -> Iterator[Problem]:
    """Whoever gets data in a country outside, and nothing says what protects it there (GDPR art. 15(2))."""
    if {entry.code for entry in policy.regimes}.isdisjoint({*_EEA, _UK}):
        return
    inside = {place for code in (*_EEA, _UK) for place in law.regimes()[code].places}
    inside.add(country_of(policy.controller.establishment))
    for n, one in enumerate(policy.recipients):
        if one.country not in inside and one.role is not RecipientRole.SOURCE and one.safeguards is None:
            message = f"{one.id!r} gets data in {one.country}, and a copy could not say under which safeguards"
            remedy = (
                "add safeguards: the clauses, or the decision that the country is adequate (GDPR art. 15(2), 45, 46)"
            )
            yield Problem(("recipients", n), message, remedy)
