"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from habeas.matching import ContradictionKind
from habeas.plan import reason_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from activities.copies import Before
    from activities.messages import Message
    from habeas.model import Identifier
    from workers.office import Candidates, Entry, ShownPlan, Standing, Story, Told
    from workers.office.reading import Candidate, Doubt
    from workers.office.story import InstructedProcessor

_SOON = 5
_SHOWN = 5
_LACKING = {
    "attestation": "The person gave the right code; the policy asks for staff's word, too: attest who they are.",
    "code": "Staff attested who the person is; the policy asks for the one-time code, too.",
}
OTHER_PERSON = (
    "It names a request that is not shown to be this person's: nothing they give was proven by it, or written to in "
    "it. The answer will say nothing of that request."
)


def queue(entries: Sequence[Entry]) -> RenderableType:
    """The queue as a table."""
    if not entries:
        return "No requests."
    table = _table(
        "Request", "Controller", "Right", "Regime", "Stage", "Due", "Left", "Waits for", "Held by", "Outcome"
    )
    for entry in entries:
        table.add_row(
            Text(entry.id, "bold"),
            entry.controller,
            entry.right.value,
            entry.regime,
            entry.stage.value + (" (paused)" if entry.paused else ""),
            str(entry.due_on or (f"{entry.target_on} (target)" if entry.target_on else "—")),
            days_left(entry),
            ", ".join(entry.blocked_on) or "—",
            Text(entry.held_by or "—"),
            entry.outcome or "—",
        )
    return table


def days_left(entry: Entry) -> Text:
    """How long there is, in the colour of its urgency."""
    if entry.days_left is None:
        return Text("—")
    if entry.overdue or entry.days_left < 0:
        return Text(f"{entry.days_left} d", "bold red")
    return Text(f"{entry.days_left} d", "yellow" if entry.days_left <= _SOON else "")


def story(told: Story) -> Iterable[RenderableType]:
    """A request's story."""
    entry, row = told.entry, told.request
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("Controller", entry.controller),
        ("Right", f"{entry.right} under {entry.regime} ({row.jurisdiction})"),
        *((("Law", told.law_note),) if told.law_note else ()),
        ("Stage", entry.stage.value + (f" — {entry.outcome}" if entry.outcome else "")),
        ("Received", f"{row.received_at:%Y-%m-%d %H:%M} UTC, by {row.channel}"),
        ("Due", _due(told)),
        *_promised(told.standing),
        *_asked_before(told.standing),
        ("Citation", told.citation or "—"),
        ("Waits for", _waits(told)),
        *(("Processor", _instructed(one)) for one in told.instructed),
        *((("Only about", ", ".join(row.categories)),) if row.categories else ()),
        *((("First", first_said(told.first)),) if told.first.code else ()),
    ):
        facts.add_row(Text(name, "dim"), escape(value))
    yield Text(entry.id, "bold")
    yield facts
    if told.standing.same_person is False:
        yield Text(OTHER_PERSON, "bold red")
    if lacking := told.standing.proof_lacking:
        yield Text(_LACKING[lacking], "bold red")
    if told.systems or told.fates:
        yield _systems(told)
    if told.retained:
        yield _retained(told)
    if told.letters:
        yield "Letters: " + ", ".join(f"{letter.kind} ({letter.state})" for letter in told.letters)
    if told.possible:
        yield ""
        yield Text("What can be done now:", "bold")
        for act in told.possible:
            one_of = f"\n    [dim]one of: {', '.join(act.choices)}[/]" if act.choices else ""
            yield f"  {act.title}\n    [cyan]{escape(act.command)}[/]{one_of}"


def _instructed(one: InstructedProcessor) -> str:
    reminders = f", {one.reminded} reminder{'' if one.reminded == 1 else 's'}" if one.reminded else ""
    since = f"{one.state} since {one.since:%Y-%m-%d %H:%M} UTC"
    return f"{one.system} ({one.task}): instructed {one.asked_at:%Y-%m-%d}, {since}{reminders}"


def first_said(first: Before) -> str:
    """What must come before an erasure."""
    if first.copies:
        return f"a copy of the same person is to be answered: {', '.join(first.copies)}"
    return "the policy asks for a copy before an erasure, and there is none"


def _due(told: Story) -> str:
    entry = told.entry
    if entry.due_on is None:
        return "no statutory date"
    said = f"{entry.due_on}"
    if entry.days_left is not None:
        said += f", {entry.days_left} days left" if entry.days_left >= 0 else f", {-entry.days_left} days over"
    said += " (extended)" if told.request.extended else ""
    if told.standing.confirm_by:
        return f"{said} — withdrawn unless confirmed by {told.standing.confirm_by}"
    return said + (" — clock paused" if entry.paused else "")


def _waits(told: Story) -> str:
    since = {row.system: f" since {row.waiting_since:%Y-%m-%d %H:%M} UTC ({row.error_code})" for row in told.waits}
    return ", ".join(f"{system}{since.get(system, '')}" for system in told.entry.blocked_on) or "nothing"


def _promised(stands: Standing) -> Iterable[tuple[str, str]]:
    if stands.target_on:
        yield "Target", f"{stands.target_on}: our own day; the law names none"
    if stands.promised_on is None:
        return
    said = f"{stands.promised_on}, " + ("in any case" if stands.promise == "hard" else "with every effort")
    if stands.promise_stands:
        said += " — this day stands, though the law's term was extended"
    yield "Promised", said
    yield "By law", str(stands.law_on or "no date")


