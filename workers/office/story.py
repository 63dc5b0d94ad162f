"""What may be shown of a request without naming the person: its story, and what can be done now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from activities.copies import Before
from activities.ledger import (
    WAITING,
    Act,
    HolderRow,
    LetterRow,
    NoticeKind,
    NoticeRow,
    PauseRow,
    RequestRow,
    RetainedRow,
    SystemRow,
    TaskRow,
    WaitRow,
)
from activities.ledger.paging import Turn
from activities.ledger.requests import QUEUE
from activities.proofs import may_hold
from habeas import law
from habeas.acts import WITHOUT_COPY, ActKind, stages
from habeas.evidence import Event
from habeas.model import CHANGING, COPIES, REMEDIES, Frozen, PauseReason, Right, Stage
from habeas.particulars import Scope
from habeas.policy.sections import Proof
from habeas.redaction import GROUNDS
from workers.office.grounds import fee_grounds, refusals
from workers.office.sentences import sentence
from workers.office.standing import Standing, may_withdraw
from workflows.systems import COPY, OURS


class Told(Frozen):
    """One thing that happened, for people and for programs."""

    n: int
    at: datetime
    tag: str
    actor: str
    sentence: str
    facts: dict[str, object]


class OtherKind(StrEnum):
    """What can be done with a request and is no act on it."""

    MESSAGES = "messages"
    LETTER_READ = "letter_read"
    LETTER_HANDED = "letter_handed"
    DOWNLOAD = "download"


class PossibleAct(Frozen):
    """Something that can be done now, and the command that does it."""

    kind: ActKind | OtherKind
    title: str
    command: str
    choices: tuple[str, ...] = ()
    """What may stand for the word in capitals that the command leaves open (GROUND, WHAT)."""
    about: str | None = None
    """The system, the task or the letter that it is about, where there could be several; or the ground it is on."""


class Entry(Frozen):
    """One line of the queue."""

    id: str
    controller: str
    right: Right
    regime: str
    stage: Stage
    outcome: str | None
    received_at: datetime
    due_on: date | None
    """The date that counts: the extended one where the term was extended."""
    target_on: date | None = None
    """By when staff aim to answer where nothing is due: a day of the controller's own."""
    days_left: int | None
    """Until that date, or else the target, in the controller's time zone; negative when it is over, None without."""
    overdue: bool
    paused: bool
    blocked_on: tuple[str, ...]
    waits: tuple[WaitRow, ...] = ()
    """The systems among those, since when they do not serve it and why."""
    held_by: str | None = None
    """The account of whoever sees to it."""
    held_since: datetime | None = None
    place: str = ""
    """In the list, as it is sorted: `cursor` of the page that goes on behind it."""


class InstructedProcessor(Frozen):
    """A processor whose answer the request waits for, and how far it has come."""

    system: str
    task: str
    asked_at: datetime
    state: str
    """``queued``, ``sent``, ``failed`` (its letter was refused), ``acknowledged``, ``escalated``."""
    since: datetime
    """Of that state."""
    reminded: int


class Story(Frozen):
    """A request, without the person."""

    entry: Entry
    request: RequestRow
    citation: str | None
    systems: tuple[SystemRow, ...]
    fates: dict[str, dict[str, int]]
    """System -> what became of its objects -> how many."""
    retained: tuple[RetainedRow, ...]
    letters: tuple[LetterRow, ...]
    pauses: tuple[PauseRow, ...]
    standing: Standing
    possible: tuple[PossibleAct, ...]
    first: Before = Before()
    """What must come before the erasure."""
    instructed: tuple[InstructedProcessor, ...] = ()
    law_note: str | None = None
    """Why it is not answered under the law of the place where the person lives."""

    @property
    def waits(self) -> tuple[SystemRow, ...]:
        """What it waits for now, since when and why."""
        return tuple(row for row in self.systems if row.state == WAITING and row.system in self.entry.blocked_on)


