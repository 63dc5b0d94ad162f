"""What the person is asked or told in the words of staff: a question, a fee, a delay; sealed for the letter."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from babel.numbers import format_currency
from pydantic import Field, JsonValue
from temporalio import activity

from activities import letters
from activities.clockface import dated, local_day, pause_spans
from activities.finding import DECISIONS
from activities.ledger import Tx
from activities.letter_dates import breaks_promise, confirming, expected_on
from activities.letters.wording import TOPIC, lookup
from activities.model import AskOrder
from activities.outside import AskedOutside
from activities.parts import Parts
from habeas import law
from habeas.errors import BadInput
from habeas.evidence import Tag
from habeas.model import Frozen
from habeas.policy import Policy


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
            asked = letters.QuestionFacts(
                text=await _words(tx, order), reply_by=order.reply_by, clock_waits=order.clock_waits
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
                raise BadInput("A fee needs its amount.")
            place = policy.answered_in(request.regime, request.jurisdiction)
            rule = law.fee_rule(request.regime, place, request.right)
            dates = dated(request, policy, await pause_spans(tx, request.id), order.at)
            fee = letters.FeeFacts(
                amount=format_currency(asked.amount, asked.currency, locale=request.language),
                why=await _words(tx, order),
                how_to_pay=asked.how_to_pay,
                clock_waits=order.clock_waits,
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
    async def delay(self, order: AskOrder) -> None:
        """Why the answer takes longer, and when it is expected: by staff, or as the policy promised."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            policy = self._parts.policy(request.controller)
            dates = dated(request, policy, await pause_spans(tx, request.id), order.at)
            if order.act_id:
                why, day = await _words(tx, order), order.expected_on
            else:
                why, day = promised_words(policy, request.language), expected_on(dates, local_day(policy, order.at))
            if day is None:
                raise BadInput("A delay is announced with the day on which the answer is expected.")
            name = f"delay/{order.act_id}" if order.act_id else "delay"
            told = letters.DelayFacts(why=why, expected_on=day, promised=breaks_promise(dates))
            await tx.seal(order.request_id, f"letter/{name}", told)
            facts: dict[str, JsonValue] = {"expected_on": day.isoformat(), "by_staff": order.act_id is not None}
            await tx.record(order.request_id, Tag.CLOCK_DELAY_ANNOUNCED, at=order.at, facts=facts, dedupe=name)


def promised_words(policy: Policy, language: str) -> str:
    """The reason for a delay that the policy gives where staff have given none.

    Without one there is one of ours: what a human has to do by hand is all that is told of without a promise.
    """
    if policy.promise.delay_reason is None:
        return lookup(TOPIC, language).text("delay.by_hand")
    return policy.text(policy.promise.delay_reason, language)


async def _words(tx: Tx, order: AskOrder) -> str:
    act = await tx.act(str(order.act_id))
    if act is None or act.request_id != order.request_id:
        raise BadInput("There is no such act.")
    return act.reason
