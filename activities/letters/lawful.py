"""What the law itself puts into made-up letters: dates counted from a receipt, grounds, articles, fees, duties."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from babel.numbers import format_currency, get_territory_currencies

from activities.letters.exists import SOME_DAYS, TOLD_ON
from activities.letters.own import Confirming
from activities.letters.parts import Ground, Kind
from activities.letters.stays import RefusedPart
from habeas import law
from habeas.law.case import Deadlines
from habeas.law.places import zone
from habeas.model import COPIES, REMEDIES, PauseReason, Right

__all__ = ["LOOKED_AT", "Lawful"]

_RECEIVED = date(2026, 3, 2)
"""A Monday; later where the law is not in force before."""
_MORE = timedelta(days=30)
"""Where the law names no last day of an extended term: staff name one."""
_ASKED = (PauseReason.CLARIFICATION, PauseReason.IDENTITY, PauseReason.PARTICULARS)
_AMOUNT = 20
LOOKED_AT = timedelta(days=8)
"""When a made-up letter is written, after the receipt."""
_USUAL: Mapping[Right, str] = {
    Right.ERASURE: "legal_obligation",
    Right.RECTIFICATION: "accurate",
    Right.RESTRICTION: "conditions_not_met",
    Right.OBJECTION: "compelling_grounds",
    Right.WITHDRAW_CONSENT: "not_based_on_consent",
    Right.OPT_OUT_SALE: "fraud",
    Right.LIMIT_SENSITIVE: "fraud",
}
"""On which ground each right is refused in the example."""
_COPIES = "This is the fourth copy of the same data within a year."
_WORK = "Finding and copying all of it takes much work."


@dataclass(frozen=True)
class Lawful:
    """One law at one place, for one right."""

    regime: str
    place: str
    right: Right
    language: str = "en"
    promised: Collection[Right] = ()
    """Rights that the controller gives beyond the law."""

    received: date | None = None
    promised_days: int | None = SOME_DAYS

    @cached_property
    def received_on(self) -> date:
        """The day of receipt, else one that the law covers."""
        if self.received:
            return self.received
        found = law.regime(self.regime, self.place)
        clock = found.clock(self.right)
        return max(_RECEIVED, found.in_force, (clock.since if clock else None) or _RECEIVED)

    @cached_property
    def deadlines(self) -> Deadlines:
        """The dates of a request received then, its term extended where that can be."""
        return self._dates(extended=law.extension_allowed(self.regime, self.right, self.place))

    def _dates(self, *, extended: bool = False, pauses: tuple[law.Pause, ...] = ()) -> Deadlines:
        noon = datetime.combine(self.received_on, time(12), zone(law.default_clock_tz(self.place)))
        case = law.Case(
            regime=self.regime,
            jurisdiction=self.place,
            right=self.right,
            received_at=noon,
            extended=extended,
            pauses=pauses,
        )
        return law.compute(case)

    def facts(self, kind: Kind) -> dict[str, Any]:
        """What a letter of this kind has of the law; where the law has no such letter, as much as there is."""
        due = self.deadlines.due_on
        match kind:
            case Kind.ACKNOWLEDGEMENT:
                return {"due_on": due, "identity": self._identity()}
            case Kind.EXTENSION:
                return self._extension(due or self.received_on + _MORE)
            case Kind.REFUSAL:
                ground = self._ground(_USUAL.get(self.right, "excessive"))
                return {"grounds": (Ground(code=ground.code, provision=ground.cite),)} if ground else {}
            case Kind.PARTIAL_REFUSAL | Kind.COMPLETION_ACCESS:
                return {"refused": self._refused()}
            case Kind.FEE:
                return self._fee()
            case Kind.QUESTION:
                waits = law.pauses_allowed(self.regime, self.right, self.place)
                return {"clock_waits": any(reason in waits for reason in _ASKED)}
            case Kind.NOT_A_RIGHT:
                offered = law.rights(self.regime, self.place) | frozenset(self.promised)
                return {"offered": tuple(each for each in Right if each in offered and each not in REMEDIES)}
            case Kind.DELAY:
                return self._delay(due)
            case Kind.COMPLETION_ERASURE | Kind.COMPLETION_CHANGE:
                told = self.right in TOLD_ON and self._duty is not None
                return {} if told else {"recipients_told": None, "recipients_not_told": ()}
            case Kind.RECIPIENT_NOTICE | Kind.RECIPIENT_REMINDER:
                return {"provision": self._duty.cite if self._duty else None}
            case Kind.STAFF_REMINDER | Kind.STAFF_ALARM:
                late = {"today": due + timedelta(days=1)} if due and kind is Kind.STAFF_ALARM else {}
                return {"due_on": due} | late if due else {}
            case _:
                return {}

    @property
    def offers(self) -> tuple[Right, ...]:
        """What a denial offers instead, by whoever does what it would stop."""
        rule = law.denial(self.regime, self.place, self.right)
        return rule.offers if rule else ()

    @cached_property
    def _duty(self) -> law.Duty | None:
        return law.recipients_duty(self.regime, self.place, self.right)

    def _identity(self) -> str:
        none = self.right in REMEDIES or law.verification(self.regime, self.right, self.place) == "none"
        return "none" if none else "code"

    def _delay(self, law_on: date | None) -> dict[str, Any]:
        """A promised day that is missed within the law's term, else that term when it is over."""
        promised = self.received_on + timedelta(days=self.promised_days) if self.promised_days else None
        if promised and (law_on is None or promised < law_on):
            return {"expected_on": law_on or promised + _MORE}
        today = (law_on or self.received_on) + timedelta(days=1)
        broken = promised is not None and promised == law_on
        return {"today": today, "expected_on": today + timedelta(weeks=1), "promised": broken}

    def _extension(self, due: date) -> dict[str, Any]:
        clock = law.regime(self.regime, self.place).clock(self.right)
        dates = {"due_on": due, "new_due_on": self.deadlines.extended_due_on or due + _MORE}
        if clock is None or clock.extension is None:
            return dates | {"grounds": (Ground(code="complexity"),)}
        first = Ground(code=clock.extension.grounds[0])
        return dates | {"grounds": (first,), "provision": clock.extension.cite}

    def _ground(self, usual: str) -> law.Ground | None:
        grounds = law.refusal_grounds(self.regime, self.place, self.right)
        return next((one for one in grounds if one.code == usual), next(iter(grounds), None))

    def _refused(self) -> tuple[RefusedPart, ...]:
        ground = self._ground("rights_of_others" if self.right in COPIES else "legal_claims")
        return (RefusedPart(what="Notes", ground=ground.code, provision=ground.cite),) if ground else ()

    def _fee(self) -> dict[str, Any]:
        rule = law.fee_rule(self.regime, self.place, self.right)
        country = self.place.partition("-")[0]
        currency = rule.most.split()[0] if rule.most else get_territory_currencies(country)[0]
        amount = format_currency(_AMOUNT, currency, locale=self.language.replace("-", "_"))
        days = law.reflection_days(self.regime, self.right, PauseReason.FEE, self.place)
        again = "further_copies" in rule.also and self.right is Right.ACCESS
        return {
            # A currency's code stands apart from the number: DKK 20.00.
            "amount": re.sub(r"(?<=[A-Z])(?=\d)", "\N{NO-BREAK SPACE}", amount),
            "why": _COPIES if again else _WORK,
            "clock_waits": days is None and PauseReason.FEE in law.pauses_allowed(self.regime, self.right, self.place),
            "confirming": self._confirming(days) if days else None,
            "provision": rule.cite,
        }

    def _confirming(self, days: int) -> Confirming:
        today = self.received_on + LOOKED_AT
        asked = law.Pause(start=today, end=today, reason=PauseReason.FEE)
        dates = self._dates(pauses=(asked,))
        return Confirming(
            days=days, by=today + timedelta(days=days), starts_on=dates.started_on, due_on=dates.effective_due_on
        )
