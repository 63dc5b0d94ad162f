"""Letters to staff: short, in English, and without anything about the person (they land in shared mailboxes)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from activities.letters.blocks import Block, Draft
from activities.letters.facts import StaffAlarm, StaffAttention, StaffReminder
from activities.letters.parts import Attention
from activities.letters.sealed import StaffBounce, StaffEscalation, StaffTask, StaffTaskReminder
from activities.letters.wording import Words

__all__ = ["StaffLetter", "compose_staff"]

StaffLetter = StaffReminder | StaffAlarm | StaffAttention | StaffTask | StaffEscalation | StaffBounce


def compose_staff(facts: StaffLetter, words: Words) -> Draft:
    """The letter's blocks, in order."""
    return Draft(
        subject=_subject(facts, words),
        greeting=words.text("staff.greeting"),
        blocks=(*_body(facts, words), *_where(facts, words)),
    )


def _subject(facts: StaffLetter, words: Words) -> str:
    match facts:
        case StaffReminder():
            days = (facts.due_on - facts.today).days
            return words.counted("staff_reminder.subject", days, id=facts.request_id)
        case StaffAlarm():
            return words.text(f"staff_alarm.{'target_subject' if facts.target else 'subject'}", id=facts.request_id)
        case StaffAttention():
            about = words.text(f"staff_attention.{facts.about.value}.subject")
            return words.text("staff_attention.subject", id=facts.request_id, about=about)
        case StaffEscalation(task=str()):
            return words.text("staff_escalation.processor_subject", id=facts.request_id)
        case StaffTask() | StaffEscalation() | StaffBounce():
            return words.text(f"{facts.kind.value}.subject", id=facts.request_id)
        case _:
            assert_never(facts)


def _body(facts: StaffLetter, words: Words) -> Iterable[Block]:
    match facts:
        case StaffReminder():
            days = (facts.due_on - facts.today).days
            lead = words.counted(
                f"staff_reminder.{'target' if facts.target else 'lead'}", days, date=words.date(facts.due_on)
            )
            yield Block(kind="paragraph", text=lead)
            if facts.planned_on and facts.planned_on != facts.due_on:
                planned = words.text("staff_reminder.planned", date=words.date(facts.planned_on))
                yield Block(kind="paragraph", text=planned)
            if facts.promised:
                yield Block(kind="paragraph", text=words.text("staff_reminder.promised"))
        case StaffAlarm():
            days = (facts.today - facts.due_on).days
            broken = "target" if facts.target else "promised" if facts.promised else "lead"
            lead = words.counted(f"staff_alarm.{broken}", days, date=words.date(facts.due_on))
            yield Block(kind="paragraph", text=lead)
            todo = words.text(f"staff_alarm.{'target_todo' if facts.target else 'todo'}")
            yield Block(kind="paragraph", text=todo)
        case StaffAttention():
            system = facts.system or words.text("staff.some_system")
            told = [
                words.text(f"staff_attention.{facts.about.value}.{part}", system=system) for part in ("what", "todo")
            ]
            if facts.about is Attention.REVIEW and facts.people > 1:
                told[-1] = f"{told[-1]} {words.text('staff_attention.review.people', n=facts.people)}"
            yield from (Block(kind="paragraph", text=text) for text in told)
        case StaffTask():
            yield from _task(facts, words)
        case StaffEscalation():
            yield from _escalation(facts, words)
        case StaffBounce():
            yield from _bounce(facts, words)
        case _:
            assert_never(facts)


def _task(facts: StaffTask, words: Words) -> Iterable[Block]:
    if facts.left_out:
        for part in ("left_out", "left_out_todo"):
            yield Block(kind="paragraph", text=words.text(f"staff_task_reminder.{part}", title=facts.title))
        return
    if isinstance(facts, StaffTaskReminder):
        yield Block(kind="paragraph", text=words.text(f"staff_task_reminder.{'open' if facts.ended else 'waiting'}"))
    step = "ended" if facts.ended else facts.phase if f"staff_task.{facts.phase}" in words else "change"
    lead = words.text(f"staff_task.{step}", title=facts.title)
    if facts.outside:
        lead = words.text("staff_task.outside", title=facts.title)
    due = [words.text("staff_task.due", date=words.date(facts.due_on))] if facts.due_on else []
    yield Block(kind="paragraph", text=" ".join([lead, *due]))
    yield Block(kind="paragraph", text=words.text("staff_task.where", task=facts.task))


def _escalation(facts: StaffEscalation, words: Words) -> Iterable[Block]:
    key = "what" if not facts.undelivered else "undelivered" if facts.task else "not_told"
    what = words.text(f"staff_escalation.{key}", who=facts.who, date=words.date(facts.asked_on))
    if facts.reminders:
        what = f"{what} {words.counted('staff_escalation.reminders', facts.reminders)}"
    yield Block(kind="paragraph", text=what)
    if facts.task:
        yield Block(kind="paragraph", text=words.text("staff_escalation.todo_task", task=facts.task))
    else:
        yield Block(kind="paragraph", text=words.text("staff_escalation.todo"))


def _bounce(facts: StaffBounce, words: Words) -> Iterable[Block]:
    role = words.text(f"staff_bounce.{facts.role}_role")
    name = words.named("kinds", facts.letter)
    what = words.text(f"staff_bounce.{'refused' if facts.refused else 'bounced'}", letter=name, role=role)
    status = [words.text("staff_bounce.status", status=facts.status)] if facts.status else []
    yield Block(kind="paragraph", text=" ".join([what, *status]))
    yield Block(kind="paragraph", text=words.text("staff_bounce.todo"))


def _where(facts: StaffLetter, words: Words) -> Iterable[Block]:
    right = words.named("rights", facts.right.value)
    items = [
        words.text("staff.request", id=facts.request_id),
        words.text("staff.right", right=right, regime=facts.regime, jurisdiction=facts.jurisdiction),
        words.text("staff.controller", controller=facts.controller.name),
        words.text("staff.received", date=words.date(facts.received_on)),
        words.text("staff.stage", stage=facts.stage),
    ]
    if facts.blocked_on:
        items.append(words.text("staff.blocked", systems=", ".join(facts.blocked_on)))
    if isinstance(facts, StaffAttention) and facts.correlation:
        items.append(words.text("staff.correlation", correlation=facts.correlation))
    yield Block(kind="bullets", items=tuple(items))
    if facts.desk_url:
        yield Block(kind="button", text=words.text("staff.open"), url=facts.desk_url)
