"""A worker asks its systems when it starts: one that breaks on that does not keep the others waiting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from activities.parts import Parts
from habeas.connector import Health
from habeas.errors import ConfigurationError
from tests.connectors.memory_world import MemoryWorld
from workers.opening_parts import check_health


class _Breaks:
    async def ping(self) -> Health:
        raise KeyError("ann@example.org")


class _DoesNotFit:
    async def ping(self) -> Health:
        return Health(ok=False, fits=False, detail="There is no table people.")


async def test_a_connector_that_breaks_does_not_stop_a_start(capfd: pytest.CaptureFixture[str]) -> None:
    connectors = {"broken": _Breaks(), "well": MemoryWorld().connector, "unfit": _DoesNotFit()}
    parts = cast(Parts, SimpleNamespace(connector=connectors.__getitem__))
    await check_health(parts, ["broken", "well"])
    with pytest.raises(ConfigurationError, match="no table people"):
        await check_health(parts, ["broken", "unfit"])
    assert "ann@" not in "".join(capfd.readouterr())
