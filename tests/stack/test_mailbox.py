"""The development mailbox keeps every letter once, shows it safely, and is reachable from this machine only."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx2
import pytest
from fastapi import FastAPI

from workers.inbox import inbox_app
from workers.mailbox import NotLoopback, messages, serve, smtp_server
from workers.maildir import Maildir
from workers.process import LOOPBACK, free_port


def letter(message_id: str = "<one@habeas.test>", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "privacy@controller.test"
    message["To"] = "Zoë <zoe@person.test>"
    message["Subject"] = "Your request – Übersicht"
    message["Message-ID"] = message_id
    message.set_content("Follow it at http://127.0.0.1:8470/r/abc.\n<b>not bold</b>\n" + "long line " * 200)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


@pytest.fixture
async def smtp_port(tmp_path: Path) -> AsyncIterator[int]:
    async with smtp_server(tmp_path) as port:
        yield port


async def send(port: int, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=LOOPBACK, port=port)


async def test_a_letter_is_kept_whole(tmp_path: Path, smtp_port: int) -> None:
    await send(smtp_port, letter())
    (mail,) = messages(tmp_path)
    assert mail.subject == "Your request – Übersicht"
    assert mail.recipients == ("zoe@person.test",)
    assert mail.text.replace("\r\n", "\n").startswith(
        "Follow it at http://127.0.0.1:8470/r/abc.\n<b>not bold</b>\nlong"
    )
    assert "zoe" not in repr(mail)


async def test_the_same_letter_sent_again_is_kept_once(tmp_path: Path, smtp_port: int) -> None:
    await asyncio.gather(*(send(smtp_port, letter()) for _ in range(5)))
    await send(smtp_port, letter("<two@habeas.test>"))
    newest, oldest = messages(tmp_path)
    assert (newest.message["Message-ID"], oldest.message["Message-ID"]) == ("<two@habeas.test>", "<one@habeas.test>")
    assert not any((tmp_path / "mail" / "tmp").iterdir())


async def test_letters_without_an_id_are_different_letters(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path / "mail")
    assert [maildir.keep(b"Subject: a\r\n\r\nb", "a@x.test", ["b@x.test"])[1] for _ in range(2)] == [True, True]


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    app: FastAPI = inbox_app(Maildir(tmp_path / "mail"))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


async def test_the_page_lists_letters_and_shows_one_without_running_it(
    tmp_path: Path, inbox: httpx2.AsyncClient
) -> None:
    assert "No letters yet" in (await inbox.get("/")).text
    content = letter(html="<script>alert(1)</script><a href='http://127.0.0.1:8470/d/x'>Download</a>").as_bytes()
    mail_id, _ = Maildir(tmp_path / "mail").keep(content, "privacy@controller.test", ["zoe@person.test"])
    listed = await inbox.get("/")
    assert f"/letters/{mail_id}" in listed.text
    page = await inbox.get(f"/letters/{mail_id}")
    assert "&lt;b&gt;not bold&lt;/b&gt;" in page.text
    assert '<a href="http://127.0.0.1:8470/r/abc" target="_blank" rel="noopener noreferrer">' in page.text
    assert "<script>" not in page.text
    shown = await inbox.get(f"/letters/{mail_id}/html")
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize("path", ["/letters/none", "/letters/..%2F..%2Fhabeas.toml", "/letters/../../habeas.toml"])
async def test_what_is_no_letter_is_not_found(inbox: httpx2.AsyncClient, path: str) -> None:
    assert (await inbox.get(path)).status_code == 404


async def test_the_page_answers_to_its_own_name_only(inbox: httpx2.AsyncClient) -> None:
    assert (await inbox.get("/", headers={"host": "evil.test"})).status_code == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "mail.test"])  # noqa: S104  it must be refused
async def test_it_refuses_to_be_reached_from_elsewhere(tmp_path: Path, host: str) -> None:
    with pytest.raises(NotLoopback):
        await serve(tmp_path, host=host)
    assert not (tmp_path / "mail").exists()


async def test_the_process_keeps_mail_and_ends_when_asked(tmp_path: Path) -> None:
    smtp_port, inbox_port = free_port(), free_port()
    words = ["--data-dir", str(tmp_path), "--smtp-port", str(smtp_port), "--inbox-port", str(inbox_port)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workers.mailbox",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = b""
    async with asyncio.timeout(30):
        while b"mailbox.ready" not in output:
            line = await process.stdout.readline()
            assert line, output.decode()
            output += line
    await send(smtp_port, letter())
    os.kill(process.pid, signal.SIGTERM)
    rest, _ = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0, rest.decode()
    assert len(messages(tmp_path)) == 1
    assert b"zoe" not in output + rest
