"""A manual system's settings: what is right, and what is refused by name; and that it is never called."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from activities.by_hand import steps_by_hand
from activities.connectors import load_connector
from activities.connectors.manual import Hands, ManualConnector, hands_of
from habeas.connector import Capability, Connector, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Terminal
from habeas.fields import Origin, SensitiveType
from habeas.phrases import lacking

GOOD: dict[str, Any] = {
    "title": "Filing cabinet",
    "owner": "archive@shop.example",
    "instructions": {"en": "Second floor.", "da": "Anden sal."},
    "collections": [
        {"name": "letters", "category": "correspondence"},
        {
            "name": "contracts",
            "category": "contracts",
            "treatment": "retain",
            "retention": {"law": "Archives Act", "years": 5, "to": "year_end"},
        },
    ],
}


def test_what_is_typed_in_may_be_derived_or_be_what_some_laws_never_let_out() -> None:
    more = {"origins": {"grade": "derived"}, "types": {"scan": "government_id"}, "file_field": "scan"}
    stacks = [GOOD["collections"][0] | {"origin": "third_party"}, GOOD["collections"][1] | more]
    letters, contracts = load_connector(
        "paper", {"connector": "manual", **GOOD, "collections": stacks}
    ).manifest.collections
    assert letters.origin is Origin.THIRD_PARTY
    assert (contracts.origins, contracts.types) == ({"grade": Origin.DERIVED}, {"scan": SensitiveType.GOVERNMENT_ID})
    assert contracts.file_field == "scan"


def test_it_comes_through_the_same_door_as_every_connector() -> None:
    connector = load_connector("paper", {"connector": "manual", **GOOD})
    assert isinstance(connector, ManualConnector)
    manifest = connector.manifest
    assert (manifest.manual, manifest.capabilities, manifest.needs, manifest.yields) == (True, frozenset(), (), ())
    assert [one.treatment for one in manifest.collections] == [Treatment.DELETE, Treatment.RETAIN]
    assert steps_by_hand(manifest) == ("collect", "erase", "confirm")
    hands = hands_of(connector)
    assert (hands.owner, hands.due_days, hands.max_file_bytes) == ("archive@shop.example", 7, 20 * 1024 * 1024)
    assert hands.instructed(("da", "en")) == "Anden sal."
    assert hands.instructed(("fr",)) == "Second floor."
    assert Hands().instructed(("en",)) is None


def test_what_a_person_reads_of_it_has_words_in_other_languages() -> None:
    words = {"Filing cabinet": "Arkivskab", "Old letters": "Gamle breve", "Archives Act": "arkivloven"}
    letters = {**GOOD["collections"][0], "title": "Old letters"}
    settings = {**GOOD, "collections": [letters, GOOD["collections"][1]], "words": {"da": words}}
    manifest = ManualConnector.from_settings("paper", settings).manifest
    assert lacking(manifest, "da") == ("Contracts",)
    assert manifest.glossary.say(manifest.collections[0].called, "da") == "Gamle breve"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"title": ""}, "systems.paper.title"),
        ({"colour": "grey"}, "There is no setting `systems.paper.colour`"),
        ({"words": {"Danish": {"Filing cabinet": "Arkivskab"}}}, "systems.paper.words.Danish"),
        ({"collections": []}, "systems.paper.collections"),
        ({"owner": "Kim"}, "owner: not an e-mail address"),
        ({"due_days": 0}, "systems.paper.due_days"),
        ({"collections": [{"name": "letters"}]}, "`systems.paper.collections.0.category` is missing"),
        ({"collections": [GOOD["collections"][0]] * 2}, "'letters' is there twice"),
        ({"collections": [{**GOOD["collections"][0], "treatment": "retain"}]}, "what is retained needs a retention"),
    ],
)
def test_wrong_settings_are_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ManualConnector.from_settings("paper", {**GOOD, **change})
    assert named in str(refused.value)
    assert "Kim" not in str(refused.value)


async def test_nothing_answers_but_a_human() -> None:
    connector: Connector = ManualConnector.from_settings("paper", GOOD)
    assert (await connector.ping()).ok
    assert (await connector.locate(())).matches == ()
    assert [page.records async for page in connector.collect((), None)] == [()]
    plan = SystemPlan(system="paper", roots=(), identifiers=(), objects=())
    for call in (connector.erase, connector.confirm):
        with pytest.raises(Terminal, match="Only a human"):
            await call(plan, None)
    await connector.aclose()


@pytest.mark.parametrize(
    ("can", "by_hand"),
    [
        ({"locate", "collect", "erase", "confirm"}, ()),
        ({"locate", "collect", "confirm"}, ("erase",)),
        ({"locate", "collect"}, ("erase", "confirm")),
        ({"locate", "erase", "confirm"}, ("collect", "erase", "confirm")),
    ],
)
def test_what_a_system_cannot_do_a_human_does(can: set[str], by_hand: tuple[str, ...]) -> None:
    manifest = ManualConnector.from_settings("paper", GOOD).manifest.model_copy(
        update={"manual": False, "capabilities": frozenset(Capability(one) for one in can)}
    )
    assert steps_by_hand(manifest) == by_hand


def test_the_settings_on_the_page_are_taken() -> None:
    page = (Path(__file__).parents[2] / "docs/paper-and-tasks.md").read_text(encoding="utf-8")
    shown = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert shown
    paper = tomllib.loads(shown[1])["systems"]["paper"]
    assert load_connector("paper", paper).manifest.purposes == ("newsletter",)
