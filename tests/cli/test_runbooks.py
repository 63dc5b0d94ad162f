"""Runbooks, followed to the letter: a store whose password is replaced, and a mail server that refuses us."""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from activities.mail import SmtpServer
from tests.cli.conftest import Said, run_here, with_systems
from tests.deploy.external import ROOT
from tests.office.world import PATIENCE, World
from workers.postgres import EmbeddedPostgres

RUNBOOKS = ROOT / "docs/runbooks"
SAMPLES = ROOT / "deploy/samples"


def steps(runbook: str) -> list[list[str]]:
    """The command lines of a runbook, in their order."""
    text = (RUNBOOKS / f"{runbook}.md").read_text()
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines() if line.strip()]


@asynccontextmanager
async def store(server: EmbeddedPostgres) -> AsyncIterator[tuple[asyncpg.Connection, str]]:
    """The sample CRM's tables, empty, and a role that may use them; its password is ``old``."""
    name = f"crm_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(server.dsn(server.create_database(name).rpartition("/")[2]))
    await connection.execute((SAMPLES / "crm.sql").read_text())
    await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'old'")
    await connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
    try:
        yield connection, f"postgresql://{name}:{{}}@127.0.0.1:{server.port}/{name}"
    finally:
        await connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
        await connection.close()


async def test_a_systems_secret_is_replaced_by_its_runbook(
    here: World, postgres_server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, check, after, doctor, retry = steps("a-systems-secret")
    config = with_systems(here.settings_file(tmp_path))
    config.write_text(config.read_text().replace("elsewhere = true", "elsewhere = false", 1))
    await here.office.start_sweep()

    async def follow(words: list[str]) -> Said:
        return await asyncio.to_thread(run_here, *words, "--config", str(config), "--json")

    async with store(postgres_server) as (owner, url):
        monkeypatch.setenv("HABEAS_SYSTEMS__CRM__URL", url.format("old"))
        assert (await follow(look)).code == 0
        role = url.split("//")[1].split(":")[0]
        await owner.execute(f"ALTER ROLE {role} PASSWORD 'new'")
        sick = await follow(doctor)
        assert (sick.code, "system crm" in _wrong(sick)) == (1, True)
        monkeypatch.setenv("HABEAS_SYSTEMS__CRM__URL", url.format("new"))
        for words in (check, after, doctor, retry):
            followed = await follow(words)
            assert followed.code == 0, (words, followed.out, followed.err)


def _wrong(said: Said) -> set[str]:
    return {one["check"] for one in said.json["findings"] if one["level"] == "wrong"}


class Account:
    """A mail server that takes letters from one account, whose password changes."""

    def __init__(self) -> None:
        self.password = b"old"
        self.refused = asyncio.Event()
        self.taken: list[EmailMessage] = []

    def __call__(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == self.password
        if not right:
            self.refused.set()
        return AuthResult(success=right, handled=right)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # its name
        self.taken.append(EmailMessage())
        return "250 OK"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        def made() -> SMTP:
            with warnings.catch_warnings():  # of what is meant here: signing in on loopback without TLS
                warnings.simplefilter("ignore")
                return SMTP(self, authenticator=self, auth_required=True, auth_require_tls=False)

        server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


async def test_the_mail_account_is_replaced_by_its_runbook_and_no_letter_is_lost(
    here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = steps("the-mail-account")
    assert commands == [["doctor"]] * 3
    account = Account()
    config = with_systems(here.settings_file(tmp_path))
    await here.office.start_sweep()
    async with account.serving() as port:
        for name, value in (("PORT", str(port)), ("USERNAME", "habeas"), ("PASSWORD", "old")):
            monkeypatch.setenv(f"HABEAS_MAIL__{name}", value)
        account.password = b"new"
        _worker_has(here, monkeypatch, port, "old")
        request_id = await here.open(here.person())
        await asyncio.wait_for(account.refused.wait(), PATIENCE)
        sick = await _doctor(config)
        assert _wrong(sick) == {"mail"}

        monkeypatch.setenv("HABEAS_MAIL__PASSWORD", "new")
        assert _wrong(await _doctor(config)) == set()
        _worker_has(here, monkeypatch, port, "new")
        async with asyncio.timeout(PATIENCE):
            while {letter.state for letter in await _letters(here, request_id)} != {"sent"}:
                pass
        assert _wrong(await _doctor(config)) == set()


def _worker_has(here: World, monkeypatch: pytest.MonkeyPatch, port: int, password: str) -> None:
    """Restart it with this account."""
    server = SmtpServer(host="127.0.0.1", port=port, username="habeas", password=SecretStr(password))
    monkeypatch.setattr(here.parts.mailer, "_server", server)


async def _doctor(config: Path) -> Said:
    return await asyncio.to_thread(run_here, "doctor", "--config", str(config), "--json")


async def _letters(here: World, request_id: str) -> Any:
    async with here.ledger.begin() as tx:
        return await tx.letters(request_id)
