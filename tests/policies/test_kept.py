"""No key that keeps a promise changes unnoticed: whoever changes one compares it with the published text.

Other tests show that the engine does as a policy says, and would pass with other words in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from habeas.policy.raw import at, place
from tests.policies.promises import promises_of
from tests.policies.reading import CONTROLLERS, FIVE

KEPT = tomllib.loads(Path(__file__).with_name("kept.toml").read_text(encoding="utf-8"))
_ROWS = ("title", "purposes", "kinds", "role", "to", "scope", "recipients", "legal_basis", "origin", "sensitive")


def kept(controller: str) -> dict[str, Any]:
    """Every key that keeps a promise, with its value: texts in their first language, of rows what makes them up."""
    raw = tomllib.loads((CONTROLLERS / f"{controller}.toml").read_text(encoding="utf-8"))
    first = raw["controller"]["languages"][0]

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping) and first in value:
            return value[first]
        if isinstance(value, Mapping):
            rows = {name: plain(value[name]) for name in _ROWS if name in value}
            return rows or {name: plain(one) for name, one in value.items()}
        return value

    keys = sorted({key for one in promises_of(controller).values() for key in one.keeps})
    return {key: plain(at(raw, there)) for key in keys if (there := place(raw, key))}


@pytest.mark.parametrize("controller", FIVE)
def test_what_keeps_each_promise_is_as_it_was_reviewed(controller: str) -> None:
    assert kept(controller) == KEPT[controller]
