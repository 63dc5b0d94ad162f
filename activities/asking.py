"""What the person is asked or told in the words of staff: a question, a fee, a delay; sealed for the letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from babel.numbers import format_currency
from pydantic import Field, JsonValue
from temporalio import activity

from activities import letters
from activities.clockface import Dated, dated, local_day, pause_spans, working_day
from activities.finding import DECISIONS
from activities.ledger import RequestRow, TaskFilter, Tx
from activities.letter_dates import confirming, day_told, term_over
from activities.letters.own import Waits
from activities.model import AskOrder, DelayReport
from activities.naming import Naming
from activities.outside import AskedOutside
from activities.parts import Parts
from activities.proofs import proof_lacking
from activities.task_model import TaskPhase
from habeas import law
from habeas.errors import BadInput
from habeas.evidence import Tag
from habeas.model import Frozen, Request, Stage
from habeas.policy import Policy
from habeas.policy.sections import Proof

_WAITS_IN: Mapping[Stage, Waits] = {
    Stage.VERIFYING: "proof",
    Stage.CLARIFYING: "review",
    Stage.REVIEWING: "review",
}


class FeeAsked(Frozen):
    """What staff ask, sealed with their act."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    amount: Decimal = Field(gt=0, max_digits=9, decimal_places=2)
    how_to_pay: str | None = Field(default=None, max_length=1000, repr=False)
    outside: AskedOutside | None = Field(default=None, repr=False)
    """Requests that came in outside of Habeas, where the fee is for more than are free."""


class AskingActivities:
    """Steps in our own ledger."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="ask_question")
    async def ask(self, order: AskOrder) -> None:
        """A question to the person."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            policy = self._parts.policy(request.controller)
            dates = dated(request, policy, await pause_spans(tx, request.id), order.at)
            asked = letters.QuestionFacts(
                text=await _words(tx, order),
                reply_by=order.reply_by,
                clock_waits=order.clock_waits,
                term_over=term_over(dates, local_day(policy, order.at)),
            )
            await tx.seal(order.request_id, f"letter/question/{order.act_id}", asked)
            facts: dict[str, JsonValue] = {"act": order.act_id, "clock_waits": order.clock_waits}
            if order.reply_by:
                facts["reply_by"] = order.reply_by.isoformat()
            await tx.record(
                order.request_id, Tag.QUESTION_ASKED, at=order.at, facts=facts, dedupe=f"asked/{order.act_id}"
            )

    @activity.defn(name="ask_fee")
    async def charge(self, order: AskOrder) -> None:
        """A fee, which the law lets the controller ask here."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            policy = self._parts.policy(request.controller)
            asked = await tx.unseal(order.request_id, f"{DECISIONS}{order.act_id}", FeeAsked)
            if asked is None:
                raise BadInput("A fee needs its amount.", field="amount")
            place = policy.answered_in(request.regime, request.jurisdiction)
            rule = law.fee_rule(request.regime, place, request.right)
            dates = dated(request, policy, await pause_spans(tx, request.id), order.at)
            fee = letters.FeeFacts(
                amount=format_currency(asked.amount, asked.currency, locale=request.language),
                why=await _words(tx, order),
                how_to_pay=asked.how_to_pay,
                clock_waits=order.clock_waits,
                term_over=term_over(dates, local_day(policy, order.at)),
                confirming=confirming(dates, request, policy),
                provision=rule.cite,
            )
            await tx.seal(order.request_id, f"letter/fee/{order.act_id}", fee)
            facts: dict[str, JsonValue] = {
                "act": order.act_id,
                "clock_waits": order.clock_waits,
                "ground": order.ground,
                "citation": rule.cite,
            }
            await tx.record(order.request_id, Tag.FEE_ASKED, at=order.at, facts=facts, dedupe=f"fee/{order.act_id}")

    @activity.defn(name="announce_delay")
    async def delay(self, order: AskOrder) -> DelayReport:
        """Why the answer takes longer, and when it is expected: in words of staff, or what is known without them."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            policy = self._parts.policy(request.controller)
            dates = dated(request, policy, await pause_spans(tx, request.id), order.at)
            said = await _by_staff(tx, order) if order.act_id else await self._known(tx, policy, order, dates)
            told = said.model_copy(update={"promised": dates.promise_counts})
            name = delay_name(order)
            await tx.seal(order.request_id, f"letter/{name}", told)
            what = "told_again_by" if told.day == "again" else "expected_on"
            facts: dict[str, JsonValue] = {what: told.expected_on.isoformat(), "by_staff": order.act_id is not None}
            await tx.record(order.request_id, Tag.CLOCK_DELAY_ANNOUNCED, at=order.at, facts=facts, dedupe=name)
        return _report(policy, request, dates, told.expected_on, order.at)

    async def _known(self, tx: Tx, policy: Policy, order: AskOrder, dates: Dated) -> letters.DelayFacts:
        """What the request waits for; and the law's last day, where it is still to come.

        No other day is known. A longer term counts once its extension was announced (GDPR art. 12(3)), and not before.
        """
        row = await tx.request_row(order.request_id)
        tasks = await tx.tasks(TaskFilter(request_id=order.request_id))
        by_hand = {task.system for task in tasks if task.phase == TaskPhase.ERASE.value}
        waited_for = [name for name in row.blocked_on if name in policy.systems and name not in by_hand]
        called = Naming.of(policy, self._parts.connectors, row.language)
        known = _known(row, systems=bool(waited_for), by_hand=bool(by_hand))
        if known == "proof":
            lacking = await proof_lacking(tx, await tx.request(order.request_id), policy)
            known = "word" if lacking is Proof.ATTESTATION else known
        return letters.DelayFacts(
            known=known,
            systems=tuple(called.system(name) for name in waited_for),
            again=order.again > 0,
            **day_told(dates, local_day(policy, order.at)),
        )


def _known(row: RequestRow, *, systems: bool, by_hand: bool) -> Waits:
    """What a request waits for first."""
    if systems or by_hand:
        return "systems" if systems else "by_hand"
    return "answer" if row.paused else _WAITS_IN.get(row.stage, "work")


def delay_name(order: AskOrder) -> str:
    """What the letter of one delay is called: staff's, the clock's first, or one of its later ones."""
    if order.act_id:
        return f"delay/{order.act_id}"
    return f"delay/again/{order.again}" if order.again else "delay"


async def _by_staff(tx: Tx, order: AskOrder) -> letters.DelayFacts:
    if order.expected_on is None:
        raise BadInput("A delay is announced with the day on which the answer is expected.", field="expected_on")
    return letters.DelayFacts(why=await _words(tx, order), expected_on=order.expected_on)


def _report(policy: Policy, request: Request, dates: Dated, expected_on: date, at: datetime) -> DelayReport:
    """Staff hear of the day that was named as long before it as of a promised one, and on a day on which they work."""
    planned = working_day(expected_on, policy.answered_in(request.regime, request.jurisdiction))
    warn_at = dates.deadlines.end_of(planned) - timedelta(days=max(policy.promise.delay_days_before, 1))
    return DelayReport(expected_at=dates.deadlines.end_of(expected_on), warn_at=warn_at if warn_at > at else None)


async def _words(tx: Tx, order: AskOrder) -> str:
    act = await tx.act(str(order.act_id))
    if act is None or act.request_id != order.request_id:
        raise BadInput("There is no such act.", field="act")
    return act.reason
