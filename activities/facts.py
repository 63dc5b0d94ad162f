"""What goes into each letter, gathered from the ledger, the law and the controller's policy.

Letters that may go out before identity is proven (acknowledgement, code, reminder, unverified, question, fee, delay,
extension, refusal, withdrawal) say nothing of what any system holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar, assert_never

from pydantic import SecretStr

from activities import letters
from activities.brief import rights_here
from activities.clockface import working_day
from activities.completions import (
    completion_access,
    completion_change,
    completion_erasure,
    kept_ended,
    refused_objection,
    titles_of,
)
from activities.finding import load_graph
from activities.ledger import Link
from activities.letter_basis import (
    Identity,
    by_establishment,
    by_policy,
    common_facts,
    correction_consents,
    extension_provision,
    extension_words,
    identity_asked,
)
from activities.letter_case import LetterCase
from activities.letter_dates import acknowledged, day_that_counts, extended, term_over
from activities.letters import Attention, Kind, LetterFacts
from activities.messages import VisitCode
from activities.model import LetterOrder
from activities.same_person import is_same_person
from activities.stated import controller_named
from habeas import law
from habeas.errors import ConfigurationError
from habeas.model import REMEDIES, Frozen, Right
from habeas.particulars import BESIDE, LANGUAGE_ASKED, Beside, LanguageAsked, Particulars

M = TypeVar("M", bound=Frozen)


_NAMES_THE_OTHER = frozenset({Kind.ACKNOWLEDGEMENT, Kind.COMPLETION_CHANGE, Kind.REFUSAL, Kind.UNVERIFIED})
"""Letters of an objection that say of its other part, where there is one, under which reference it goes."""
_FIRST = frozenset({Kind.ACKNOWLEDGEMENT, Kind.NOT_A_RIGHT})
"""The letters of which one is the first that a person gets."""


class FactsOf:
    """Makes the facts of one letter."""

    def __init__(self, case: LetterCase, link: Link | None) -> None:
        self._case = case
        self._link = link

    async def make(self, kind: Kind) -> LetterFacts:
        """The facts of this kind of letter.

        Raises:
            ConfigurationError: the letter needs something that was not ordered with it.
        """
        common, case = common_facts(self._case, kind), self._case
        if kind in _NAMES_THE_OTHER:
            common |= {"beside": await _beside(case)}
        if kind in _FIRST:
            common |= {"language_asked": await _language_asked(case)}
        match kind:
            case Kind.ACKNOWLEDGEMENT:
                return await self._acknowledgement(common)
            case Kind.VISIT_CODE:
                own = await self._own(kind, VisitCode)
                return letters.VisitCodeLetter(**common, code=SecretStr(own.code), expires_at=own.expires_at)
            case Kind.CODE | Kind.CODE_REMINDER:
                raise ConfigurationError("A code's letter is written with its code.")
            case Kind.EXTENSION:
                return await self._extension(common)
            case Kind.COMPLETION_ACCESS:
                return await completion_access(case, common, self._link)
            case Kind.COMPLETION_ERASURE:
                return await completion_erasure(case, common)
            case Kind.KEPT_ENDED:
                return await kept_ended(case, common)
            case Kind.COMPLETION_CHANGE:
                return await completion_change(case, common, await self._own(kind, letters.ChangeFacts))
            case Kind.NOTHING_FOUND:
                return await self._nothing_found(common)
            case Kind.REFUSAL:
                objected = await refused_objection(case) if case.request.right is Right.OBJECTION else {}
                return letters.Refusal(**common, **objected, grounds=(await self._ground(),))
            case Kind.WITHDRAWAL:
                confirm_by = (await case.dated()).confirm_by
                over = confirm_by is not None and case.day(case.order.at) > confirm_by
                return letters.Withdrawal(**common, unconfirmed_by=confirm_by if over else None)
            case Kind.UNVERIFIED:
                given = "code" in await case.tx.proofs(case.request.id)
                sent = await case.tx.challenge(case.request.id) is not None
                return letters.Unverified(**common, code_given=given, code_sent=sent)
            case Kind.NOT_A_RIGHT:
                return letters.NotARight(**common, offered=rights_here(case.request, case.policy))
            case Kind.STAFF_REMINDER:
                due = await self._due()
                return letters.StaffReminder(**common, **due, planned_on=working_day(due["due_on"], case.place))
            case Kind.STAFF_ALARM:
                return letters.StaffAlarm(**common, **await self._due())
            case Kind.STAFF_ATTENTION:
                order = case.order
                return letters.StaffAttention(
                    **common,
                    about=_about(order),
                    system=order.system,
                    correlation=order.correlation,
                    people=case.policy.review.erasure_approvals if case.request.right is Right.ERASURE else 1,
                )
            case (
                Kind.QUESTION
                | Kind.FEE
                | Kind.DELAY
                | Kind.PARTIAL_REFUSAL
                | Kind.CATEGORIES
                | Kind.RESTRICTION_LIFTING
                | Kind.FORWARDED
                | Kind.REMEDY_DECISION
                | Kind.RECIPIENT_NOTICE
                | Kind.RECIPIENT_REMINDER
                | Kind.FORWARD_NOTICE
                | Kind.FORWARD_REMINDER
                | Kind.PROCESSOR_NOTICE
                | Kind.PROCESSOR_REMINDER
                | Kind.STAFF_TASK
                | Kind.STAFF_TASK_REMINDER
                | Kind.STAFF_ESCALATION
                | Kind.STAFF_BOUNCE
            ):
                model, letter = letters.SEALED[kind]
                return letter(**(common | dict(await self._own(kind, model))))
            case _:
                assert_never(kind)

    async def _own(self, kind: Kind, model: type[M]) -> M:
        """The letter's own facts, as whoever caused it sealed them."""
        order = self._case.order
        if order.sealed is None:
            raise ConfigurationError(f"A letter of kind {kind} needs its own facts, sealed under a name.")
        own = await self._case.tx.unseal(order.request_id, order.sealed, model)
        if own is None:
            raise ConfigurationError(f"There is no sealed document {order.sealed} for this letter.")
        return own

    async def code(self, code: SecretStr, expires_at: datetime, closes_at: datetime | None) -> letters.CodeLetter:
        """The facts of the letter that brings a one-time code; with ``closes_at``, of one that reminds as well."""
        case, request = self._case, self._case.request
        second = await self._identity() == "both" and "attested" not in await case.tx.proofs(request.id)
        facts: dict[str, Any] = common_facts(self._case, Kind.CODE) | {
            "code": code,
            "expires_at": expires_at,
            "confirm_url": f"{self._case.public_url}/v/{request.id}?lang={request.language}",
            "second_proof": second,
            # Asking everybody for a code is no doubt about anybody: the clock stops only when staff pause it.
            "clock_waits": False,
            "term_over": term_over(await case.dated(), case.day(case.order.at)),
        }
        if closes_at is None:
            return letters.CodeLetter(**facts)
        # Who answers on that day is in time: a request that closes as a day begins names the day before.
        return letters.CodeReminder(**facts, closes_on=self._case.day(closes_at - timedelta.resolution))

    async def _identity(self) -> Identity:
        """How we make sure of the person; of a remedy only who names another person's request."""
        case = self._case
        if case.request.right in REMEDIES and await is_same_person(case.tx, case.request) is False:
            return by_policy(case.policy)
        return identity_asked(case)

    async def _acknowledgement(self, common: dict[str, Any]) -> LetterFacts:
        """Receipt, with the day that counts: said as firmly as it was promised, where it is not the law's."""
        case, request = self._case, self._case.request
        return letters.Acknowledgement(
            **common,
            **acknowledged(await case.dated(), case.policy, request.due_on),
            identity=await self._identity(),
            law_of_establishment=by_establishment(case),
            called=Particulars.of(case.subject).called,
            correction_consents=correction_consents(case),
        )

    async def _due(self) -> dict[str, Any]:
        """The day that counts now, and whether it is the promise's: the only one while the law's clock is paused."""
        row = await self._case.tx.request_row(self._case.request.id)
        dates = await self._case.dated()
        waits = row.paused and dates.confirm_by is None
        due = day_that_counts(dates, row.extended_due_on or row.due_on, waits=waits)
        if due is None:
            raise ConfigurationError("This regime sets no date to remind of.")
        return due

    async def _extension(self, common: dict[str, Any]) -> LetterFacts:
        case = self._case
        dates = extended(await case.dated(extended=False), await case.dated(extended=True))
        if dates is None:
            raise ConfigurationError("An extension letter needs both dates.")
        return letters.Extension(
            **common, **dates, grounds=(await self._ground(),), provision=extension_provision(case)
        )

    async def _ground(self) -> letters.Ground:
        """The ground with the words that staff gave, or the policy's where the clock acted by itself."""
        case, order = self._case, self._case.order
        words, controller = extension_words(case), None
        if order.act_id:
            act = await self._case.tx.act(order.act_id)
            words = act.reason if act else None
            controller = await controller_named(case.tx, case.request, case.policy, order.ground, order.act_id)
        return letters.Ground(
            code=order.ground,
            explanation=words or None,
            provision=self._provision(order.ground),
            controller=controller,
        )

    def _provision(self, ground: str | None) -> str | None:
        """Where the law names this ground of refusal."""
        request = self._case.request
        grounds = law.refusal_grounds(request.regime, self._case.place, request.right)
        return next((one.cite for one in grounds if one.code == ground), None)

    async def _nothing_found(self, common: dict[str, Any]) -> LetterFacts:
        case = self._case
        graph = await load_graph(case.tx, case.request.id)
        return letters.NothingFound(
            **common,
            systems=tuple(
                case.called.system(system) for system in case.policy.systems if system not in case.order.missing
            ),
            searched_by=tuple(sorted({one.kind for one in graph.seeds})),
            missing=case.called.missing(case.order.missing),
        )


async def _beside(case: LetterCase) -> letters.OtherPart | None:
    if case.request.right is not Right.OBJECTION:
        return None
    other = await case.tx.unseal(case.request.id, BESIDE, Beside)
    if other is None:
        return None
    return letters.OtherPart(request_id=other.request_id, about=titles_of(case, other.purposes))


async def _language_asked(case: LetterCase) -> str | None:
    """The language that the person asked for and the controller does not write, if we have words in it."""
    asked = await case.tx.unseal(case.request.id, LANGUAGE_ASKED, LanguageAsked)
    return None if asked is None or letters.missing_words((asked.language,)) else asked.language


def _about(order: LetterOrder) -> Attention:
    if order.dedupe.startswith("retention/"):
        # The request is closed: nothing of it can be retried, skipped or reviewed.
        return Attention.KEPT_STOPPED
    if order.system and order.code not in set(Attention):
        return Attention.BLOCKED_SYSTEM
    return Attention(order.code or Attention.REVIEW)
