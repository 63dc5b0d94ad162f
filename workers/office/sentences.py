"""Evidence as sentences. Events hold codes, counts and dates only, and so do these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

from pydantic import JsonValue

from habeas.evidence import Event, Tag

_SENTENCES: Mapping[Tag, str] = {
    Tag.REQUEST_OPENED: "The request was opened",
    Tag.REQUEST_STAGE: "The request moved on",
    Tag.REQUEST_REFUSED: "The request was refused",
    Tag.REQUEST_WITHDRAWN: "The request was withdrawn",
    Tag.REQUEST_CLOSED: "The request was closed",
    Tag.REQUEST_HOLDER: "The request was put back: nobody sees to it",
    Tag.IDENTITY_CODE_SENT: "A one-time code was sent",
    Tag.IDENTITY_WRONG_CODE: "A wrong code was tried",
    Tag.IDENTITY_PROVEN: "The person proved who they are",
    Tag.IDENTITY_ATTESTED: "Staff attested who the person is",
    Tag.IDENTITY_WAIVED: "The policy asks for no proof of identity",
    Tag.IDENTITY_REMINDED: "The person was reminded of the code",
    Tag.IDENTITY_EXPIRED: "The time to prove identity ran out",
    Tag.SYSTEM_LOCATED: "A system was searched",
    Tag.SYSTEM_AMBIGUOUS: "A match is ambiguous: a human decides",
    Tag.SYSTEM_COLLECTED: "A system's data was collected",
    Tag.SYSTEM_VETOED: "A system said what stands in the way of erasing its part",
    Tag.SYSTEM_ERASED: "A system carried out its part of the plan",
    Tag.SYSTEM_CONFIRMED: "A system was looked at again",
    Tag.SYSTEM_WAITING: "The request waits for a system",
    Tag.SYSTEM_SKIPPED: "A system was left out by decision",
    Tag.SYSTEM_RETRIED: "A system was tried again",
    Tag.SYSTEM_FAILED: "A system failed",
    Tag.MATCH_DECIDED: "A human decided which records are the person's",
    Tag.MATCH_SETTLED: "It is settled which records are the person's",
    Tag.IDENTIFIER_ADDED: "An identifier was added",
    Tag.PLAN_DRAFTED: "The plan was drafted",
    Tag.PLAN_APPROVED: "The plan was approved",
    Tag.PLAN_DRIFTED: "The data changed since the plan was approved: back to review",
    Tag.EXPORT_BUILT: "The package was built",
    Tag.EXPORT_VERIFIED: "The package was read back and found whole",
    Tag.EXPORT_APPROVED: "The package was approved",
    Tag.EXPORT_RELEASED: "The package was released",
    Tag.EXPORT_DOWNLOADED: "The package was downloaded",
    Tag.EXPORT_DELETED: "The package was deleted",
    Tag.LINK_MADE: "A one-time link was made",
    Tag.LINK_REFUSED: "A link was refused",
    Tag.CLOCK_COMPUTED: "The dates were computed",
    Tag.CLOCK_REMINDED: "Staff were reminded of the term",
    Tag.CLOCK_EXTENDED: "The term was extended",
    Tag.CLOCK_PAUSED: "The clock was paused",
    Tag.CLOCK_RESUMED: "The clock runs again",
    Tag.CLOCK_BREACHED: "The term ran out",
    Tag.LETTER_QUEUED: "A letter was written",
    Tag.LETTER_SENT: "A letter was sent",
    Tag.LETTER_FAILED: "A letter could not be sent",
    Tag.LETTER_BOUNCED: "A letter came back",
    Tag.LETTER_HANDED_OVER: "A letter was handed over or posted",
    Tag.ACT_PROVE: "Proof of identity was accepted",
    Tag.ACT_ATTEST: "Attestation was accepted",
    Tag.ACT_RESEND_CODE: "Another code was asked for",
    Tag.ACT_DECIDE_MATCH: "A decision on matches was accepted",
    Tag.ACT_ADD_IDENTIFIER: "A new identifier was accepted",
    Tag.ACT_APPROVE: "An approval was accepted",
    Tag.ACT_REFUSE: "A refusal was decided",
    Tag.ACT_EXTEND: "An extension was decided",
    Tag.ACT_PAUSE: "A pause was decided",
    Tag.ACT_RESUME: "The end of the pause was decided",
    Tag.ACT_WITHDRAW: "The withdrawal was accepted",
    Tag.ACT_RETRY_SYSTEM: "Another try was decided",
    Tag.ACT_SKIP_SYSTEM: "Leaving a system out was decided",
    Tag.ACT_RELEASE: "Going on without the missing systems was decided",
    Tag.ACT_REDACT: "Something was taken out of the copy",
    Tag.ACT_UNREDACT: "What was taken out of the copy was put back",
    Tag.ACT_FINISH_TASK: "The end of a task was accepted",
    Tag.TASK_OPENED: "A human was asked to do something by hand",
    Tag.TASK_REMINDED: "A reminder of a task went out",
    Tag.TASK_DONE: "A human did it by hand, and says so",
    Tag.ACT_ASK: "A question to the person was decided",
    Tag.ACT_CHARGE: "Asking a fee was decided",
    Tag.ACT_ANNOUNCE_DELAY: "Telling of a delay was decided",
    Tag.ACT_EXEMPT: "A part was refused",
    Tag.QUESTION_ASKED: "The person was asked something",
    Tag.FEE_ASKED: "The person was asked a fee",
    Tag.CLOCK_DELAY_ANNOUNCED: "The person is told that it takes longer",
    Tag.REMEDY_DECIDED: "What was complained of was decided",
    Tag.ACT_CONTEST: "Not making some corrections was decided",
    Tag.CHANGE_DRAFTED: "The plan of a change was drafted",
    Tag.CHANGE_DRIFTED: "The data changed since the plan was made, and is looked at again",
    Tag.SYSTEM_CHANGED: "A system made its part of the change",
    Tag.SYSTEM_CHANGE_CONFIRMED: "A changed system was looked at again",
    Tag.RESTRICTION_SET: "Data was restricted",
    Tag.RESTRICTION_LIFTED: "A restriction was lifted",
    Tag.CONTEST_NOTED: "What stays contested was noted",
    Tag.RECIPIENT_NOTIFIED: "A recipient was told what became of the data",
    Tag.RECIPIENT_REMINDED: "A recipient was reminded",
    Tag.RECIPIENT_ACKNOWLEDGED: "A recipient says that it is done",
    Tag.RECIPIENT_ESCALATED: "A recipient stays silent: staff were told",
    Tag.REQUEST_FORWARDED: "The request was sent on to who decides over the data",
    Tag.HOLD_PLACED: "A legal hold keeps data that the request is about",
    Tag.HOLD_LIFTED: "A legal hold was lifted",
    Tag.DELETION_HELD: "Short-lived data is held while the request is open",
    Tag.DELETION_RELEASED: "Short-lived data is no longer held",
    Tag.RETENTION_ENDED: "What was kept is over its day, and was erased",
    Tag.PERSON_WROTE: "The person, or somebody in their name, sent something",
    Tag.PERSON_VISITED: "The person looked at their page",
    Tag.PERSONAL_DATA_VIEWED: "Staff looked at personal data",
    Tag.PERSONAL_DATA_DELETED: "Personal data of the request was deleted",
    Tag.KEY_DESTROYED: "The request's key was destroyed",
}

_WITH: Mapping[Tag, str] = {
    Tag.REQUEST_OPENED: "The request was opened: {right} under {regime}, by {channel}",
    Tag.REQUEST_STAGE: "Stage: {stage}",
    Tag.REQUEST_CLOSED: "The request was closed: {outcome}",
    Tag.REQUEST_HOLDER: "Staff {holder} sees to the request from now on",
    Tag.IDENTITY_CODE_SENT: "One-time code {number} was sent to the address {to}",
    Tag.IDENTITY_WRONG_CODE: "A wrong code was tried; tries left: {tries_left}",
    Tag.SYSTEM_LOCATED: "{system} was searched: {matches} matches",
    Tag.SYSTEM_COLLECTED: "{system} was collected: {records} records",
    Tag.SYSTEM_VETOED: "{system} said what stands in the way of erasing its part",
    Tag.SYSTEM_ERASED: "{system} carried out its part of the plan",
    Tag.SYSTEM_CONFIRMED: "{system} was looked at again",
    Tag.SYSTEM_WAITING: "The request waits for {system}: {code}",
    Tag.CLOCK_COMPUTED: "The answer is due on {due_on}",
    Tag.CLOCK_EXTENDED: "The term was extended until {due_on}: {ground}",
    Tag.CLOCK_DELAY_ANNOUNCED: "The person is told that it takes longer, until {expected_on}",
    Tag.ACT_EXEMPT: "{category} was refused: {ground}",
    Tag.CLOCK_PAUSED: "The clock was paused: {reason}",
    Tag.LETTER_QUEUED: "Letter {letter} to {to} was written",
    Tag.LETTER_SENT: "Letter {letter} to {to} was sent",
    Tag.LETTER_FAILED: "Letter {letter} to {to} could not be sent",
    Tag.TASK_OPENED: "A human was asked to {phase} by hand in {system}, until {due_on}",
    Tag.TASK_REMINDED: "Reminder {number} of a task in {system} went out",
    Tag.TASK_DONE: "A human says what came of it by hand in {system}",
    Tag.CHANGE_DRIFTED: "In {system} the data changed since the plan was made, and is looked at again",
    Tag.SYSTEM_CHANGED: "{system} made its part of the change",
    Tag.SYSTEM_CHANGE_CONFIRMED: "{system} was looked at again after the change",
    Tag.RESTRICTION_SET: "{objects} objects in {system} were restricted",
    Tag.RESTRICTION_LIFTED: "The restriction of {objects} objects in {system} was lifted",
    Tag.RECIPIENT_NOTIFIED: "{recipient} was told what became of the data",
    Tag.RECIPIENT_REMINDED: "{recipient} was reminded",
    Tag.RECIPIENT_ACKNOWLEDGED: "{recipient} says that it is done",
    Tag.RECIPIENT_ESCALATED: "{recipient} stays silent: staff were told",
    Tag.PERSONAL_DATA_VIEWED: "Staff looked at personal data: {what}",
}
"""The same with its facts in place, where the event has them."""

_BY_PROCESSOR: Mapping[Tag, str] = {
    Tag.TASK_DONE: "The processor {system} says what came of it",
    Tag.RECIPIENT_NOTIFIED: "The processor {recipient} was instructed",
    Tag.RECIPIENT_REMINDED: "The processor {recipient} was reminded",
    Tag.RECIPIENT_ACKNOWLEDGED: "The processor {recipient} says that it has the instruction",
    Tag.RECIPIENT_ESCALATED: "The processor {recipient} does not acknowledge: staff were told",
    Tag.PERSONAL_DATA_VIEWED: "The processor {system} looked at whom it is about",
}
"""The same where it is a processor that was told, or says so by its link."""

_HIDDEN = frozenset(
    {
        "act",
        "act_id",
        "artifact",
        "artifact_id",
        "citation",
        "explanation",
        "language",
        "letter_id",
        "outside",
        "link_id",
        "phase",
        "proof_id",
        "received_at",
        "seeds",
        "sha256",
        "view",
    }
)
"""Facts that a machine needs, or that stand elsewhere on the page."""


def sentence(event: Event) -> str:
    """One event, for people."""
    facts = {name: value for name, value in event.facts.items() if value not in (None, "", [], {})}
    shape = _WITH.get(event.tag, "")
    if facts.get("kind") == "processor" or facts.get("outside"):
        shape = _BY_PROCESSOR.get(event.tag, shape)
    named = {name for _, name, _, _ in Formatter().parse(shape) if name}
    if shape and named <= facts.keys():
        said = shape.format_map({name: _shown(facts[name]) for name in named})
    else:
        said, named = _SENTENCES.get(event.tag, str(event.tag)), set()
    rest = [
        f"{name.replace('_', ' ')} {_shown(value)}"
        for name, value in facts.items()
        if name not in _HIDDEN | named and value is not False
    ]
    said = said[:1].upper() + said[1:]
    return f"{said} ({', '.join(rest)})." if rest else f"{said}."


def _shown(value: JsonValue) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_shown(inner)} {name}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return " and ".join(_shown(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if _DIGEST.fullmatch(text):
        return text[:12]
    if _MOMENT.fullmatch(text):
        return f"{text[:10]} {text[11:16]} UTC"
    return text.replace("_", " ")


_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(\+00:00|Z)")
