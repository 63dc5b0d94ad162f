"""Two controllers in one installation: every command tried with what is another's shows and does nothing.

Whatever is another's is, to the letter, what is not there: the answer does not tell which.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from activities.ledger import Act, Letter
from activities.task_model import TaskBrief, TaskPhase, brief_name
from habeas.model import Identifier, Right, Stage
from tests.cli.conftest import Said, run_here
from tests.office.world import POLICIES, World
from workers.cli.app import PLACES, _load
from workers.cli.exits import ExitCode
from workers.office.holds import NewHoldInput

WHO = ("--by", "noor", "--reason", "curious")
ACT = (*WHO, "--act-id")

# By command, its words besides --config; {} is what is another's, or what is not there.
OF_A_REQUEST: Mapping[str, tuple[str, ...]] = {
    "request show": ("{}",),
    "request timeline": ("{}",),
    "request plan": ("{}", *WHO),
    "request match": ("{}", *WHO),
    "request error": ("{}", "0" * 12, *WHO),
    "request messages": ("{}", *WHO),
    "request download": ("{}", *WHO, "--to", "{new}"),
    "request verify": ("{}", *WHO, "--resend"),
    "request approve": ("{}", *WHO, "--plan", "0" * 12),
    "request refuse": ("{}", *WHO, "--ground", "manifestly_unfounded"),
    "request extend": ("{}", *WHO, "--ground", "complexity"),
    "request exempt": ("{}", "contact", *WHO, "--ground", "manifestly_unfounded"),
    "request ask": ("{}", "--by", "noor", "--question", "Which shop?"),
    "request charge": ("{}", *WHO, "--amount", "EUR 5"),
    "request announce-delay": ("{}", *WHO, "--expected", "2027-01-31"),
    "request pause": ("{}", *WHO, "--for", "identity"),
    "request resume": ("{}", *WHO),
    "request withdraw": ("{}", *WHO),
    "request retry-system": ("{}", "crm", *WHO),
    "request skip-system": ("{}", "crm", *WHO),
    "request release": ("{}", *WHO),
    "request add-identifier": ("{}", *WHO, "--email", "x@y.example"),
    "request collected": ("{}", *WHO),
    "request attachment": ("{}", "crm/0/0/000000000000", "1", *WHO, "--to", "{new}"),
    "request redactions": ("{}", *WHO),
    "request redact": ("{}", *WHO, "--ground", "rights_of_others", "--text", "Bo"),
    "request unredact": ("{}", "0" * 8, *WHO),
    "request contest": ("{}", *WHO, "--correction", "1"),
    "request take": ("{}", "--by", "noor"),
    "request hand": ("{}", "--by", "noor", "--to", "noor"),
    "recipient list": ("{}",),
    "recipient acknowledge": ("{}", "carrier", *WHO),
    "evidence verify": ("{}",),
    "evidence pack": ("{}", *WHO, "--to", "{new}"),
    "retention forget": ("{}", "--by", "noor"),
    "restriction lift": ("{}", *WHO),
    "restriction lifted": ("{}", *WHO, "--system", "crm"),
}
OF_SOMETHING_ELSE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "task show": ("task", ("{}", *WHO)),
    "task done": ("task", ("{}", *WHO, "--nothing")),
    "hold lift": ("hold", ("{}", *WHO)),
    "letter handed": ("letter", ("{}", *WHO)),
    "letter read": ("letter", ("{}", *WHO)),
    "system check": ("system", ("{}",)),
    "system manifest": ("system", ("{}",)),
    "system retry": ("system", ("{}", *WHO)),
    "token revoke": ("token", ("{}", "--by", "noor")),
    "policy show": ("controller", ("{}",)),
    "letter preview": ("controller", ("refusal", "--controller", "{}")),
    "evidence hand-over": ("controller", ("{}", *WHO, "--to", "{new}")),
    "request open": (
        "controller",
        ("--right", "access", "--email", "a@b.example", "--by", "noor", "--controller", "{}"),
    ),
    "request find": ("controller", (*WHO, "--email", "a@b.example", "--controller", "{}")),
    "hold place": ("controller", ("--provision", "Case 1", *WHO, "--everything", "--controller", "{}")),
    "retention due": ("controller", ("--controller", "{}")),
    "erasures replay": (
        "controller",
        ("--since", "2026-01-01", *WHO, "--dry-run", "--controller", "{}"),
    ),
    "forecast": ("controller", ("--controller", "{}")),
    "report": ("controller", ("--controller", "{}", "--from", "2026-01-01", "--to", "2026-12-31")),
}
LISTS: Mapping[str, tuple[str, ...]] = {
    "request list": (),
    "task list": ("--all",),
    "hold list": ("--lifted",),
    "restriction list": ("--lifted",),
    "letter to-hand-over": (),
    "retention due": (),
    "system list": (),
    "policy check": (),
    "forecast": (),
    "token list": (),
    "evidence searches": (),
    "webhook list": (),
}
NOBODYS = {
    "request import": "opens what `request open` does; its rows are tried below",
    "retention sweep": "tried below",
    "letter list": "the kinds there are",
    "letter bounced": "the mail server's, and it learns nothing",
    "law regimes": "the law",
    "law compute": "the law",
    "law show": "the law",
    "law reasons": "the law",
    "webhook add": "names its controller as `request open` does; tests/office/test_webhooks.py",
    "webhook remove": "tests/office/test_webhooks.py",
    "webhook test": "tests/office/test_webhooks.py",
    "webhook enable": "tests/office/test_webhooks.py",
    "session end": "the administrator's: it tells of nothing",
    "token create": "reaches whom its maker may make one for: tests/office/test_roles.py",
    "system map init": "a file and a database that are given",
    "system map check": "a file and a database that are given",
    "ledger migrate": "the operator's",
    "ledger compare": "the operator's: it names requests and nobody",
    "ledger restart": "the operator's: it names requests and nobody",
    "bootstrap": "the operator's",
    "doctor": "the operator's: it names no request and nobody",
    "evidence keys": "public, and the installation's",
    "watch": "tells of codes only, as the systems' page does: tests/ledger/test_watching.py",
    "keys list": "the operator's; shows no key",
    "keys new": "the operator's",
    "keys seal": "the operator's",
    "up": "the operator's",
    "demo": "the operator's",
    "bench": "the operator's",
    "mailbox": "the embedded stack's, for trying out",
    "worker": "the operator's",
    "codec-server": "what it opens for whom is tried in tests/api/test_codec.py",
    "desk": "its pages are tried in tests/desk",
}


@dataclass
class Two:
    """What kim's controller has, and how noor, of the other one, gives commands."""

    noor: Callable[..., Awaitable[Said]]
    kim: Callable[..., Awaitable[Said]]
    theirs: Mapping[str, str]
    here: World


