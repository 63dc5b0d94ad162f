"""No letter in another language has an English word in it: every kind, under every law, about every right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from activities.letters import LANGUAGES, Controller, Kind, LetterFacts, render
from activities.letters.exists import why_not
from activities.letters.samples import sample
from activities.letters.wording import lookup
from habeas import law
from habeas.model import Right

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus")
PLACES = [(code, found.places[0]) for code, found in law.regimes().items()]
PLACES += [("EU-GDPR", "DE"), ("EU-GDPR", "FR"), ("EEA-GDPR", "NO"), ("US-STATE", "US-VA"), ("US-STATE", "US-CO")]
_ENGLISH = re.compile(
    r"\b(list|GDPR|Articles?|Act|sections?|the|and|of|your|you|we|because|Recital|Schedule|para|reg|clause|from"
    r"|within|days?|law|authority|authorities)\b|\bss?\.\s?\d|\bcl\.\s"
)


def letters(code: str, place: str, language: str) -> Iterator[LetterFacts]:
    for kind in Kind:
        for right in Right if not kind.to_staff else ():
            if why_not(kind, code, place, right) is None:
                yield sample(kind, controller=US, regime=code, jurisdiction=place, right=right, language=language)


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize(("code", "place"), PLACES)
def test_no_english_is_left(code: str, place: str, language: str) -> None:
    for facts in letters(code, place, language):
        letter = render(facts.kind, language, facts)
        # An office has the name that it has at home, in languages of its country.
        text = letter.subject + "\n" + " ".join(letter.text.split())
        for one in facts.authorities:
            text = text.replace(one.name, "")
        found = _ENGLISH.search(re.sub(r"https?://\S+", "", text))
        assert not found, (facts.kind, facts.right, text[max(0, found.start() - 60) : found.end() + 40])


@pytest.mark.parametrize(
    ("code", "place", "language", "named"),
    [
        ("US-CCPA", "US-CA", "en", ("California Privacy Protection Agency", "California Attorney General")),
        ("CH-FADP", "CH", "de", ("(EDÖB)",)),
        ("CH-FADP", "CH", "fr", ("(PFPDT)",)),
        ("CA-PIPEDA", "CA", "fr", ("Commissariat à la protection de la vie privée du Canada",)),
        ("EU-GDPR", "DE", "de", ("Datenschutzaufsichtsbehörde Ihres Bundeslandes",)),
        ("NZ-PRIVACY", "NZ", "en", ("Office of the Privacy Commissioner", "Human Rights Review Tribunal")),
    ],
)
def test_every_authority_is_named_as_it_calls_itself(
    code: str, place: str, language: str, named: tuple[str, ...]
) -> None:
    facts = sample(Kind.REFUSAL, controller=US, regime=code, jurisdiction=place, language=language)
    text = " ".join(render(Kind.REFUSAL, language, facts).text.split())
    for name in named:
        assert name in text


def test_times_are_written_as_the_language_does() -> None:
    facts = sample(Kind.CODE, controller=US)
    assert "10. marts 2026 kl. 12.30 (CET)" in " ".join(render(Kind.CODE, "da", facts).text.split())
    assert "10. März 2026 um 12:30 Uhr (CET)" in " ".join(render(Kind.CODE, "de", facts).text.split())
    assert "12:30\N{NARROW NO-BREAK SPACE}PM" in render(Kind.CODE, "en-US", facts).text


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    words = lookup("activities.letters", "fr")
    assert words.date(date(2026, 4, 1)) == "1er avril 2026"
    assert words.date(date(2026, 4, 11)) == "11 avril 2026"
    assert words.moment(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), "Europe/Paris").startswith("1er avril 2026 à ")
    assert lookup("activities.letters", "fr-CA").date(date(2026, 12, 1)) == "1er décembre 2026"
    assert lookup("activities.letters", "de").date(date(2026, 4, 1)) == "1. April 2026"


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.EXTENSION, Kind.DELAY])
def test_no_french_letter_counts_the_first_of_a_month(kind: Kind) -> None:
    who = Controller(name="Nordlys ApS", contact="privacy@nordlys.example")
    first = date(2026, 3, 1)
    facts = sample(kind, controller=who, regime="EU-GDPR", jurisdiction="FR", language="fr", received_on=first)
    said = render(kind, "fr", facts)
    assert "le 1er mars 2026" in said.text
    for page in (said.text, said.html):
        assert not re.search(r"\b1[\s\u00a0]+(?:janvier|février|mars|avril|mai|juin|juillet|août)", page)
