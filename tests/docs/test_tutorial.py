"""What the tutorial shows is a whole connector in less than eighty lines, whose tests pass in a package of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from activities.connectors import describe_connector
from habeas.errors import ConfigurationError, Terminal
from habeas.model import Identifier
from tests.docs.tutorial import installed, written


def test_the_tutorial_s_connector_passes_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path)
    code = [line for line in files["src/newsletter_habeas.py"].splitlines() if line.strip()]
    assert len(code) < 80
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
    written(tmp_path)
    spec = importlib.util.spec_from_file_location("newsletter_of_the_page", tmp_path / "src/newsletter_habeas.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = tmp_path / "subscribers.json"
    path.write_text(damaged, encoding="utf-8")
    connector = module.NewsletterConnector.from_settings("newsletter", {"file": str(path)})
    health = await connector.ping()
    assert not health.ok
    assert "ann" not in health.detail
    with pytest.raises(Terminal, match="damaged") as refused:
        await connector.locate((Identifier(kind="email", value="ann@example.org"),))
    assert refused.value.__cause__ is None
