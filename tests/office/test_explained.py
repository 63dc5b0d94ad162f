"""Why a date is what it is, in the reader's language: every sentence of every law is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

import pytest

from habeas import law
from habeas.errors import BadInput
from habeas.law import compute
from habeas.law.library import regime
from habeas.model import PauseReason, Right
from tests.law.kit import case
from workers.office.explained import explained

PLACES = {
    **{code: found.places[:1] for code, found in law.regimes().items() if found.places},
    "EU-GDPR": ("DK", "FI"),
    "EEA-GDPR": ("NO",),
    "UK-GDPR": ("GB", "GB-ENG"),
    "US-STATE": ("US-CO", "US-IA", "US-MT", "US-OK"),
    "CA-PIPEDA": ("CA-ON", "CA-AB", "CA-BC", "CA-QC"),
}
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