def instructed(notices: Iterable[NoticeRow], tasks: Iterable[TaskRow]) -> tuple[InstructedProcessor, ...]:
    """The processors whose tasks are open."""
    waited_for = {task.id for task in tasks}
    return tuple(
        InstructedProcessor(
            system=row.recipient,
            task=row.occasion,
            asked_at=row.queued_at,
            state=row.state.value,
            since=row.state_at,
            reminded=row.reminded,
        )
        for row in notices
        if row.kind is NoticeKind.PROCESSOR and row.occasion in waited_for
    )


def told(event: Event) -> Told:
    """One event, told."""
    return Told(
        n=event.n,
        at=event.at,
        tag=event.tag.value,
        actor=event.actor,
        sentence=sentence(event.tag, event.facts),
        facts=dict(event.facts),
    )


def entry(
    row: RequestRow,
    zone: ZoneInfo,
    now: datetime,
    *,
    waits: tuple[WaitRow, ...] = (),
    holder: HolderRow | None = None,
    turn: Turn | None = None,
) -> Entry:
    """A request as a line of the queue."""
    due = row.extended_due_on or row.due_on
    closed = row.stage is Stage.CLOSED
    day = due or row.target_on
    left = (day - now.astimezone(zone).date()).days if day and not closed else None
    return Entry(
        **row.model_dump(include={"id", "controller", "right", "regime", "stage", "received_at", "overdue"}),
        outcome=row.outcome.value if row.outcome else None,
        due_on=due,
        target_on=None if due else row.target_on,
        days_left=left,
        paused=row.paused,
        blocked_on=row.blocked_on,
        waits=waits,
        held_by=holder.account if holder else None,
        held_since=holder.since if holder else None,
        place=(turn or QUEUE.turn()).cursor(row),
    )


_WHO = '--by "YOUR NAME" --reason "WHY"'

_ORDER = (
    ActKind.PROVE,
    ActKind.ATTEST,
    ActKind.RESEND_CODE,
    ActKind.DECIDE_MATCH,
    ActKind.REDACT,
    ActKind.APPROVE,
    ActKind.CONTEST,
    ActKind.RETRY_SYSTEM,
    ActKind.SKIP_SYSTEM,
    ActKind.RELEASE,
    ActKind.RESUME,
    ActKind.ADD_IDENTIFIER,
    ActKind.ASK,
    ActKind.EXTEND,
    ActKind.ANNOUNCE_DELAY,
    ActKind.PAUSE,
    ActKind.CHARGE,
    ActKind.EXEMPT,
    ActKind.REFUSE,
    ActKind.WITHDRAW,
)
"""What carries the request on comes first."""

_PROVING = frozenset({ActKind.PROVE, ActKind.ATTEST, ActKind.RESEND_CODE})
_ASKING = frozenset({ActKind.ASK, ActKind.CHARGE, ActKind.RESUME})
_IN_PARTS = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})


def is_asked(acts: Iterable[Act]) -> bool:
    """Whether the person was asked something, or a fee, since staff last said that the answer is there."""
    taken = sorted((act.accepted_at, act.kind) for act in acts if act.accepted_at and act.kind in _ASKING)
    return bool(taken) and taken[-1][1] != ActKind.RESUME


