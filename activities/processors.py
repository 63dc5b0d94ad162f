"""Processors: the letter that brings a task with its link, and what they are told of it (GDPR art. 28(3))."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from activities.clockface import local_day
from activities.connectors.manual import Hands
from activities.connectors.processor import NAME, ProcessorSettings, instructed_by_mail
from activities.ledger import NoticeKind, NoticeRow, NoticeState, Tx, new_token
from activities.letters import ProcessorFacts
from activities.model import InstructionBrief
from activities.parts import Parts
from activities.task_model import Instructed, TaskBrief, TaskOrder
from habeas.connector import Manifest
from habeas.model import Request
from habeas.policy import Policy

DAY = timedelta(days=1)
SOONEST = timedelta(hours=1).total_seconds()
"""Staff are told so long after the letter at the soonest, however near the last day is."""
_INSTRUCTION: Mapping[str, str] = {
    "EU-GDPR": "GDPR 28(3)(a)",
    "EEA-GDPR": "GDPR 28(3)(a)",
    "UK-GDPR": "UK GDPR 28(3)(a)",
}
"""Where the law says that a processor acts on instructions only."""


def may_be_told(hands: Hands, brief: TaskBrief) -> ProcessorSettings | None:
    """Whoever does the task outside, where they may be told enough to know whom it is about; else staff do it."""
    settings = instructed_by_mail(hands)
    if settings is None or not (
        settings.may_know(brief.identifiers) or brief.objects or (brief.name and NAME in settings.told)
    ):
        return None
    return settings


def instructed(
    settings: ProcessorSettings, manifest: Manifest, policy: Policy, due_on: date, purposes: tuple[str, ...]
) -> Instructed:
    """What they read beside the brief."""
    titles = {one.id: policy.text(one.title, settings.letters_in) for one in policy.purposes}
    return Instructed(
        language=settings.letters_in,
        title=manifest.glossary.say(manifest.title, settings.letters_in),
        controller=policy.controller.name,
        contact=policy.controller.email,
        told=settings.told,
        purposes=tuple(titles.get(one, one) for one in purposes),
        due_on=due_on,
    )


async def instruct(
    tx: Tx,
    parts: Parts,
    request: Request,
    order: TaskOrder,
    settings: ProcessorSettings,
    *,
    due_on: date,
    remind_at: datetime,
) -> InstructionBrief:
    """Write the notice and its letter down; the same order again is the same notice, with the same link.

    Args:
        tx: the ledger.
        parts: of the installation.
        request: the task's.
        order: that opened the task.
        settings: the processor's.
        due_on: the task's last day.
        remind_at: when the answer is asked for once more.
    """
    notice_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{request.id}/notice/{NoticeKind.PROCESSOR.value}/{order.task}"))
    sealed = f"letter/notice/{notice_id}"
    if not any(row.id == notice_id for row in await tx.notices(request.id)):
        token, ends = new_token(), order.at + settings.link_days * DAY
        row = NoticeRow(
            id=notice_id,
            request_id=request.id,
            kind=NoticeKind.PROCESSOR,
            recipient=order.system,
            state=NoticeState.QUEUED,
            queued_at=order.at,
            state_at=order.at,
            reminded=0,
            acknowledged_at=None,
            acknowledged_by=None,
            occasion=order.task,
            expires_at=ends,
        )
        await tx.new_notice(row, token)
        manifest = parts.connector(order.system).manifest
        facts = ProcessorFacts(
            language=settings.letters_in,
            processor=manifest.glossary.say(manifest.title, settings.letters_in),
            phase=order.phase.value,
            by=due_on,
            link_until=local_day(parts.policy(request.controller), ends - DAY),
            provision=_INSTRUCTION.get(request.regime),
            answer_url=f"{parts.public_url}/p/{token.get_secret_value()}",
        )
        await tx.seal(request.id, sealed, facts)
    answer_after = max((remind_at - order.at).total_seconds(), SOONEST)
    escalate_after = min(settings.escalate_after_days * DAY.total_seconds(), answer_after)
    reminders = (days * DAY.total_seconds() for days in sorted(settings.remind_after_days))
    return InstructionBrief(
        id=notice_id,
        kind=NoticeKind.PROCESSOR.value,
        to=order.system,
        sealed=sealed,
        remind_after=tuple(after for after in reminders if after < escalate_after),
        escalate_after=escalate_after,
        answer_after=answer_after,
    )
