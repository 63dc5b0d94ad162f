"""What the command line does where there is only the API: of every command it is known whether it goes there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Said, run_here
from tests.cli.test_separation import LISTS, NOT_THERE, TRIED, every_command, filled
from workers.cli.exits import ExitCode
from workers.cli.letter import TRY_AGAIN

ON_THE_SERVER: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "policy show": ("the policies' files", ()),
    "policy check": ("the policies' files", ()),
    "letter preview": ("the policies' files, and the controller's own letters", ()),
    "system manifest": ("the settings, and the system itself", ()),
    "evidence hand-over": ("a whole controller's evidence, with what it takes to read it", ()),
    "evidence keys": ("the public keys, from where they lie: an auditor is to have them from there", ()),
    "retention forget": ("shreds keys at once, with what the storage has", ()),
    "ledger migrate": ("the operator's", ()),
    "ledger compare": ("the operator's", ()),
    "ledger restart": ("the operator's", ("--by", "noor")),
    "keys list": ("the operator's", ()),
    "keys new": ("the operator's", ()),
}
"""Why it is given on the server, and its words where no other test has any."""
NO_INSTALLATION = {"law regimes", "law compute", "law show", "law reasons", "letter list", "system map init"}
PROCESSES = {
    "up", "demo", "bench", "mailbox", "worker", "desk", "codec-server", "bootstrap", "doctor", "keys seal",
    "system map check",
}  # fmt: skip
"""What runs on the server, or brings its own; they are not begun here."""
OTHERS: Mapping[str, tuple[str, ...]] = {
    "request import": ("{csv}", "--by", "noor"),
    "retention sweep": ("--now",),
    "letter bounced": ("{csv}",),
    "webhook add": ("https://crm.example/x", "--by", "noor"),
    "webhook remove": ("x", "--by", "noor"),
    "webhook test": ("x",),
    "webhook enable": ("x",),
    "session end": ("noor", "--by", "noor"),
    "token create": ("--as", "noor", "--title", "x", "--scope", "requests:read", "--by", "noor"),
    "watch": (),
}
OVER_THE_API = {*TRIED, *LISTS, *OTHERS} - ON_THE_SERVER.keys()


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[Said]]:
    """A machine that has an address where nobody answers, a token, and nothing else."""
    monkeypatch.setenv("HABEAS_API", "http://127.0.0.1:1")
    monkeypatch.setenv("HABEAS_TOKEN", "hbt_0")
    monkeypatch.delenv("HABEAS_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("right,emails\naccess,a@b.example\n", encoding="utf-8")

    async def says(name: str) -> Said:
        kind, words = TRIED.get(name, ("", OTHERS.get(name, LISTS.get(name, ON_THE_SERVER.get(name, ("", ()))[1]))))
        given = filled(words, NOT_THERE.get(kind, ""), tmp_path)
        return await asyncio.to_thread(run_here, *name.split(), *(one.replace("{csv}", "rows.csv") for one in given))

    return says


def test_of_every_command_it_is_known_where_it_is_given() -> None:
    places = (OVER_THE_API, {*ON_THE_SERVER}, NO_INSTALLATION, PROCESSES)
    assert set().union(*places) == every_command()
    assert sum(map(len, places)) == len(every_command())


@pytest.mark.parametrize("name", sorted(OVER_THE_API))
async def test_it_goes_to_the_address(away: Callable[..., Awaitable[Said]], name: str) -> None:
    said = await away(name)
    assert said.code == (TRY_AGAIN if name == "letter bounced" else ExitCode.UNAVAILABLE), said
    assert "The API does not answer" in said.err


@pytest.mark.parametrize("name", sorted(ON_THE_SERVER))
async def test_it_says_that_it_is_given_on_the_server(away: Callable[..., Awaitable[Said]], name: str) -> None:
    said = await away(name)
    assert (said.code, "on the server" in said.err) == (ExitCode.BAD_INPUT, True), said


async def test_a_report_is_not_given_up_because_the_token_is_over(
    away: Callable[..., Awaitable[Said]], served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HABEAS_API", served)
    said = await away("letter bounced")
    assert (said.code, "valid" in said.err) == (TRY_AGAIN, True)