def possible(
    row: RequestRow,
    place: str,
    standing: Standing,
    *,
    packaged: bool,
    pauses: Iterable[PauseReason],
    asked: bool = False,
    tasks: Iterable[TaskRow] = (),
    letters: Iterable[LetterRow] = (),
    first: Before | None = None,
    wrote: bool = False,
    systems: Iterable[SystemRow] = (),
) -> tuple[PossibleAct, ...]:
    """What can be done with a request as it stands, each with its command.

    Args:
        row: the request.
        place: whose law it is answered under.
        standing: how it stands.
        packaged: whether there is a package to download.
        pauses: what the clock may wait for, by the law as the controller reads it.
        asked: whether the person has yet to answer something.
        tasks: that are open.
        letters: that somebody must hand over or post.
        first: what must come before the erasure, if anything.
        wrote: whether the person wrote something, in the form or after it.
        systems: how each phase stands in each system.
    """
    acts = [
        PossibleAct(
            kind=ActKind.FINISH_TASK,
            title=f"Say what came of it by hand: {task.phase} in {task.system}",
            command=f"habeas task done {task.id} {_WHO}",
            about=task.id,
        )
        for task in tasks
    ]
    if wrote:
        acts.append(
            PossibleAct(
                kind=OtherKind.MESSAGES,
                title="Read what the person sent",
                command=f"habeas request messages {row.id} {_WHO}",
            )
        )
    waiting = tuple(letters)
    acts += [
        PossibleAct(
            kind=OtherKind.LETTER_READ,
            title=f"Read the letter {letter.kind}, which is to be handed over and did not reach you",
            command=f"habeas letter read {letter.id} {_WHO}",
            about=letter.id,
        )
        for letter in waiting
        if letter.lost
    ]
    acts += [
        PossibleAct(
            kind=OtherKind.LETTER_HANDED,
            title=f"Note that the person got the letter {letter.kind}, by hand or by post",
            command=f"habeas letter handed {letter.id} {_WHO}",
            about=letter.id,
        )
        for letter in waiting
    ]
    awaits, reasons = asked or row.paused, sorted(pauses)
    too_late = set() if may_withdraw(row, systems) else {ActKind.WITHDRAW}
    acts += [
        act
        for kind in _ORDER
        if row.stage in stages(kind, row.right) and kind not in too_late and _stands(kind, row, standing)
        for act in _offers(kind, row, place, standing, awaits, reasons)
    ]
    may_waive = first is not None and first.code is not None and not first.by_law
    if may_waive and (row.stage is Stage.REVIEWING or COPY in row.blocked_on):
        acts.append(
            PossibleAct(
                kind=ActKind.APPROVE,
                title="Erase although a copy of theirs is not answered",
                command=f"habeas request approve {row.id} --plan DIGEST --without-copy {_WHO}",
                about=WITHOUT_COPY,
            )
        )
    if packaged:
        acts.append(
            PossibleAct(
                kind=OtherKind.DOWNLOAD,
                title="Download the package",
                command=f"habeas request download {row.id} --to {row.id}.zip {_WHO}",
            )
        )
        if row.stage is Stage.CLOSED:
            acts.append(
                PossibleAct(
                    kind=ActKind.RELEASE,
                    title="Send the person one more link",
                    command=f"habeas request release {row.id} {_WHO}",
                )
            )
    return tuple(acts)


def _stands(kind: ActKind, row: RequestRow, standing: Standing) -> bool:
    """Whether there is anything for the act to do: a delay to tell of, a proof of identity that is missing."""
    if kind is ActKind.ANNOUNCE_DELAY:
        return standing.delay
    if kind in _PROVING and standing.proof_lacking is not None:
        return (kind is ActKind.ATTEST) == (standing.proof_lacking is Proof.ATTESTATION)
    return kind is not ActKind.ATTEST or row.right not in REMEDIES or standing.same_person is False


def _holding(grounds: Iterable[str], row: RequestRow, standing: Standing) -> list[str]:
    return [ground for ground in grounds if may_hold(ground, row.stage, known=standing.known)]


