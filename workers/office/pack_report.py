"""What an evidence pack says of a request: timeline, dates and their rules, what was found and done, who decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import AwareDatetime, JsonValue

from activities.ledger import Act, Artifact, LetterRow, OutcomeRow, PauseRow, RequestRow, SystemRow
from habeas.evidence import Event
from habeas.model import Frozen, PauseReason
from workers.office.story import Told, told


class ReportedRequest(Frozen):
    """The request, without the person."""

    id: str
    controller: str
    right: str
    regime: str
    jurisdiction: str
    channel: str
    language: str
    received_at: AwareDatetime
    opened_at: AwareDatetime
    opened_by: str
    stage: str
    outcome: str | None
    overdue: bool
    categories: tuple[str, ...]
    about: str | None


class ReportedDate(Frozen):
    """A date, and the rule that it comes from."""

    what: str
    on: date
    rule: str | None


class ReportedPause(Frozen):
    """When the clock stood still, and why."""

    reason: PauseReason
    start: date
    end: date | None


class ReportedSystem(Frozen):
    """How far one step came in one system."""

    system: str
    phase: str
    state: str
    counts: dict[str, int]
    error_code: str | None
    updated_at: AwareDatetime


class ReportedOutcome(Frozen):
    """What became of how many objects, why, by which law and until when."""

    system: str
    collection: str
    fate: str
    reason: str | None
    law: str | None
    until: date | None
    count: int


class ReportedDecision(Frozen):
    """One act, and whose."""

    kind: str
    actor: str
    facts: dict[str, JsonValue]
    proposed_at: AwareDatetime
    accepted_at: AwareDatetime | None


class ReportedLetter(Frozen):
    """One letter: what its digest is of is in `activities.commitment`."""

    kind: str
    language: str
    to: str
    queued_at: AwareDatetime
    state: str
    state_at: AwareDatetime | None
    event: int | None
    """The number of the event that notes it."""
    digest: str | None


class ReportedPackage(Frozen):
    """A package that was made for the person."""

    kind: str
    sha256: str
    size: int
    created_at: AwareDatetime
    verified_at: AwareDatetime | None


class ReportedEvent(Told):
    """One event, in words, with its place in the chain."""

    hash: str


class PackReport(Frozen):
    """All of it."""

    request: ReportedRequest
    dates: tuple[ReportedDate, ...]
    why: tuple[str, ...]
    """The sentences that explain the dates, each with its article."""
    pauses: tuple[ReportedPause, ...]
    systems: tuple[ReportedSystem, ...]
    outcomes: tuple[ReportedOutcome, ...]
    decisions: tuple[ReportedDecision, ...]
    letters: tuple[ReportedLetter, ...]
    packages: tuple[ReportedPackage, ...]
    timeline: tuple[ReportedEvent, ...]


def reported_request(row: RequestRow) -> ReportedRequest:
    """The request's part."""
    return ReportedRequest.model_validate(row.model_dump(include=set(ReportedRequest.model_fields), mode="json"))


def reported_dates(row: RequestRow) -> tuple[ReportedDate, ...]:
    """The dates that the ledger keeps; of each, the articles that all of them rest on."""
    found = {
        "acknowledge_by": row.acknowledge_by,
        "due_on": row.due_on,
        "extended_due_on": row.extended_due_on,
        "extended_until": row.extended_until,
        "notice_latest_on": row.notice_latest_on,
    }
    return tuple(ReportedDate(what=what, on=on, rule=row.citation) for what, on in found.items() if on)


def reported_pauses(rows: Iterable[PauseRow]) -> tuple[ReportedPause, ...]:
    """The pauses."""
    return tuple(ReportedPause(reason=row.reason, start=row.start, end=row.end) for row in rows)


def reported_systems(rows: Iterable[SystemRow]) -> tuple[ReportedSystem, ...]:
    """The systems."""
    return tuple(ReportedSystem(**row.model_dump(include=set(ReportedSystem.model_fields))) for row in rows)


def reported_outcomes(rows: Iterable[OutcomeRow]) -> tuple[ReportedOutcome, ...]:
    """The objects, counted by what became of them: none is named."""
    counts = Counter((row.system, row.collection, row.fate.value, row.reason, row.law, row.until) for row in rows)
    names = ("system", "collection", "fate", "reason", "law", "until", "count")
    found = [
        ReportedOutcome.model_validate(dict(zip(names, (*key, count), strict=True))) for key, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: tuple(str(value) for value in one.model_dump().values())))


def reported_decisions(acts: Iterable[Act]) -> tuple[ReportedDecision, ...]:
    """The acts, in their order; why they were done is personal, and not here."""
    ordered = sorted(acts, key=lambda act: (act.proposed_at, act.id))
    return tuple(ReportedDecision(**act.model_dump(include=set(ReportedDecision.model_fields))) for act in ordered)


def reported_letters(
    rows: Iterable[LetterRow], events: Iterable[Event], noted: Mapping[str, int]
) -> tuple[ReportedLetter, ...]:
    """The letters, each with the event that notes it and the digest in there.

    Args:
        rows: the letters.
        events: the request's.
        noted: by a letter's dedupe key, the number of its event.
    """
    digests = {event.n: str(event.facts["digest"]) for event in events if "digest" in event.facts}
    return tuple(
        ReportedLetter(
            kind=row.kind,
            language=row.language,
            to=row.recipient_role,
            queued_at=row.queued_at,
            state=row.state.value,
            state_at=row.state_at,
            event=noted.get(row.dedupe),
            digest=digests.get(noted.get(row.dedupe, 0)),
        )
        for row in rows
    )


def reported_packages(rows: Iterable[Artifact]) -> tuple[ReportedPackage, ...]:
    """The packages."""
    return tuple(ReportedPackage(**row.model_dump(include=set(ReportedPackage.model_fields))) for row in rows)


def reported_events(events: Iterable[Event]) -> tuple[ReportedEvent, ...]:
    """The timeline."""
    return tuple(ReportedEvent(**told(event).model_dump(), hash=event.hash) for event in events)