@pytest.fixture
async def two(here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Two:
    config = here.settings_file(tmp_path)
    demo = (POLICIES / "demo.toml").read_text(encoding="utf-8")
    for name, account in (("demo", "kim"), ("other", "noor")):
        text = demo.replace('id = "demo"', f'id = "{name}"').replace(
            '# [staff]\n# accounts = ["ane", "bo"]', f'[staff]\naccounts = ["{account}", "second-{account}"]'
        )
        if name == "other":
            for ours, other in (("crm", "till"), ("billing", "books"), ("support", "desk")):
                text = text.replace(f'"{ours}"', f'"{other}"')
        (tmp_path / "controllers" / f"{name}.toml").write_text(text, encoding="utf-8")
    with config.open("a", encoding="utf-8") as settings:
        for name in ("crm", "till"):
            settings.write(f'[systems.{name}]\nconnector = "manual"\ntitle = "On paper"\n')
            settings.write('collections = [{ name = "files", category = "contact" }]\n')
    opened = await here.proven(here.person())
    await here.reach(opened, Stage.CLOSED)
    hold = await here.office.place_hold(
        NewHoldInput(
            controller="demo", provision="Case 2026/114", reason="claim", identifiers=(_email("held@x.example"),)
        ),
        by="kim",
    )
    made = await here.office.for_staff("kim").make_token("kim", title="SECRET WORDS", may=("agent",), by="kim")
    letter, task, now = str(uuid.uuid4()), str(uuid.uuid4()), here.office._now()
    async with here.ledger.begin() as tx:
        await tx.queue_letter(
            Letter(
                id=letter, request_id=opened, kind="acknowledgement", language="en", dedupe="by-hand",
                recipient_role="staff", queued_at=now, to="dpo@nordlys.example", subject="s", text="SECRET WORDS",
            )
        )  # fmt: skip
        brief = TaskBrief(system="crm", title="On paper", phase=TaskPhase.FIND, right=Right.ACCESS)
        await tx.seal(opened, brief_name(task), brief)
        await tx.open_task(task, opened, system="crm", phase="find", at=now, due_on=None)
    theirs = {
        "request": opened, "hold": hold.hold.id, "letter": letter, "task": task, "system": "crm", "controller": "demo",
        "token": made.token.id,
    }  # fmt: skip

    def of(account: str) -> Callable[..., Awaitable[Said]]:
        async def says(*words: str) -> Said:
            monkeypatch.setenv("HABEAS_BY", account)
            return await asyncio.to_thread(run_here, *words, "--config", str(config))

        return says

    return Two(noor=of("noor"), kim=of("kim"), theirs=theirs, here=here)


def _email(address: str) -> Identifier:
    return Identifier(kind="email", value=address)


NOT_THERE = {
    "request": "HB-0000-0000-0000",
    "hold": str(uuid.UUID(int=7)),
    "letter": str(uuid.UUID(int=7)),
    "task": str(uuid.UUID(int=7)),
    "system": "nowhere",
    "token": "0" * 12,
    "controller": "nobody",
}
TRIED = {**{name: ("request", words) for name, words in OF_A_REQUEST.items()}, **OF_SOMETHING_ELSE}


def filled(words: tuple[str, ...], one: str, folder: Path) -> tuple[str, ...]:
    fills = {"{}": one, "{new}": str(folder / f"{uuid.uuid4()}.zip")}
    return tuple(fills.get(word, word) for word in words)


async def test_what_is_anothers_is_what_is_not_there(two: Two, tmp_path: Path) -> None:
    before = await two.kim("request", "timeline", two.theirs["request"], "--json")
    differ: dict[str, tuple[Said, Said]] = {}
    for name, (kind, words) in TRIED.items():
        theirs, none = [
            await two.noor(*name.split(), *filled(words, one, tmp_path)) for one in (two.theirs[kind], NOT_THERE[kind])
        ]
        # It may repeat what it was given.
        if repr(theirs).replace(two.theirs[kind], NOT_THERE[kind]) != repr(none) or theirs.code == ExitCode.OK:
            differ[name] = (theirs, none)
    assert differ == {}
    after = await two.kim("request", "timeline", two.theirs["request"], "--json")
    assert after.json == before.json


async def test_its_own_staff_are_answered_otherwise(two: Two, tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    for name, (kind, words) in TRIED.items():
        if name in {"request open", "system check", "system manifest", "retention forget"}:
            continue
        given = tuple("kim" if word == "noor" else word for word in words)
        mine, none = [
            await two.kim(*name.split(), *filled(given, one, tmp_path)) for one in (two.theirs[kind], NOT_THERE[kind])
        ]
        assert "unexpected extra" not in mine.err + mine.out, name
        assert repr(mine).replace(two.theirs[kind], NOT_THERE[kind]) != repr(none), name


async def test_lists_are_of_ones_own(two: Two) -> None:
    for name, words in LISTS.items():
        said = await two.noor(*name.split(), *words, "--json")
        assert said.code in {ExitCode.OK, ExitCode.CONFIGURATION}, (name, said)
        shown = said.out + said.err
        assert not [one for one in two.theirs.values() if f'"{one}"' in shown], name
        assert "demo.toml" not in shown, name
    assert two.theirs["request"] in (await two.kim("request", "list", "--limit", "1000", "--json")).out
    assert "demo.toml" in (await two.kim("policy", "check", "--json")).out
    assert '"crm"' in (await two.kim("system", "list", "--json")).out


async def test_nothing_is_imported_for_anothers_controller(two: Two, tmp_path: Path) -> None:
    said: list[str] = []
    for controller in ("demo", "nobody"):
        file = tmp_path / f"{controller}.csv"
        file.write_text(f"right,emails,controller\naccess,a@b.example,{controller}\n", encoding="utf-8")
        answer = await two.noor("request", "import", str(file), "--by", "noor", "--json")
        said.append((answer.out + answer.err).replace(str(file), ""))
    assert said[0] == said[1]
    assert '"created": 1' not in said[0]


async def test_an_id_that_belongs_to_anothers_act_or_hold_is_refused_and_changes_neither(two: Two) -> None:
    opened = await two.noor(
        "request", "open", "--right", "access", "--email", "n@b.example", "--by", "noor", "--controller", "other",
        "--json",
    )  # fmt: skip
    act = Act(
        id=str(uuid.uuid4()), request_id=two.theirs["request"], kind="withdraw", actor="kim", reason="theirs",
        proposed_at=two.here.office._now(),
    )  # fmt: skip
    async with two.here.ledger.begin() as tx:
        await tx.propose_act(act)
    said = await two.noor("request", "withdraw", opened.json["id"], *ACT, act.id, "--json")
    assert (said.code, "belongs to another act" in said.error["message"]) == (ExitCode.BAD_INPUT, True)
    async with two.here.ledger.begin() as tx:
        assert await tx.act(act.id) == act
    held = ("--provision", "Case 1", *WHO, "--everything", "--controller", "other", "--hold-id", two.theirs["hold"])
    said = await two.noor("hold", "place", *held, "--json")
    assert (said.code, "belongs to another hold" in said.error["message"]) == (ExitCode.BAD_INPUT, True)


async def test_a_sweep_of_everybodys_is_not_started_by_staff_of_one(two: Two) -> None:
    said = await two.noor("retention", "sweep", "--now", "--json")
    assert (said.code, said.error["code"]) == (ExitCode.NOT_NOW, "not_allowed")
    assert said.out == ""


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    if inside := getattr(command, "commands", None):
        for name, inner in inside.items():
            yield from _commands(inner, (*path, name))
    else:
        yield " ".join(path)


def every_command() -> set[str]:
    """Of the whole command line."""
    return {name for place in PLACES for name in _commands(_load(place, PLACES[place]), (place,))}


def test_every_command_is_tried() -> None:
    """A new one must be added above, or to `NOBODYS` with the reason why it needs no look."""
    assert every_command() == {*TRIED, *LISTS, *NOBODYS}
