"""A built-in connector beside its store, as the docs have it: with that system's settings and one shared secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from activities.connectors import load_connector
from habeas.model import Identifier
from tests.connectors.http_protocol.test_http import SECRET
from tests.connectors.serving import served

DOCS = Path(__file__).parents[3] / "docs"


async def test_it_needs_nothing_of_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ledger, no master key, no Temporal, no policy: what is there is that system's table."""
    page = (DOCS / "connect-a-store.md").read_text(encoding="utf-8")
    program = re.search(r"```python\n# beside\.py\n(.*?)```", page, re.S)
    assert program
    store = tmp_path / "store"
    store.mkdir()
    (store / "ann@example.org.txt").write_text("Dear Ann")
    letters = 'collections = { letters = { pattern = "{email}.txt", category = "x" } }'
    (tmp_path / "system.toml").write_text(f'connector = "folder"\npath = "{store}"\n{letters}')
    monkeypatch.chdir(tmp_path)
    for name in ("LEDGER__URL", "KEYS__MASTER", "STORAGE__URL", "POLICIES"):
        monkeypatch.delenv(f"HABEAS_{name}", raising=False)
    monkeypatch.setenv("HABEAS_SECRET", SECRET)
    said: dict[str, object] = {}
    exec(compile(program[1], "beside.py", "exec"), said)  # noqa: S102  our own page
    async with served(said["app"]) as url:
        offered = tmp_path / "manifest.json"
        offered.write_text(said["connector"].manifest.model_dump_json())  # type: ignore[attr-defined]  # a connector
        given = {"connector": "http", "url": url, "secrets": [SECRET], "manifest": str(offered)}
        connector = load_connector("billing", given)
        assert (await connector.ping()).ok
        (match,) = (await connector.locate((Identifier(kind="email", value="ann@example.org"),))).matches
        assert match.collection == "letters"
        await connector.aclose()
