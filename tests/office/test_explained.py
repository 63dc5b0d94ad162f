"""Why a date is what it is, in the reader's language: every sentence of every law is known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import workers.office
from activities.letters.wording import catalogue
from habeas import law
from habeas.errors import BadInput
from habeas.law import compute
from habeas.law.library import regime
from habeas.model import PauseReason, Right
from habeas.policy import load_policies
from tests.law.kit import case
from tests.office.world import POLICIES
from workers.office.explained import TOPIC, at_field, explained, noted, refused
from workers.office.intake import language_note
from workers.office.particulars import _HOW
from workers.office.typed import DAY
from workers.office.whose_law import law_note, right_note

PLACES = {
    **{code: found.places[:1] for code, found in law.regimes().items() if found.places},
    "EU-GDPR": ("DK", "FI"),
    "EEA-GDPR": ("NO",),
    "UK-GDPR": ("GB", "GB-ENG"),
    "US-STATE": ("US-CO", "US-IA", "US-MT", "US-OK"),
    "CA-PIPEDA": ("CA-ON", "CA-AB", "CA-BC", "CA-QC"),
}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAYS = ("2027-01-31", "2027-05-13", "2028-11-24")
ENGLISH = re.compile(r"\b(the|and|day|days|month|until|within|answer|clock|law|of)\b", re.IGNORECASE)


def lines(code: str, place: str) -> Iterator[str]:
    """What explains every right there: as it is and extended, with each option, after each wait."""
    options = [(option,) for option in regime(code, place).options]
    for on in map(date.fromisoformat, DAYS):
        waits = [
            (str(on + timedelta(days=3)), str(on + timedelta(days=end)), reason.value)
            for reason in PauseReason
            for end in (4, 9)
        ]
        for right in Right:
            asked = [case(code, place, right.value, on, extended=extended) for extended in (False, True)]
            asked += [case(code, place, right.value, on, options=option) for option in options]
            asked += [case(code, place, right.value, on, wait, extended=True) for wait in waits]
            for one in asked:
                with suppress(BadInput):
                    yield from compute(one).explanation


@pytest.mark.parametrize("code", sorted(PLACES))
def test_every_sentence_is_said_in_french(code: str) -> None:
    told = sorted({line for place in PLACES[code] for line in lines(code, place)})
    said = explained(told, "fr")
    assert [line for line, one in zip(told, said, strict=True) if one.language != "fr"] == []
    # What stands in brackets is the names of laws and holidays, which stay.
    plain = [re.sub(r"\(.*\)", "", one.text) for one in said]
    assert [one for one in plain if ENGLISH.search(one)] == []
    assert [one.text for one in explained(told, "en")] == told


def test_a_promise_is_explained_and_what_nobody_knows_stays_as_it_was_written() -> None:
    told = (
        "The controller promised an answer by Monday 1 March 2027: that is earlier than the law's day, and counts.",
        "Something of an older release.",
    )
    promised, older = explained(told, "fr")
    assert promised.text.replace("\u202f", " ").replace("\u00a0", " ") == (
        "Le responsable du traitement a promis une réponse pour le lundi 1 mars 2027 : "
        "c’est plus tôt que le jour de la loi, et compte."
    )
    assert (older.text, older.language) == (told[1], "en")


def test_a_note_beside_a_request_is_said_in_french() -> None:
    policy = load_policies(POLICIES, only=["demo"])["demo"]
    notes = (
        right_note(Right.OBJECTION, Right.WITHDRAW_CONSENT),
        language_note("pt", "en"),
        "Answered under EU-GDPR: US-STATE, the law where the person lives, does not give this right, and EU-GDPR binds "
        "this controller whoever asks (GDPR 3(1)).",
    )
    assert law_note(policy, Right.ACCESS, "EU-GDPR", "DK", NOON) is None
    for note in notes:
        assert note is not None
        said = noted(note, "fr")
        assert said.language == "fr", note
        assert ENGLISH.search(re.sub(r"\(.*\)", "", said.text)) is None, said
        assert noted(note, "en").text == note


REFUSES = {"BadInput", "WrongStage", "NotAllowed", "NoDelay", "ApplicationError"}
ELSEWHERE = {
    *("act-id: a UUID, as the first try printed it.", "This says nothing of an act.", "There is no such act."),
    *("act: there is no such act.", "identifiers: at most {0}."),
    "This delivery report is about a letter that is not one of this installation's.",
    "correlation: this request has no such error; `habeas request show` names those there are.",
}
"""What no form of the desk brings about: of commands and programs."""
HOLES = {
    "does not have{1}": "does not have for demo",
    "is closed{0}": "is closed as fulfilled",
    "what is right; {0}": f"what is right; {_HOW}",
    "write {0}.": f"write {DAY}.",
    "2024-05-31.{1}": "2024-05-31.",
}
"""What stands in a hole that is more than a name or a number."""
ROOMS = (
    *("acting", "asked", "collected", "finding", "foreseeing", "holders", "intake", "letters", "particulars"),
    *("previewing", "reading", "redacting", "reports", "restrictions", "review", "room", "task_words", "tasks"),
    *("typed", "waiting"),
)


def _shape(text: ast.expr | None) -> str | None:
    """A text as it is written in the code, with something in the place of each hole; None if it is put together."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    if not isinstance(text, ast.JoinedStr):
        return None
    holes = iter(range(9))
    return "".join(str(one.value) if isinstance(one, ast.Constant) else f"{{{next(holes)}}}" for one in text.values)


def _texts() -> Iterator[str]:
    here = Path(workers.office.__file__).parent
    for file in (*(here / f"{name}.py" for name in ROOMS), here.parents[1] / "workflows" / "acts.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSES:
                text = _shape(node.args[0]) if node.args else None
                if text is not None and not text.startswith(("{0}: {1}", "{0} is not", "correct: {0}")):
                    yield text


def _filled(text: str) -> str:
    at_field = re.sub(r"^\{0\}: ", "record 7: ", text)
    for hole, value in HOLES.items():
        at_field = at_field.replace(hole, value)
    return re.sub(r"\{\d\}", "7", at_field)


def test_what_is_refused_on_the_desk_is_refused_in_french() -> None:
    texts = set(_texts())
    assert len(texts) > 90
    filled = {text: _filled(text) for text in texts - ELSEWHERE}
    said = {text: refused(one, "fr") for text, one in filled.items()}
    assert sorted(text for text, one in said.items() if one.language != "fr") == []
    quoted = re.compile(r"`.*?`|«.*?»|\".*?\"|\b[A-Z]+\b")
    assert [one.text for one in said.values() if ENGLISH.search(quoted.sub("", one.text))] == []
    english, french = catalogue(TOPIC, "en"), catalogue(TOPIC, "fr")
    for key in (one for one in english if one.startswith(("noted.", "unusable."))):
        assert set(re.findall(r"\{\w+\}", french[key])) <= set(re.findall(r"\{\w+\}", english[key])), key
    assert refused("note: at most 7 characters.", "en").text == "note: at most 7 characters."
    assert at_field("note: at most 7 characters.") == "At most 7 characters."
    assert at_field("record 7: say which of: a, b.") == "Record 7: say which of: a, b."
    assert refused("note: of an older release.", "fr").text == "note: of an older release."
