"""The letter that asks a fee says how the term runs as the law of the request has it, in every language."""

from __future__ import annotations

import pytest

from activities.letters import LANGUAGES, Controller, Element, FeeLetter, IncompleteLetter, Kind, render, required
from activities.letters.samples import sample
from habeas import law
from habeas.model import PauseReason, Right

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus")
# Received on 2 March 2026, looked at on the 10th; the ten days end on the 20th, and thirty more on 19 April.
SWISS = {
    "en": ("within 10 days, by 20 March 2026", "takes your request as withdrawn", "by 19 April 2026"),
    "de": ("innerhalb von 10 Tagen, spätestens am 20. März 2026", "als zurückgezogen", "am 19. April 2026"),
    "fr": ("dans un délai de 10 jours, soit au plus tard le 20 mars 2026", "comme retirée", "le 19 avril 2026"),
    "da": ("inden for 10 dage, senest den 20. marts 2026", "for trukket tilbage", "den 19. april 2026"),
    "nb": ("innen 10 dager, senest 20. mars 2026", "som trukket tilbake", "senest 19. april 2026"),
}


def fee(code: str, place: str) -> FeeLetter:
    facts = sample(Kind.FEE, controller=US, regime=code, jurisdiction=place, right=Right.ACCESS)
    assert isinstance(facts, FeeLetter)
    return facts


def text_of(facts: FeeLetter, language: str) -> str:
    said = render(Kind.FEE, language, facts).text
    return " ".join(said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_swiss_fee_is_confirmed_in_ten_days_and_the_term_begins_then(language: str) -> None:
    text = text_of(fee("CH-FADP", "CH"), language)
    for phrase in SWISS[language]:
        assert phrase in text
    waits = text_of(fee("UK-GDPR", "GB-ENG"), language)
    assert not any(phrase in waits for phrase in SWISS[language])


def test_elsewhere_the_term_waits_for_the_payment() -> None:
    assert "does not run until the fee is paid" in text_of(fee("UK-GDPR", "GB-ENG"), "en")
    assert "does not run until the fee is paid" not in text_of(fee("CH-FADP", "CH"), "en")


def test_a_letter_that_is_silent_of_the_days_is_not_sent() -> None:
    assert Element.CONFIRM_BY in required(Kind.FEE, "CH-FADP", "CH", Right.ACCESS)
    assert Element.CONFIRM_BY not in required(Kind.FEE, "UK-GDPR", "GB-ENG", Right.ACCESS)
    with pytest.raises(IncompleteLetter, match="confirm_by"):
        text_of(fee("CH-FADP", "CH").model_copy(update={"confirming": None}), "en")


def test_the_days_are_the_regimes_figure() -> None:
    days = {
        code: law.reflection_days(code, Right.ACCESS, PauseReason.FEE, found.places[0])
        for code, found in law.regimes().items()
    }
    assert {code: n for code, n in days.items() if n is not None} == {"CH-FADP": 10}
    assert law.reflection_days("CH-FADP", Right.ACCESS, PauseReason.IDENTITY) is None
    assert law.reflection_days("CH-FADP", Right.ERASURE, PauseReason.FEE) is None
