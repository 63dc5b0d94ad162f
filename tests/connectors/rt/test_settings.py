"""What RT cannot do is refused at the start, and what is missing is said by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from activities.connectors import load_connector
from activities.connectors.rt import RtConnector
from habeas.connector import Capability
from habeas.errors import ConfigurationError
from tests.connectors.rt.people import settings
from tests.connectors.rt.server import RtServer

LAW = {"law": "Complaints Act", "years": 5}


def _written(tmp_path: Path, **more: Any) -> dict[str, Any]:
    nowhere = RtServer("http://127.0.0.1:9", tmp_path, "1-14-secret", "")
    return settings(nowhere, nowhere.url, **more)


def _treated(written: dict[str, Any], name: str, **how: Any) -> dict[str, Any]:
    collections = written["collections"]
    return {**written, "collections": {**collections, name: {**collections[name], **how}}}


def test_it_comes_through_the_same_door_as_anyone_s(tmp_path: Path) -> None:
    made = load_connector("support", {"connector": "rt", **_written(tmp_path)})
    assert made.manifest.title == "Request Tracker"
    assert not made.manifest.capabilities & {Capability.RESTRICT, Capability.OBJECT, Capability.EXPIRE}


@pytest.mark.parametrize(
    ("name", "how", "named"),
    [
        ("copied_tickets", {"treatment": "delete"}, "copied_tickets: RT cannot delete it"),
        ("mentions", {"treatment": "delete"}, "mentions: RT cannot delete it"),
        ("mentions", {"treatment": "retain", "retention": LAW, "after": "delete"}, "mentions: RT cannot delete it"),
        ("tickets", {"treatment": "retain"}, "tickets: what is retained needs a retention"),
    ],
)
def test_what_rt_cannot_do_is_refused(tmp_path: Path, name: str, how: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        RtConnector.from_settings("rt", _treated(_written(tmp_path), name, **how))


@pytest.mark.parametrize(
    ("without", "named"), [("dumps", "dumps is missing"), ("munge", "munge is missing: mentions"), ("token", "token")]
)
def test_what_is_needed_is_asked_for(tmp_path: Path, without: str, named: str) -> None:
    written = {key: value for key, value in _written(tmp_path).items() if key != without}
    with pytest.raises(ConfigurationError, match=named):
        RtConnector.from_settings("rt", written)


def test_every_kind_of_object_is_decided(tmp_path: Path) -> None:
    written = _written(tmp_path)
    written["collections"] = {**written["collections"], "assets": written["collections"]["users"]}
    del written["collections"]["messages"]
    with pytest.raises(ConfigurationError, match=r"messages is missing.*assets: RT has no such") as raised:
        RtConnector.from_settings("rt", written)
    assert "secret" not in str(raised.value)


class TestHealth:
    """`ping` names what is missing."""

    @pytest.fixture
    async def rt_with(self, rt: RtServer) -> AsyncIterator[Any]:
        made: list[RtConnector] = []

        def make(**more: Any) -> RtConnector:
            made.append(RtConnector.from_settings("rt", settings(rt, rt.url, **more)))
            return made[-1]

        yield make
        for one in made:
            await one.aclose()

    async def test_it_leaves_nothing_behind(self, rt: RtServer, rt_with: Any) -> None:
        health = await rt_with().ping()
        assert health.ok, health.detail
        assert list(rt.dumps.iterdir()) == []

    async def test_staff_without_the_right_are_told_which(self, rt: RtServer, rt_with: Any) -> None:
        health = await rt_with(token=rt.agent).ping()
        assert not health.ok
        assert "its user needs the right SuperUser" in health.detail
        assert "ShredderStoragePath" not in health.detail

    async def test_a_folder_that_rt_cannot_write_to_is_no_missing_right(self, rt: RtServer, rt_with: Any) -> None:
        away = rt.dumps.rename(rt.folder / "elsewhere")
        try:
            health = await rt_with().ping()
        finally:
            away.rename(rt.dumps)
        assert "$ShredderStoragePath" in health.detail
        assert "SuperUser" not in health.detail

    async def test_a_token_that_is_none(self, rt_with: Any) -> None:
        health = await rt_with(token="1-14-none").ping()
        assert not health.ok
        assert "Auth Tokens" in health.detail

    async def test_another_address_than_rt_s_own(self, rt_with: Any) -> None:
        health = await rt_with(web_url="https://support.example.org/rt").ping()
        assert "web_url" in health.detail

    async def test_no_tool_to_munge_with(self, rt_with: Any) -> None:
        health = await rt_with(munge={"tool": "/nowhere/rt-munge"}).ping()
        assert "munging failed" in health.detail