def _offers(
    kind: ActKind, row: RequestRow, place: str, standing: Standing, awaits: bool, reasons: list[PauseReason]
) -> Iterator[PossibleAct]:
    def act(title: str, words: str, choices: Iterable[str] = (), about: str | None = None) -> PossibleAct:
        verb, _, rest = words.partition(" ")
        command = f"habeas request {verb} {row.id} {rest}".rstrip()
        return PossibleAct(kind=kind, title=title, command=command, choices=tuple(choices), about=about)

    match kind:
        case ActKind.PROVE:
            yield act("Enter the code that the person read out", "verify --code CODE")
        case ActKind.ATTEST:
            yield act("Attest who the person is", 'verify --attest "HOW YOU KNOW" --by "YOUR NAME"')
        case ActKind.RESEND_CODE:
            yield act("Send another code", f"verify --resend {_WHO}")
        case ActKind.DECIDE_MATCH:
            yield act("Say which records are the person's", f"match {_WHO}")
        case ActKind.ADD_IDENTIFIER:
            yield act("Add an identifier", f"add-identifier --email ADDRESS {_WHO}")
        case ActKind.APPROVE if row.right is Right.ERASURE or row.right in CHANGING:
            yield act("Look at the plan", f"plan {_WHO}")
            yield act("Approve the plan", f"approve --plan DIGEST {_WHO}")
        case ActKind.APPROVE if row.right in REMEDIES:
            yield act("Decide for the person", f"approve {_WHO}")
            yield act("Decide for the person in part", f"approve --in-part {_WHO}")
            yield act("Decide for the person, with nothing to carry out anew", f"approve --nothing-anew {_WHO}")
        case ActKind.APPROVE:
            yield act("Approve the release", f"approve {_WHO}")
        case ActKind.REDACT if row.right in COPIES and row.scope is not Scope.CATEGORIES:
            yield act("Look at what was collected", f"collected {_WHO}")
            choices = [code for code in GROUNDS if law.provision(row.regime, place, row.right, code)]
            yield act("Take something out of the copy", f"redact --object OBJECT --ground GROUND {_WHO}", choices)
        case ActKind.CONTEST if row.right is Right.RECTIFICATION:
            yield act("Do not make a correction, and say why", f"contest --correction NUMBER {_WHO}")
        case ActKind.REFUSE:
            yield act("Refuse", f"refuse --ground GROUND {_WHO}", _holding(refusals(row, place), row, standing))
        case ActKind.EXEMPT if row.right in _IN_PARTS:
            grounds = _holding(refusals(row, place), row, standing)
            yield act("Refuse a part", f"exempt CATEGORY --ground GROUND {_WHO}", grounds)
        case ActKind.ASK:
            yield act("Ask the person something", 'ask --question "TEXT" --by "YOUR NAME"')
        case ActKind.CHARGE if grounds := fee_grounds(row, place):
            yield act("Ask a fee", f'charge --amount "EUR 10.00" --ground GROUND {_WHO}', grounds)
        case ActKind.ANNOUNCE_DELAY:
            yield act("Tell the person that it takes longer", f"announce-delay --expected DATE {_WHO}")
        case ActKind.EXTEND if known := standing.extension_grounds:
            told = any(law.extension_ends_as_told(row.regime, row.right, ground, place) for ground in known)
            yield act("Extend the term", f"extend --ground GROUND {'--until DATE ' if told else ''}{_WHO}", known)
        case ActKind.PAUSE if not row.paused and reasons:
            yield act("Pause the clock", f"pause --for WHAT {_WHO}", reasons)
        case ActKind.RESUME if awaits:
            yield act("What was asked is there: go on", f"resume {_WHO}")
        case ActKind.WITHDRAW:
            yield act("Withdraw, as the person wishes", f"withdraw {_WHO}")
        case ActKind.RETRY_SYSTEM:
            for system in sorted({*row.blocked_on} - {COPY}):
                yield act(f"Try {system} again", f"retry-system {system} {_WHO}", about=system)
        case ActKind.SKIP_SYSTEM:
            for system in sorted({*row.blocked_on} - OURS):
                yield act(f"Go on without {system}", f"skip-system {system} {_WHO}", about=system)
        case ActKind.RELEASE if {*row.blocked_on} - OURS:
            yield act("Go on without the systems that are waited for", f"release {_WHO}")
        case _:
            return
