"""What people read and type: references, sentences, words."""

import ast
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

import habeas
from activities.ledger import LetterState, TaskState
from activities.letters.parts import Kind
from activities.letters.wording import catalogue
from activities.task_model import TaskPhase
from habeas import law
from habeas.connector import Treatment
from habeas.errors import BadInput
from habeas.evidence import Tag
from habeas.model import REFERENCE, Outcome, PauseReason, Right, Stage
from habeas.outcomes import Fate
from habeas.redaction import GROUNDS
from habeas.staying import Because
from workers.desk.speech import LANGUAGES
from workers.office import CHANNELS, new_reference, read_reference
from workers.office.intake import words
from workers.office.sentences import _HIDDEN, TOPIC, sentence

REQUEST = "HB-7K2M-X4QT-90AB"


def test_references_are_well_formed_and_never_the_same() -> None:
    made = {new_reference() for _ in range(1000)}
    assert len(made) == 1000
    assert all(REFERENCE.fullmatch(each) for each in made)


def test_no_part_of_a_reference_can_be_taken_for_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes are eight digits, in the same letter, shown as two times four."""
    drawn = iter("728011947280K194AAAAAAAA")
    monkeypatch.setattr("workers.office.references.secrets.choice", lambda _: next(drawn))
    assert new_reference() == "HB-K194-AAAA-AAAA"


@pytest.mark.parametrize("typed", ["hb-7k2m-x4qt-90ab", " HB 7K2M X4QT 90AB ", "HB7K2MX4QT9OAB", "HB–7K2M–X4QT–90AB"])
def test_a_reference_is_read_as_people_type_it(typed: str) -> None:
    assert read_reference(typed) == REQUEST


@given(st.text(max_size=40))
def test_anything_else_is_refused_or_a_reference(typed: str) -> None:
    try:
        assert REFERENCE.fullmatch(read_reference(typed))
    except BadInput:
        return


SAID = {language: catalogue(TOPIC, language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_is_a_sentence(language: str) -> None:
    for tag in Tag:
        said = sentence(tag, {}, language)
        assert said.endswith(".")
        assert ":" not in said.removesuffix(".").split(" ")[0]
        assert str(tag) not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_facts_of_the_same_events(language: str) -> None:
    ours, theirs = (
        {key: text for key, text in SAID[one].items() if not key.startswith(("facts.", "values.", "unusable."))}
        for one in ("en", language)
    )
    assert ours.keys() == theirs.keys()
    for key, text in ours.items():
        assert _facts(text) == _facts(theirs[key])


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_facts_stand_in_the_sentence_once() -> None:
    digest = "ab" * 32
    told = sentence(Tag.PLAN_DRAFTED, {"plan": digest, "delete": 3, "retain": 0})
    assert told == f"The plan was drafted (plan {digest[:12]}, delete 3, retain 0)."
    moved = sentence(Tag.CLOCK_PAUSED, {"reason": "identity", "from": "2026-03-02"})
    assert moved == "The clock was paused: identity (from 2026-03-02)."
    code = sentence(Tag.IDENTITY_CODE_SENT, {"number": 1, "to": "on_record", "expires_at": "2026-03-02T10:30:00+00:00"})
    assert code == "One-time code 1 was sent to the address on record (expires at 2026-03-02 10:30 UTC)."
    half = sentence(Tag.SYSTEM_ERASED, {"system": "crm", "erased": 1, "broken_off": True})
    assert half == "Crm began with its part of the plan, and broke off (erased 1)."


def test_facts_are_said_in_the_language_too() -> None:
    opened = sentence(Tag.REQUEST_OPENED, {"right": "erasure", "regime": "EU-GDPR", "channel": "web"}, "fr")
    assert opened == "La demande a été ouverte\N{NO-BREAK SPACE}: effacement selon EU-GDPR, par le site."
    drafted = sentence(Tag.PLAN_DRAFTED, {"delete": 3, "retain": 0}, "fr")
    assert drafted == "Le plan a été établi (à effacer 3, à conserver 0)."


def test_every_code_has_its_word_in_french() -> None:
    codes = (Right, Stage, Outcome, PauseReason, Fate, Treatment, Kind, TaskPhase, TaskState, LetterState)
    needed = {one.value for code in codes for one in code} | {*CHANNELS}
    assert {one for one in needed if f"values.{one}" not in SAID["fr"]} == set()


def test_every_ground_that_staff_may_give_has_its_word_in_french() -> None:
    codes = {*law.reason_codes(), *GROUNDS, *(one.value for one in Because)}
    for code, found in law.regimes().items():
        codes |= {*law.extension_grounds(code, found.places[0])}
        for right in Right:
            codes |= {one.code for one in law.refusal_grounds(code, found.places[0], right)}
    assert {one for one in codes if f"values.{one}" not in SAID["fr"]} == set()


def test_every_fact_that_is_written_down_has_its_name_in_french() -> None:
    """Names as they stand in the code where an event is recorded: none is English on a French desk."""
    root, names = Path(habeas.__file__).parent.parent, set()
    for file in (file for house in ("activities", "workers") for file in (root / house).rglob("*.py")):
        calls = (one for one in ast.walk(ast.parse(file.read_text())) if isinstance(one, ast.Call))
        for call in (one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "record"):
            said = (one for each in (*call.args, *(word.value for word in call.keywords)) for one in ast.walk(each))
            keys = (key for one in said if isinstance(one, ast.Dict) for key in one.keys)
            names |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    assert len(names) > 30
    assert {one for one in names - _HIDDEN if f"facts.{one}" not in SAID["fr"]} == set()


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.none() | st.booleans() | st.integers(0, 9)))
def test_no_facts_make_a_sentence_fall_over(facts: dict[str, JsonValue]) -> None:
    for tag in Tag:
        assert sentence(tag, facts)


@given(st.text(max_size=50))
def test_words_are_clean_or_refused(text: str) -> None:
    try:
        clean = words("reason", text)
    except BadInput:
        return
    assert clean
    assert clean == clean.strip()
    assert clean.isprintable() or not clean.isascii()
