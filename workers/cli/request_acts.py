"""The acts on an open request. Each says who and why, and may be repeated under its ``--act-id``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel

from habeas.acts import IN_PART, NOTHING_ANEW, WITHOUT_COPY, ActAnswer, ActKind
from habeas.errors import BadInput
from habeas.model import PauseReason
from workers.cli.options import ActId, By, Reason, Reference, identifier_texts
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from activities.outside import AskedOutside
    from activities.stated import Stated

app = typer.Typer()

AlsoAsked = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DATE", help="A day on which they asked outside of Habeas (or it was denied). May be repeated."
    ),
]
AlsoAskedRecord = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Where that is written down; sealed. Needed with --also-asked.")
]
StatedWhat = Annotated[
    str | None,
    typer.Option(
        "--stated",
        metavar="TEXT",
        help="What the law wants stated of the ground: a reference, how an authority was told, who decides. Sealed.",
    ),
]
StatedOn = Annotated[str | None, typer.Option(metavar="DATE", help="When it was allowed, or the authority was told.")]
System = Annotated[str, typer.Argument(metavar="SYSTEM", help="The system's name, as `habeas system list` says.")]


@command(
    app,
    "verify",
    epilog="Examples:\n\n`habeas request verify HB-7K2M-X4QT-90AB --code 12345678`\n\n"
    '`habeas request verify HB-7K2M-X4QT-90AB --attest "passport shown at the counter" --by Kim`',
)
async def verify(
    shell: Shell,
    reference: Reference,
    code: Annotated[str | None, typer.Option(help="The one-time code from the person's letter.")] = None,
    attest: Annotated[str | None, typer.Option(metavar="HOW", help="Say how you know who it is.")] = None,
    resend: Annotated[bool, typer.Option("--resend", help="Send another code; the older one ends.")] = False,
    by: Annotated[str, typer.Option("--by", envvar="HABEAS_BY", metavar="NAME", help="Who does it.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why another code; sealed.")] = "",
    act_id: ActId = None,
) -> None:
    """Prove who is asking: by the code, by your word, or with another code."""
    from workers.office import read_reference

    if sum((code is not None, attest is not None, resend)) != 1:
        raise BadInput("Give one of --code, --attest and --resend.")
    request_id = read_reference(reference)
    async with shell.office() as office:
        if code is not None:
            answer = await office.submit_code(request_id, code)
        elif attest is not None:
            answer = await office.act(ActKind.ATTEST, request_id, by=by, reason=attest, act_id=act_id)
        else:
            answer = await office.act(ActKind.RESEND_CODE, request_id, by=by, reason=reason, act_id=act_id)
    _say(shell, request_id, answer)


@command(
    app, "approve", epilog='Example: `habeas request approve HB-7K2M-X4QT-90AB --plan 3fa4… --by Kim --reason "seen"`'
)
async def approve(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    plan: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Erasure: the plan you saw (its first 12 characters do).")
    ] = None,
    without_copy: Annotated[
        bool,
        typer.Option("--without-copy", help="Erasure: although a copy of theirs is not answered; the reason says why."),
    ] = False,
    in_part: Annotated[
        bool,
        typer.Option("--in-part", help="Appeal, complaint: granted, but not in everything; the reason says which."),
    ] = False,
    nothing_anew: Annotated[
        bool, typer.Option("--nothing-anew", help="Appeal, complaint: granted, and nothing is to be carried out anew.")
    ] = False,
    act_id: ActId = None,
) -> None:
    """Approve the release of an export, or exactly this plan of an erasure; grant an appeal or a complaint."""
    from workers.office import read_reference

    said = {WITHOUT_COPY: without_copy, IN_PART: in_part, NOTHING_ANEW: nothing_anew}
    grounds = [ground for ground, given in said.items() if given]
    if len(grounds) > 1:
        raise BadInput(f"{grounds[1]}: not together with {grounds[0]}.", field=grounds[1])

    request_id = read_reference(reference)
    async with shell.office() as office:
        digest = await office.plan_digest(request_id, plan) if plan is not None else None
        ground = next(iter(grounds), None)
        answer = await office.act(
            ActKind.APPROVE, request_id, by=by, reason=reason, act_id=act_id, plan=digest, ground=ground
        )
    _say(shell, request_id, answer)


@command(app, "refuse")
async def refuse(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    ground: Annotated[str, typer.Option(help="A ground the law knows, as a code: manifestly_unfounded, excessive, …")],
    also_asked: AlsoAsked = None,
    also_asked_record: AlsoAskedRecord = None,
    stated: StatedWhat = None,
    stated_on: StatedOn = None,
    act_id: ActId = None,
) -> None:
    """Refuse the request; the person is told the reasons and where to complain."""
    said = stated_of(stated, stated_on)
    outside = _outside(also_asked, also_asked_record)
    await _act(shell, ActKind.REFUSE, reference, by, reason, act_id, ground=ground, sealed=outside, stated=said)


@command(
    app,
    "extend",
    epilog="Example: `habeas request extend HB-7K2M-X4QT-90AB --ground large_quantity --until 2027-03-01 --by Kim "
    '--reason "twelve years of letters"`',
)
async def extend(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    ground: Annotated[str, typer.Option(help="A ground the regime knows: complexity, number_of_requests, …")],
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The day of the answer; needed where the law sets none (NZ, CH, SG, KR)."),
    ] = None,
    act_id: ActId = None,
) -> None:
    """Extend the term; the person is told why and until when, before the first term ends."""
    await _act(shell, ActKind.EXTEND, reference, by, reason, act_id, ground=ground, expected_on=until)


@command(
    app,
    "exempt",
    epilog="Example: `habeas request exempt HB-7K2M-X4QT-90AB support_chat --ground rights_of_others --by Kim "
    '--reason "it names colleagues"`',
)
async def exempt(
    shell: Shell,
    reference: Reference,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="Which kind of data, as the policy names it.")],
    by: By,
    reason: Reason,
    ground: Annotated[str, typer.Option(help="A ground the law knows, as a code: rights_of_others, legal_claims, …")],
    also_asked: AlsoAsked = None,
    also_asked_record: AlsoAskedRecord = None,
    stated: StatedWhat = None,
    stated_on: StatedOn = None,
    act_id: ActId = None,
) -> None:
    """Refuse a part: one category of data. The rest is carried out; the person is told what was refused, and why."""
    said, outside = stated_of(stated, stated_on), _outside(also_asked, also_asked_record)
    await _act(
        shell,
        ActKind.EXEMPT,
        reference,
        by,
        reason,
        act_id,
        ground=ground,
        category=category,
        sealed=outside,
        stated=said,
    )


@command(
    app,
    "ask",
    epilog='Example: `habeas request ask HB-7K2M-X4QT-90AB --question "Which of your two accounts?" --by Kim`\n\n'
    "Nothing is handed over before `habeas request resume` says that the answer is there.",
)
async def ask(
    shell: Shell,
    reference: Reference,
    by: By,
    question: Annotated[str, typer.Option(metavar="TEXT", help="What you ask, as the person will read it.")],
    about: Annotated[
        str, typer.Option("--for", help="clarification, identity or particulars: what the law's clock may wait for.")
    ] = PauseReason.CLARIFICATION.value,
    reply_by: Annotated[str | None, typer.Option(metavar="DATE", help="By when you would like the answer.")] = None,
    act_id: ActId = None,
) -> None:
    """Ask the person something; the clock waits where the law lets it, and the letter says whether it does."""
    await _act(shell, ActKind.ASK, reference, by, question, act_id, pause_reason=about, expected_on=reply_by)


@command(
    app,
    "charge",
    epilog='Example: `habeas request charge HB-7K2M-X4QT-90AB --amount "EUR 12.50" --ground excessive --by Kim '
    '--reason "the fourth copy this month"`\n\nNothing is handed over before `habeas request resume` says that it is '
    "paid. Not paid: refuse, or resume for free.",
)
async def charge(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why, as the person will read it.")],
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="With its currency: EUR 12.50.")],
    ground: Annotated[str | None, typer.Option(help="Why the law allows it here: excessive, further_copies, …")] = None,
    how_to_pay: Annotated[str | None, typer.Option(metavar="TEXT", help="As the person will read it.")] = None,
    also_asked: AlsoAsked = None,
    also_asked_record: AlsoAskedRecord = None,
    act_id: ActId = None,
) -> None:
    """Ask a fee, where the law allows one; the clock waits for it where the law says so."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.charge(
            request_id,
            by=by,
            reason=reason,
            amount=amount,
            ground=ground,
            how_to_pay=how_to_pay,
            outside=_outside(also_asked, also_asked_record),
            act_id=act_id,
        )
    _say(shell, request_id, answer)


