"""A made-up letter as one controller would send it: what the law and its policy say of it is made as for a real one."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from activities.brief import rights_here
from activities.clockface import PauseSpan, dated, local_day, working_day
from activities.letter_basis import (
    by_establishment,
    common_facts,
    correction_consents,
    extension_provision,
    extension_words,
    identity_asked,
)
from activities.letter_case import LetterBasis
from activities.letter_dates import acknowledged, confirming, day_that_counts, day_told, extended
from activities.letters import Extension, Kind, LetterFacts
from activities.lifting import NOTICE
from activities.model import LetterOrder
from habeas import law
from habeas.errors import UnknownRegime
from habeas.model import Identifier, PauseReason, Request, Subject
from habeas.policy import Policy
from habeas.policy.sections import Recipient

__all__ = ["as_sent_by"]

_AT_ONCE = frozenset({Kind.ACKNOWLEDGEMENT, Kind.CODE, Kind.VISIT_CODE, Kind.NOT_A_RIGHT})
"""Letters that go out on the day of receipt."""
_USUAL_DAYS: int = Recipient.model_fields["escalate_after_days"].default
"""How long a recipient has where the policy says nothing of it."""
_SOME_MORE = timedelta(days=30)
"""Where neither law nor policy says until when a term is extended: staff name a day."""
_MADE_UP = frozenset({"request_id", "person_name", "scope", "only", "desk_url", "stage", "blocked_on"})
"""Common facts that stay the sample's own."""


def as_sent_by(policy: Policy, facts: LetterFacts, jurisdiction: str, language: str) -> LetterFacts:
    """The same letter, with all that follows from this policy: dates, promises, reasons, remedies.

    Args:
        policy: the controller's.
        facts: made up, under the law of the place where the controller answers.
        jurisdiction: where the person lives.
        language: of the letter.

    Raises:
        UnknownRegime: the regime is not the law of that place.
    """
    preview = _Preview(policy, facts, jurisdiction, language)
    basis = preview.basis()
    common = {name: fact for name, fact in common_facts(basis, facts.kind).items() if name not in _MADE_UP}
    if "authorities" in common and not common["authorities"]:
        del common["authorities"]
    return facts.model_copy(update=common | preview.own(basis))


