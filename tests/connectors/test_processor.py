"""A processor's settings: what is right, what is refused by name, what it is told; and that it is never called."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from activities.by_hand import steps_by_hand
from activities.connectors import load_connector
from activities.connectors.manual import hands_of
from activities.connectors.processor import ProcessorConnector, processor_of
from habeas.connector import SystemPlan
from habeas.errors import ConfigurationError, Terminal
from habeas.model import Identifier
from habeas.phrases import lacking

GOOD: dict[str, Any] = {
    "title": "Newsletter agency",
    "email": "privacy@agency.example",
    "letters_in": "de",
    "told": ["email"],
    "keeps": ["Tax Act § 147"],
    "collections": [{"name": "subscribers", "category": "contact"}],
}


def test_it_comes_through_the_same_door_as_every_connector_and_is_worked_like_a_manual_one() -> None:
    connector = load_connector("mailing", {"connector": "processor", **GOOD})
    assert isinstance(connector, ProcessorConnector)
    manifest = connector.manifest
    assert (manifest.manual, manifest.capabilities, manifest.needs) == (True, frozenset(), ())
    assert steps_by_hand(manifest) == ("collect", "erase", "confirm")
    settings = processor_of(connector)
    assert settings is hands_of(connector)
    assert settings is not None
    assert (settings.due_days, settings.remind_after_days, settings.escalate_after_days) == (14, (3, 7), 10)


def test_it_is_told_only_what_its_settings_say() -> None:
    settings = processor_of(ProcessorConnector.from_settings("mailing", GOOD))
    assert settings is not None
    email, number = (Identifier(kind="email", value="a@b.example"), Identifier(kind="customer_number", value="7"))
    assert settings.may_know((email, number)) == (email,)


def test_the_laws_by_which_it_may_keep_have_words_in_other_languages() -> None:
    manifest = ProcessorConnector.from_settings("mailing", GOOD).manifest
    assert "Tax Act § 147" in lacking(manifest, "da")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"email": "Kim"}, "email: not an e-mail address"),
        ({"email": None}, "systems.mailing.email"),
        ({"letters_in": "ja"}, "letters_in: letters are written in da, de, en, fr, nb"),
        ({"told": []}, "systems.mailing.told"),
        ({"told": ["E-mail"]}, "systems.mailing.told"),
        ({"remind_after_days": [3, 10]}, "remind_after_days: each must be less"),
        ({"escalate_after_days": 20}, "escalate_after_days: staff would hear"),
        ({"link_days": 5}, "link_days: the link would end"),
        ({"max_file_mb": 500}, "systems.mailing.max_file_mb"),
        ({"owner": "Kim"}, "owner: not an e-mail address"),
        ({"collections": []}, "systems.mailing.collections"),
    ],
)
def test_wrong_settings_are_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ProcessorConnector.from_settings("mailing", {**GOOD, **change})
    assert named in str(refused.value)
    assert "Kim" not in str(refused.value)


async def test_it_is_never_called() -> None:
    connector = ProcessorConnector.from_settings("mailing", GOOD)
    assert "by e-mail" in (await connector.ping()).detail
    assert (await connector.locate(())).matches == ()
    plan = SystemPlan(system="mailing", roots=(), identifiers=(), objects=())
    with pytest.raises(Terminal, match="Only a human"):
        await connector.erase(plan, None)


def test_the_settings_on_the_page_are_taken() -> None:
    page = (Path(__file__).parents[2] / "docs/connectors/processor.md").read_text(encoding="utf-8")
    shown = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert shown
    mailing = tomllib.loads(shown[1])["systems"]["mailing"]
    assert load_connector("mailing", mailing).manifest.purposes == ("newsletter",)
