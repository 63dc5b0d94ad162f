"""Which test checks which promise: a registry filled by a decorator, held against the policies' own lists.

A promise is named by its line in the published text, as the policy file names it: ``L163``; where one line makes
several, ``L163/2`` is the second of them in the file's order.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TypeVar

from habeas.policy.sections import PromiseLine
from tests.policies.reading import CONTROLLERS

Test = TypeVar("Test", bound=Callable[..., object])

CHECKED: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
"""Controller -> promise -> names of the tests that check it."""


def promise(controller: str, *lines: str) -> Callable[[Test], Test]:
    """This test checks these promises of this controller."""

    def checked(test: Test) -> Test:
        for line in lines:
            CHECKED[controller][line].add(test.__name__)
        return test

    return checked


def promises_of(controller: str) -> dict[str, PromiseLine]:
    """Every promise of a controller's policy file, by its name here."""
    raw = tomllib.loads((CONTROLLERS / f"{controller}.toml").read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    found = {}
    for row in raw["promises"]:
        one = PromiseLine.model_validate(row)
        seen[one.line] += 1
        found[one.line if seen[one.line] == 1 else f"{one.line}/{seen[one.line]}"] = one
    return found


def unchecked(controller: str) -> dict[str, str]:
    """Promises that something in the file keeps and that no test checks: name -> what is promised."""
    kept = {name: one.says for name, one in promises_of(controller).items() if one.keeps}
    return {name: says for name, says in kept.items() if name not in CHECKED[controller]}


def unknown(controller: str) -> set[str]:
    """What tests say they check and the file does not promise."""
    return CHECKED[controller].keys() - promises_of(controller).keys()


def explained(controller: str) -> dict[str, str]:
    """Promises that no key keeps, each with the words that say how else, or who must see to it."""
    return {name: one.note or one.not_held or "" for name, one in promises_of(controller).items() if not one.keeps}


def not_held(controller: str) -> set[str]:
    """Promises that Habeas does not see to, or not to all of it."""
    return {name for name, one in promises_of(controller).items() if one.not_held}
