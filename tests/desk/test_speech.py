"""Every text of staff's pages stands in every language, and is used."""

import re
from pathlib import Path

import pytest

from activities.ledger import TaskState
from activities.letters.wording import catalogue
from activities.task_model import TaskPhase
from habeas.acts import ActKind
from habeas.law import extension_grounds, fee_rule, refusal_grounds, regimes
from habeas.model import Outcome, PauseReason, Right, Stage
from habeas.outcomes import Fate
from habeas.staying import Because
from workers.desk import pages
from workers.desk.act_forms import ELSEWHERE
from workers.desk.speech import LANGUAGES, speech
from workers.office import CHANNELS
from workers.office.asked import ASKED
from workers.office.effects import EffectKind
from workers.office.grounds import STANDS

HERE = Path(pages.__file__).parent
TOPIC = "workers.desk.speech"
_HOLES = re.compile(r"\{\w+\}")


def _sources() -> str:
    files = [*HERE.glob("*.py"), *(HERE / "templates").glob("*.html")]
    return "\n".join(file.read_text() for file in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_facts(language: str) -> None:
    ours, english = catalogue(TOPIC, language), catalogue(TOPIC, "en")
    assert set(ours) == set(english)
    assert all(text.strip() for text in ours.values())
    assert {key: set(_HOLES.findall(text)) for key, text in ours.items()} == {
        key: set(_HOLES.findall(text)) for key, text in english.items()
    }


def test_the_french_is_no_copy_of_the_english() -> None:
    english, french = catalogue(TOPIC, "en"), catalogue(TOPIC, "fr")
    same = {key for key, text in english.items() if french[key] == text and len(_HOLES.sub("", text).split()) > 2}
    assert same == set()


def test_every_code_has_its_word() -> None:
    say = speech("fr")
    fees = {code for one in regimes() for right in Right for code in _fee_codes(one, right)}
    needed = {
        *(f"stages.{one}" for one in Stage),
        *(f"outcomes.{one}" for one in Outcome),
        *(f"channels.{one}" for one in CHANNELS),
        *(f"rights.{one}" for one in Right),
        *(f"waits.{one}" for one in PauseReason),
        *(f"phases.{one}" for one in TaskPhase),
        *(f"task_states.{one}" for one in TaskState),
        *(f"fates.{one}" for one in Fate if one is not Fate.FAILED),
        *(f"staying.{one}" for one in Because),
        *(f"acts.{one}.{what}" for one in ActKind for what in ("title", "does")),
        *(f"fields.{name}" for kind, one in ASKED.items() if kind not in ELSEWHERE for name in one.model_fields),
        *(f"effects.{one}" for one in EffectKind),
        *fees,
        f"fee_grounds.{STANDS}",
    }
    assert {one for one in needed if one not in say} == set()


def _fee_codes(code: str, right: Right) -> set[str]:
    place = regimes()[code].places[0]
    rule = fee_rule(code, place, right)
    known = {one.code for one in refusal_grounds(code, place)}
    own = {*rule.also, rule.allowed} - {"never", "unstated", "unfounded_or_excessive"} - known
    return {f"fee_grounds.{one}" for one in own} | {
        f"extension_grounds.{one}" for one in extension_grounds(code, place)
    }


def test_no_text_is_left_over() -> None:
    """A key is named whole, or its group is."""
    sources = _sources()
    groups = set(re.findall(r"[\"'](\w+)\.[\"'{] ?~?", sources)) | set(re.findall(r"named\([\"'](\w+)", sources))
    unused = {
        key
        for key in catalogue(TOPIC, "en")
        if f'"{key}"' not in sources and f"'{key}'" not in sources and key.split(".")[0] not in groups
    }
    assert unused == set()
