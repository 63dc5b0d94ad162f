"""No promise without a test: of what a policy's settings keep, each is carried through the engine somewhere here."""

from __future__ import annotations

import importlib

import pytest

from tests.policies.promises import CHECKED, explained, not_held, promises_of, unchecked, unknown

MODULES = {
    "dialogra": ("test_dialogra", "test_dialogra_terms", "test_strength"),
    "dignio": ("test_dignio", "test_dignio_changes", "test_dignio_terms", "test_strength"),
    "dimpo": ("test_dimpo", "test_dimpo_terms", "test_strength"),
    "mindlink": ("test_mindlink", "test_mindlink_changes", "test_mindlink_terms"),
    "opendims": ("test_opendims", "test_opendims_changes"),
}
NOT_OF_REQUESTS = {
    "dialogra": {"L10-12", "L61-67", "L79", "L137-141", "L167-169"},
    "dignio": {"L47-48", "L109-110", "L122-123", "L130"},
    "dimpo": {"L101", "L105-107", "L137-143"},
    "mindlink": {"L20", "L23", "L28-29"},
    "opendims": {"L1-2", "L46-47"},
}
"""What no setting keeps, since no request is about it."""

NOT_HELD = {
    "dialogra": {"L10-12", "L61-67", "L97-99", "L115-119", "L123-128", "L137-141", "L167-169"},
    "dignio": {
        "L17",
        "L19-20",
        "L29",
        "L41-43",
        "L71-75",
        "L76",
        "L101",
        "L106-108",
        "L109-110",
        "L111-112",
        "L122-123",
        "L130",
    },
    "dimpo": {"L96", "L97-99", "L111-113", "L137-143"},
    "mindlink": {"L18-19", "L23", "L26-27", "L28-29"},
    "opendims": {"L33-34", "L46-47"},
}
"""What the company itself must see to, in whole or in part: breaches, disclosures, its locks, purposes that are met."""


@pytest.fixture(autouse=True)
def _registered() -> None:
    for names in MODULES.values():
        for name in names:
            importlib.import_module(f"tests.policies.{name}")


@pytest.mark.parametrize("controller", MODULES)
def test_every_promise_that_something_keeps_has_a_test(controller: str) -> None:
    assert unchecked(controller) == {}
    assert unknown(controller) == set()


@pytest.mark.parametrize("controller", MODULES)
def test_what_no_setting_keeps_has_a_note_that_says_why(controller: str) -> None:
    notes = explained(controller)
    assert set(notes) == NOT_OF_REQUESTS[controller]
    assert all(notes.values())


@pytest.mark.parametrize("controller", MODULES)
def test_what_habeas_does_not_see_to_says_so(controller: str) -> None:
    assert not_held(controller) == NOT_HELD[controller]


@pytest.mark.parametrize(("controller", "line"), [("dialogra", "L159"), ("dignio", "L124-125")])
def test_what_the_law_adds_to_a_promise_is_noted(controller: str, line: str) -> None:
    assert "By law" in (promises_of(controller)[line].note or "")


def test_a_promise_whose_test_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(CHECKED["dialogra"], "L163/2")
    assert list(unchecked("dialogra")) == ["L163/2"]
    monkeypatch.setitem(CHECKED["dialogra"], "L999", {"test_of_nothing"})
    assert unknown("dialogra") == {"L999"}
