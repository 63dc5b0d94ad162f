"""What the tutorial shows is a whole connector in less than eighty lines, whose tests pass in a package of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from habeas.errors import Terminal
from habeas.model import Identifier
from tests.docs.tutorial import installed, written


def test_the_tutorial_s_connector_passes_the_suite(tmp_path: Path) -> None:
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
