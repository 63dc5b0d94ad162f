"""The units for a plain server, by systemd's own tool, and by the command line that they call."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.deploy.external import ROOT
from tests.docs.command_line import refusal
from workers.cli.exits import ExitCode
from workers.settings import Settings

UNITS = ROOT / "deploy/systemd"
SERVICES = tuple(sorted(UNITS.glob("*.service")))
PROGRAM = "/opt/habeas/bin/habeas"
MOST_EXPOSED = 20
"""Tenths: 1.3 now, of 10. What more is asked for is to be looked at."""
pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="missing part: systemd-analyze")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with a program that is there."""
    folder = tmp_path_factory.mktemp("units")
    for unit in UNITS.glob("habeas-*"):
        (folder / unit.name).write_text(unit.read_text().replace(PROGRAM, sys.executable))
    return folder


def _analyze(*words: str | Path) -> str:
    command: Sequence[str | Path] = ("systemd-analyze", "--no-pager", *words)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603  fixed words
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stderr


def test_systemd_has_nothing_to_say_of_them(copied: Path) -> None:
    said = _analyze("verify", "--man=no", *copied.iterdir())
    ours = [line for line in said.splitlines() if "habeas" in line or "LoadCredential" in line]
    assert not ours, "other units of this machine are not ours to mend"


def test_none_may_do_more_than_it_must(copied: Path) -> None:
    for service in sorted(copied.glob("*.service")):
        _analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}", service)


def test_they_start_what_there_is_with_settings_that_there_are() -> None:
    started = []
    for service in SERVICES:
        text = service.read_text()
        (command,) = re.findall(rf"^ExecStart={PROGRAM} (.+)$", text, re.MULTILINE)
        assert refusal(command.replace("%i", "crm").split()) is None, command
        started.append(command.split()[0])
        for section, name in re.findall(r"\bHABEAS_([A-Z]+)(?:__([A-Z_]+))?", text):
            assert section == "CONFIG" or section.lower() in Settings.model_fields, (section, name)
        assert f"RestartPreventExitStatus={ExitCode.CONFIGURATION:d}" in text or "Type=oneshot" in text
    assert sorted(started) == ["bootstrap", "desk", "doctor", "worker", "worker"]


def test_a_systems_worker_has_its_own_secrets_alone() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read(UNITS / "habeas-worker@.service")
    assert unit["Service"]["EnvironmentFile"] == "/etc/habeas/%i.env"
    owners = [service.name for service in SERVICES if "owner.env" in service.read_text()]
    assert owners == ["habeas-bootstrap.service"]