@command(
    app,
    "announce-delay",
    epilog="Example: `habeas request announce-delay HB-7K2M-X4QT-90AB --expected 2027-02-15 --by Kim "
    '--reason "the archive is being moved"`',
)
async def announce_delay(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why, as the person will read it.")],
    expected: Annotated[str, typer.Option(metavar="DATE", help="On which day you expect to answer.")],
    act_id: ActId = None,
) -> None:
    """Tell the person why it takes longer and when the answer will come. The law's term stays as it is."""
    await _act(shell, ActKind.ANNOUNCE_DELAY, reference, by, reason, act_id, expected_on=expected)


@command(app, "pause")
async def pause(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    waiting_for: Annotated[str, typer.Option("--for", help="identity, clarification, fee or particulars.")],
    act_id: ActId = None,
) -> None:
    """Stop the clock while something is awaited from the person, where the law allows it."""
    await _act(shell, ActKind.PAUSE, reference, by, reason, act_id, pause_reason=waiting_for)


@command(app, "resume")
async def resume(shell: Shell, reference: Reference, by: By, reason: Reason, act_id: ActId = None) -> None:
    """What was awaited is there: an answer, a proof, a fee. The clock runs again."""
    await _act(shell, ActKind.RESUME, reference, by, reason, act_id)