def _asked_before(stands: Standing) -> Iterable[tuple[str, str]]:
    before = stands.asked_before
    if before is None or not (before.requests or before.free):
        return
    said = f"{before.answered} answered" + (f" in {before.months} months" if before.months else "")
    if before.free:
        said += f", of {before.free} ({before.cite})"
    ids = ", ".join(one.id for one in before.requests[:_SHOWN])
    yield "Asked before", said + (f": {ids}" if ids else "")


def _systems(told: Story) -> Table:
    table = _table("System", "Step", "State", "Counts", "Trouble")
    for row in told.systems:
        trouble = row.error_code or ""
        if row.correlation:
            trouble += f" ({row.correlation[:12]})"
        table.add_row(row.system, row.phase, row.state, _counts(row.counts), trouble)
    for system, fates in told.fates.items():
        table.add_row(system, "objects", "", _counts(fates), "")
    return table


def _retained(told: Story) -> Table:
    table = _table("Kept in", "What", "Objects", "By", "Until")
    for row in told.retained:
        table.add_row(row.system, row.collection, str(row.count), row.law or "—", str(row.until or "—"))
    return table


def timeline(told: Sequence[Told]) -> RenderableType:
    """What happened, one line each."""
    table = _table("#", "When (UTC)", "What", "Who")
    for each in told:
        table.add_row(str(each.n), f"{each.at:%Y-%m-%d %H:%M:%S}", escape(each.sentence), each.actor)
    return table


def plan(request_id: str, shown: ShownPlan, *, objects: bool) -> Iterable[RenderableType]:
    """A plan as counts, or object by object."""
    yield f"The plan of [bold]{request_id}[/], digest [bold]{shown.digest[:12]}[/]…"
    if shown.categories:
        yield f"Only about: {', '.join(shown.categories)}. Everything else was not asked for, and is not touched."
    if shown.first.code:
        yield f"[yellow]It waits once it is approved: {first_said(shown.first)}.[/]"
    if objects:
        table = _table("System", "Object", "Key", "Becomes", "By", "Until")
        for system in shown.systems:
            for each in system.objects:
                until = str(each.until or "")
                by = each.law or (reason_of(each) or "").replace("_", " ")
                table.add_row(system.system, each.collection, each.key, each.treatment, by, until)
    else:
        table = _table("System", "Category", "Objects", "Become", "By", "Until")
        for name, lines in shown.lines.items():
            for line in lines:
                until = str(line.until or "")
                by = line.law or (line.reason or "").replace("_", " ")
                table.add_row(name, line.category, str(line.count), line.treatment, by, until)
    yield table
    command = f"habeas request approve {request_id} --plan {shown.digest[:12]} --by … --reason …"
    yield f"Approve exactly this: [cyan]{command}[/]"


def candidates(request_id: str, found: Candidates) -> Iterable[RenderableType]:
    """Records side by side."""
    yield f"Who asks: {escape(found.name or 'no name given')}\n{_borne(found, found.claimed)}"
    if not found.records:
        yield "No records were found (yet)."
        return
    table = _table("Handle", "System", "Record", "Name", "Found by", "Path", "Also bears", "Standing")
    for each in found.records:
        table.add_row(
            Text(each.handle, "bold"),
            each.system,
            f"{each.collection} {each.key}",
            escape(each.name or "—"),
            _borne(each, each.found_by),
            each.path.replace(" > ", " >\n"),
            _borne(each, (one for one in each.yields if one not in each.found_by)),
            ("[yellow]to be decided[/]" if each.standing == "held" else "the person's")
            + (" (a staff account)" if each.staff else ""),
        )
    yield table
    for doubt in found.doubts:
        sides = " against ".join(", ".join(side) for side in doubt.sides)
        yield f"{_why(doubt)}: {sides}"
    yield f"Say which: [cyan]habeas request match {request_id} --yes HANDLE --no HANDLE --by … --reason …[/]"


def messages(request_id: str, heard: Sequence[Message]) -> Iterable[RenderableType]:
    """What the person sent."""
    if not heard:
        yield "Nothing was sent."
    for one in heard:
        who = "proven by a code" if one.proven else "not proven"
        by = f", by {one.source}" if one.source else ""
        yield f"[bold]{one.id}[/] {one.at:%Y-%m-%d %H:%M} UTC, {one.kind.value}, {who}{by}"
        if one.text:
            yield Text(one.text)
        if one.situation:
            yield Text(f"Why, or what was wrong: {one.situation}")
        for identifier in one.identifiers:
            yield Text(f"{identifier.kind}: {identifier.value}")
        for number, file in enumerate(one.files, start=1):
            yield Text(f"File {number}: {file.name} ({file.media_type}, {file.size} bytes)")
    if any(one.files for one in heard):
        yield f"[cyan]habeas request messages {request_id} --message ID --file N --to FILE --by … --reason …[/]"


def _borne(record: Candidate | Candidates, identifiers: Iterable[Identifier]) -> str:
    return escape(
        "\n".join(f"{one.kind} {one.value}{' (not proven)' if one in record.unproven else ''}" for one in identifiers)
    )


def _why(doubt: Doubt) -> str:
    if doubt.kind == ContradictionKind.STAFF:
        return "This is a staff account, nobody's until you say whose"
    if doubt.kind == ContradictionKind.NUMBER:
        return f"Only a {doubt.identifier_kind} leads to the first, and it may have been somebody else's before"
    if doubt.kind == ContradictionKind.UNPROVEN:
        return f"Only a {doubt.identifier_kind} leads to the first that somebody typed and nobody has proven"
    if doubt.identifier_kind:
        return f"These share one {doubt.identifier_kind}"
    if len(doubt.sides) == 1:
        return "The name of who asks does not agree with these"
    return "These have names that do not agree"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in counts.items() if number)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