class _Preview:
    """One request that nobody made, received at noon of the sample's day."""

    def __init__(self, policy: Policy, facts: LetterFacts, jurisdiction: str, language: str) -> None:
        self._policy, self._facts, self._noon = policy, facts, time(12, tzinfo=ZoneInfo(policy.controller.clock_tz))
        self._request = Request(
            id=facts.request_id,
            controller=policy.id,
            right=facts.right,
            regime=facts.regime,
            jurisdiction=jurisdiction,
            language=language,
            received_at=datetime.combine(facts.received_on, self._noon),
        )
        self._dates = dated(self._request, policy, (), self._request.received_at)

    def basis(self) -> LetterBasis:
        """What the letter is written from."""
        kind, at = self._facts.kind, datetime.combine(self._written_on(), self._noon)
        return LetterBasis(
            request=self._request,
            subject=Subject(identifiers=(Identifier(kind="email", value="alex@person.example"),)),
            policy=self._policy,
            order=LetterOrder(request_id=self._request.id, at=at, kind=kind.value, dedupe="preview"),
            public_url="",
        )

    def _written_on(self) -> date:
        """The day on which the engine would write it; the sample's where that is up to staff or the systems."""
        facts, face = self._facts, self._dates.face
        if facts.kind in _AT_ONCE:
            return facts.received_on
        if facts.kind is Kind.STAFF_REMINDER and face.remind_at:
            return local_day(self._policy, face.remind_at[0])
        if facts.kind is Kind.STAFF_ALARM and face.due_on:
            return face.due_on + timedelta(days=1)
        if facts.kind is Kind.DELAY:
            return self._delay_told_on()
        if facts.kind is Kind.EXTENSION and face.extend_at:
            return local_day(self._policy, face.extend_at)
        return facts.today

    def _delay_told_on(self) -> date:
        """As the policy promises; else before the promised day, or once the law's term is over."""
        if self._dates.face.delay_at:
            return local_day(self._policy, self._dates.face.delay_at)
        due_on = self._dates.face.due_on
        if due_on is None or self._dates.promise_counts:
            return self._facts.received_on + timedelta(days=1)
        return due_on + timedelta(days=1)

    def own(self, basis: LetterBasis) -> dict[str, Any]:
        """The facts of this kind of letter that law and policy give."""
        today, at = basis.day(basis.order.at), basis.order.at
        match self._facts.kind:
            case Kind.ACKNOWLEDGEMENT:
                told: dict[str, Any] = {"identity": identity_asked(basis)}
                with suppress(UnknownRegime):  # a law that the policy does not list
                    told["law_of_establishment"] = by_establishment(basis)
                    told["correction_consents"] = correction_consents(basis)
                return told | acknowledged(self._dates, self._policy, self._dates.face.due_on)
            case Kind.CODE | Kind.CODE_REMINDER | Kind.VISIT_CODE:
                return self._code(basis)
            case Kind.UNVERIFIED:
                return {"code_sent": identity_asked(basis) in {"code", "both"}}
            case Kind.EXTENSION:
                return self._extension(basis)
            case Kind.DELAY:
                told = day_told(self._dates, today) | {"promised": self._dates.promise_counts}
                if self._policy.promise.delay_notice:
                    return told | {"why": None, "known": "review"}
                return told | {"day": "expected"}
            case Kind.FEE:
                asked = PauseSpan(reason=PauseReason.FEE, start=today, end=None)
                dates = dated(self._request, self._policy, (asked,), at)
                return {"confirming": confirming(dates, self._request, self._policy)}
            case Kind.NOT_A_RIGHT:
                return {"offered": rights_here(self._request, self._policy)}
            case Kind.COMPLETION_ACCESS:
                return {"link_expires_at": basis.link_ends()}
            case Kind.STAFF_REMINDER | Kind.STAFF_ALARM:
                return self._due(basis)
            case Kind.RECIPIENT_NOTICE | Kind.RECIPIENT_REMINDER:
                return self._recipient(today)
            case Kind.FORWARD_NOTICE | Kind.FORWARD_REMINDER:
                return {"by": today + timedelta(days=_USUAL_DAYS)}
            case Kind.RESTRICTION_LIFTING:
                return {"lifts_on": today + NOTICE}
            case _:
                return {}

    def _code(self, basis: LetterBasis) -> dict[str, Any]:
        identity, at = self._policy.identity, basis.order.at
        told: dict[str, Any] = {"expires_at": at + timedelta(minutes=identity.code_minutes)}
        if self._facts.kind is not Kind.VISIT_CODE:
            told["second_proof"] = identity_asked(basis) == "both"
        if self._facts.kind is Kind.CODE_REMINDER:
            closes = self._request.received_at + timedelta(days=identity.expires_after_days) - timedelta.resolution
            told["closes_on"] = local_day(self._policy, closes)
        return told

    def _extension(self, basis: LetterBasis) -> dict[str, Any]:
        facts, clock = self._facts, self._policy.clock
        if not isinstance(facts, Extension):
            return {}
        ground = facts.grounds[0]
        if clock.extend_ground in self._dates.face.extension_grounds:
            ground = ground.model_copy(update={"code": clock.extend_ground})
        words = extension_words(basis)
        told = {"grounds": (ground.model_copy(update={"explanation": words}),)} if words else {"grounds": (ground,)}
        longer = self._request.model_copy(update={"extended": True, "extended_until": self._until(basis, ground.code)})
        after = dated(longer, self._policy, (), basis.order.at)
        return (extended(self._dates, after) or {}) | told | {"provision": extension_provision(basis)}

    def _until(self, basis: LetterBasis, ground: str | None) -> date | None:
        """The day that the notice names where the law sets none."""
        request, due_on = self._request, self._dates.deadlines.due_on
        if due_on is None or not law.extension_ends_as_told(request.regime, request.right, ground, basis.place):
            return None
        return due_on + timedelta(days=self._policy.clock.extend_open_days or _SOME_MORE.days)

    def _recipient(self, today: date) -> dict[str, Any]:
        """The first that the policy tells, and until when it has time; a made-up one where it tells nobody."""
        told = next((one for one in self._policy.recipients if one.email), None)
        if told is None:
            return {"by": today + timedelta(days=_USUAL_DAYS)}
        name = self._policy.said(told.name, self._request.language)
        return {"recipient": name, "by": today + timedelta(days=told.escalate_after_days)}

    def _due(self, basis: LetterBasis) -> dict[str, Any]:
        due = day_that_counts(self._dates, self._dates.face.due_on, waits=False)
        if due is None:
            return {}
        planned = {"planned_on": working_day(due["due_on"], basis.place)}
        return due | (planned if self._facts.kind is Kind.STAFF_REMINDER else {})