@command(app, "withdraw")
async def withdraw(shell: Shell, reference: Reference, by: By, reason: Reason, act_id: ActId = None) -> None:
    """The person does not want it any more."""
    await _act(shell, ActKind.WITHDRAW, reference, by, reason, act_id)


@command(app, "retry-system")
async def retry_system(
    shell: Shell, reference: Reference, system: System, by: By, reason: Reason, act_id: ActId = None
) -> None:
    """Try a system again now that its cause is mended."""
    await _act(shell, ActKind.RETRY_SYSTEM, reference, by, reason, act_id, system=system)


@command(app, "skip-system")
async def skip_system(
    shell: Shell, reference: Reference, system: System, by: By, reason: Reason, act_id: ActId = None
) -> None:
    """Go on without a system; the letter names it."""
    await _act(shell, ActKind.SKIP_SYSTEM, reference, by, reason, act_id, system=system)


@command(app, "release")
async def release(shell: Shell, reference: Reference, by: By, reason: Reason, act_id: ActId = None) -> None:
    """Go on without every system that is being waited for; of a closed request, send one more download link."""
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.release(request_id, by=by, reason=reason, act_id=act_id)
    _say(shell, request_id, answer)


@command(app, "add-identifier")
async def add_identifier(
    shell: Shell,
    reference: Reference,
    by: By,
    reason: Reason,
    email: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    identifier: Annotated[list[str] | None, typer.Option(metavar="KIND=VALUE", help="May be repeated.")] = None,
    act_id: ActId = None,
) -> None:
    """One more way to know the person: every system is asked again."""
    from workers.office import read_reference, split_identifier

    request_id = read_reference(reference)
    found = tuple(split_identifier(text) for text in identifier_texts(email, phone, identifier))
    async with shell.office() as office:
        answer = await office.add_identifier(request_id, by=by, reason=reason, identifiers=found, act_id=act_id)
    _say(shell, request_id, answer)


async def _act(
    shell: Shell,
    kind: ActKind,
    reference: str,
    by: str,
    reason: str,
    act_id: str | None,
    *,
    system: str | None = None,
    ground: str | None = None,
    pause_reason: str | None = None,
    category: str | None = None,
    expected_on: str | None = None,
    sealed: BaseModel | None = None,
    stated: Stated | None = None,
) -> None:
    from workers.office import read_reference

    request_id = read_reference(reference)
    async with shell.office() as office:
        answer = await office.act(
            kind,
            request_id,
            by=by,
            reason=reason,
            act_id=act_id,
            sealed=sealed,
            stated=stated,
            system=system,
            ground=ground,
            pause_reason=pause_reason,
            category=category,
            expected_on=expected_on,
        )
    _say(shell, request_id, answer)


def stated_of(what: str | None, on: str | None) -> Stated | None:
    """What is stated of a ground, as it was typed.

    Raises:
        BadInput: a day that is none, or a day without what is stated.
    """
    from workers.office.grounds import stated

    return stated(what, on)


def _outside(days: list[str] | None, record: str | None) -> AskedOutside | None:
    from workers.office import asked_outside

    return asked_outside(days or (), record)


def _say(shell: Shell, request_id: str, answer: ActAnswer) -> None:
    note = (answer.note or "done").replace("_", " ")
    shell.answer(
        {"request_id": request_id, **answer.model_dump(mode="json")},
        f"[bold]{request_id}[/]: {note}. Stage: {answer.stage.value}.",
    )
