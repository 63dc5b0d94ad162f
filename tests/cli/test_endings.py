import os
import resource
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Habeas, run, run_here
from tests.office.world import World


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_help_is_quick_and_teaches() -> None:
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = await run("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert said.code == 0
    assert "Exit codes: 0 done" in " ".join(said.out.split())
    assert min(took) < 0.6, "seconds of CPU; 0.25 on a quiet machine"
    loaded = await run("request", "open", "--help")
    assert "habeas request open --right access" in loaded.out


def test_the_version_is_said_without_a_command() -> None:
    said = run_here("--version")
    assert (said.code, said.out) == (0, f"habeas {version('habeas')}\n")


def test_help_loads_nothing_it_does_not_show() -> None:
    script = "import sys; from workers.cli.app import run; run(['--help']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()  # noqa: S603 - our own Python
    assert not {"temporalio", "sqlalchemy", "pydantic", "structlog", "fastapi"} & set(loaded)


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (("request", "show", "HB-0000-0000-0000"), 2, "unknown_request"),
        (("request", "show", "nonsense"), 2, "bad_input"),
        (("request", "timeline", "HB-0000-0000-0000"), 2, "unknown_request"),
        (("evidence", "verify", "HB-0000-0000-0000"), 2, "unknown_request"),
        (("request", "list", "--stage", "nowhere"), 2, "bad_input"),
        (("request", "list", "--limit", "0"), 2, "usage"),
        (("request", "nothing"), 2, "usage"),
        (("nothing",), 2, "usage"),
        (("request", "open", "--right", "access", "--by", "Kim"), 2, "bad_input"),
        (("request", "verify", "HB-0000-0000-0000"), 2, "bad_input"),
        (("system", "check", "nothing"), 2, "bad_input"),
    ],
)
async def test_wrong_input_ends_with_2_and_says_what_to_do(
    habeas: Habeas, words: tuple[str, ...], code: int, name: str
) -> None:
    said, plain = await habeas(*words, "--json"), await habeas(*words)
    assert (said.code, said.out) == (code, "")
    assert said.error["code"] == name
    assert said.error["remedy"]
    assert "Traceback" not in plain.err
    assert plain.err.startswith("Error: ")


async def test_what_does_not_answer_ends_with_4(here: World, tmp_path: Path) -> None:
    dead = f"127.0.0.1:{free_port()}"
    away = here.settings_file(tmp_path, ledger__url=f"postgresql://u:canary-secret@{dead}/x")
    said = await run("request", "list", "--config", str(away), "--json")
    assert (said.code, said.error["code"]) == (4, "ledger_unavailable")
    assert "canary-secret" not in said.err
    address = here.person()
    silent = here.settings_file(tmp_path, temporal__address=dead)
    words = ("request", "open", "--right", "access", "--email", address, "--by", "Kim", "--config", str(silent))
    kept = await run(*words, "--json")
    assert (kept.code, kept.json["created"], kept.json["started"]) == (0, True, False)
    act = await run(
        "request", "withdraw", kept.json["id"], "--by", "K", "--reason", "r", "--config", str(silent), "--json"
    )
    assert (act.code, act.error["code"]) == (4, "engine_unavailable")


async def test_a_faulty_installation_ends_with_5_and_names_the_line(here: World, tmp_path: Path) -> None:
    nowhere = await run("request", "list", "--config", str(tmp_path / "no.toml"), "--json")
    assert (nowhere.code, nowhere.error["code"]) == (5, "configuration")
    file = here.settings_file(tmp_path, desk__port="canary")
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "canary" in text)
    said = await run("request", "list", "--config", str(file), "--json")
    assert said.code == 5
    assert f"line {line}: `desk.port`" in said.error["message"]
    assert "canary" not in said.err


async def test_the_ledger_is_made_and_made_again(here: World, fresh_database: str, tmp_path: Path) -> None:
    config = here.settings_file(tmp_path, ledger__url=fresh_database)
    empty = await run("request", "list", "--config", str(config), "--json")
    assert (empty.code, "habeas ledger migrate" in empty.err) == (5, True)
    first = await run("ledger", "migrate", "--config", str(config), "--json")
    again = await run("ledger", "migrate", "--config", str(config), "--json")
    assert (first.json["before"], first.json["after"]) == (None, again.json["before"])
    assert (await run("request", "list", "--config", str(config), "--json")).json == []


async def test_the_desk_as_a_process_stops_when_told(here: World, tmp_path: Path) -> None:
    port = free_port()
    config = here.settings_file(tmp_path)
    environment = {**os.environ, "HABEAS_DESK__PORT": str(port)}
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own Python; started and not waited for
        [sys.executable, "-m", "workers", "desk", "--config", str(config)], env=environment, stderr=subprocess.PIPE
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await answers(client)
            assert (await client.get("/readyz")).json() == {"status": "ok"}
            assert (await client.get(f"/d/{'T' * 43}")).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode in (0, -signal.SIGTERM)
    assert b"page_served" in said
    assert b"TTTT" not in said
    wide = await run("desk", "--config", str(here.settings_file(tmp_path, desk__host="0.0.0.0")))  # noqa: S104 - refused
    assert (wide.code, "desk.host" in wide.err) == (5, True)


async def answers(client: httpx2.AsyncClient) -> None:
    began = time.monotonic()
    while time.monotonic() - began < 20:
        try:
            await client.get("/healthz")
        except httpx2.ConnectError:
            continue
        return
    raise TimeoutError
