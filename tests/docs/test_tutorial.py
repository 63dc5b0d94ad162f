"""What the tutorial shows is a whole connector in about sixty lines, whose tests pass in a package of its own."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from activities.connectors import describe_connector
from habeas.connector import PlannedObject, RecordRef, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Terminal, Transient
from habeas.model import Identifier
from habeas.outcomes import Fate
from tests.docs.tutorial import installed, written


def test_the_tutorial_s_connector_passes_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path)
    code = [line for line in files["src/newsletter_habeas.py"].splitlines() if line.strip()]
    assert len(code) <= 66
    assert "import habeas" not in files["src/newsletter_habeas.py"].replace("from habeas", "")
    site = installed(tmp_path)
    words = (sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider", "tests")
    ended = subprocess.run(  # noqa: S603  our own words
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(site)}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "failed" not in ended.stdout
    monkeypatch.syspath_prepend(site)
    elsewhere = describe_connector("newsletter", {"connector": "newsletter"})
    assert elsewhere.manifest.title == "Newsletter"
    monkeypatch.delitem(sys.modules, "newsletter_habeas")


def test_a_connector_whose_manifest_needs_its_settings_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "bare-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bare\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[habeas.connectors]\nbare = habeas.testing:MemoryConnector\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match="cannot run elsewhere: it has no `describe`"):
        describe_connector("bare", {"connector": "bare"})


@pytest.mark.parametrize(
    "damaged", ["not JSON: ann@example.org", "[]", '{"1": {"email": null}}', '{"1": "ann@example.org"}']
)
async def test_the_tutorial_s_connector_says_that_its_file_is_damaged(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "subscribers.json"
    path.write_text(damaged, encoding="utf-8")
    connector = _of_the_page(tmp_path, path)
    health = await connector.ping()
    assert not health.ok
    assert "ann" not in health.detail
    with pytest.raises(Terminal, match="damaged") as refused:
        await connector.locate((Identifier(kind="email", value="ann@example.org"),))
    assert refused.value.__cause__ is None


async def test_the_tutorial_s_connector_finds_an_address_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.json"
    rows = ("JOSE\u0301@Example.org ", "nobody's", "")
    path.write_text(json.dumps({str(n): {"email": email} for n, email in enumerate(rows)}), encoding="utf-8")
    asked = (Identifier(kind="email", value="josé@example.org"),)
    found = (await _of_the_page(tmp_path, path).locate(asked)).matches
    assert [(one.key, one.found_by) for one in found] == [('["0"]', asked)]


async def test_the_tutorial_s_connector_tries_again_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "subscribers.json"
    path.write_text(json.dumps({"1": {"email": "ann@example.org"}}), encoding="utf-8")
    connector = _of_the_page(tmp_path, path)
    ref = RecordRef(collection="subscribers", key='["1"]')
    (record,) = [one async for page in connector.collect((ref,), None) for one in page.records]
    one = PlannedObject(**ref.model_dump(), treatment=Treatment.DELETE, fingerprint=record.fingerprint)
    plan = SystemPlan(system="newsletter", roots=(ref,), identifiers=(), objects=(one,))

    def full(*said: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device: /srv/ann@example.org")

    with monkeypatch.context() as machine:
        machine.setattr(Path, "write_text", full)
        with pytest.raises(Transient) as raised:
            await connector.erase(plan, None)
    assert raised.value.__cause__ is None
    assert [each.fate for each in (await connector.erase(plan, None)).result] == [Fate.ERASED]


def _of_the_page(folder: Path, path: Path) -> Any:
    """The connector that the page shows, of this file."""
    written(folder)
    spec = importlib.util.spec_from_file_location("newsletter_of_the_page", folder / "src/newsletter_habeas.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.NewsletterConnector.from_settings("newsletter", {"file": str(path)})
