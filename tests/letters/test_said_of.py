"""What staff say of a ground, days that are over, and readers of a language that the controller does not write."""

from __future__ import annotations

import html
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from activities.letters import LANGUAGES, Acknowledgement, Controller, Element, Extension, Ground, Kind, Refusal, render
from activities.letters.samples import sample
from activities.letters.stays import RefusedPart
from activities.letters.wording import lookup
from habeas.model import Right

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example")
DAY = timedelta(days=1)
OWN = "data in seven systems"
ADDED = {
    "en": f"We add: “{OWN}”",
    "fr": f"Nous précisons\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}{OWN}\N{NO-BREAK SPACE}»",
    "da": f"Vi tilføjer: »{OWN}«",
    "nb": f"Vi tilføyer: «{OWN}»",
    "de": f"Wir ergänzen: „{OWN}“",
}
PASSED = {
    "en": "That day has passed without",
    "fr": "Ce jour est passé sans",
    "da": "Den dag er gået, uden",
    "nb": "Den dagen er gått uten",
    "de": "Dieser Tag ist vergangen, ohne",
}
SOON = {
    "en": "as soon as we can",
    "fr": "dès que possible",
    "da": "så snart vi kan",
    "nb": "så snart vi kan",
    "de": "sobald wir können",
}


def joined(text: str) -> str:
    """With its lines joined as far as they are wrapped."""
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


# What staff say


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Kind.EXTENSION, Kind.REFUSAL, Kind.PARTIAL_REFUSAL])
def test_what_staff_say_of_a_ground_is_a_quotation_of_its_own(kind: Kind, language: str) -> None:
    code = {Kind.EXTENSION: "complexity", Kind.REFUSAL: "excessive", Kind.PARTIAL_REFUSAL: "rights_of_others"}[kind]
    ground = Ground(code=code, explanation=OWN, provision="GDPR 12(5)")
    part = RefusedPart(what="Letters", ground=code, explanation=OWN, provision="GDPR 15(4)")
    told: dict[str, Any] = {"refused": (part,)} if kind is Kind.PARTIAL_REFUSAL else {"grounds": (ground,)}
    letter = render(kind, language, sample(kind, controller=US, language=language).model_copy(update=told))
    assert Element.REASONS in letter.elements
    assert f"\n  {ADDED[language]}\n" in letter.text, "a line of its own, below its ground"
    (line,) = (line for line in html.unescape(letter.html).splitlines() if OWN in line)
    assert line == f"{ADDED[language]}</li>"


def test_a_reason_that_is_only_in_words_of_staff_stands_as_it_is() -> None:
    facts = sample(Kind.REFUSAL, controller=US).model_copy(update={"grounds": (Ground(explanation=OWN),)})
    assert f"- {OWN}\n" in render(Kind.REFUSAL, "en", facts).text


# Days that are over


def acknowledgement(language: str, **changes: Any) -> str:
    facts = sample(Kind.ACKNOWLEDGEMENT, controller=US, language=language, received_on=date(2026, 9, 30))
    return joined(render(Kind.ACKNOWLEDGEMENT, language, facts.model_copy(update=changes)).text)


def on(language: str, day: date) -> str:
    return lookup("activities.letters", language).date(day)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("promise", [None, "efforts", "hard"])
def test_a_day_that_is_over_is_owned_to_and_not_promised(
    language: str, promise: Literal["efforts", "hard"] | None
) -> None:
    due, law_on = date(2026, 10, 30), date(2026, 11, 2) if promise else None
    told: dict[str, Any] = {"due_on": due, "promise": promise, "law_due_on": law_on}
    words = lookup("activities.letters", language)
    key = {None: "due", "efforts": "efforts", "hard": "promised"}[promise]
    promised = joined(words.text(f"acknowledgement.{key}", date=on(language, due)))
    by_law = joined(words.text("acknowledgement.efforts_law", law=on(language, law_on))) if law_on else ""

    before = acknowledgement(language, **told, today=due)
    assert promised in before, "the last day is not over yet"
    assert PASSED[language] not in before

    missed = acknowledgement(language, **told, today=due + DAY)
    assert promised not in missed
    for part in (on(language, due), PASSED[language], SOON[language], by_law):
        assert part in missed

    late = acknowledgement(language, **told, today=date(2026, 11, 30))
    assert promised not in late
    assert PASSED[language] in late
    if law_on:
        assert by_law not in late
        assert joined(words.text("acknowledgement.late_law", law=on(language, law_on))) in late


@pytest.mark.parametrize("place", ["US-CA"])
def test_a_late_acknowledgement_has_all_that_the_law_asks_of_it(place: str) -> None:
    facts = sample(Kind.ACKNOWLEDGEMENT, controller=US, regime="US-CCPA", jurisdiction=place, right=Right.ACCESS)
    assert isinstance(facts, Acknowledgement)
    assert facts.due_on
    late = facts.model_copy(update={"today": facts.due_on + DAY})
    assert Element.EXPECTED_DATE in render(Kind.ACKNOWLEDGEMENT, "en", late).elements


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_extension_does_not_hold_to_a_day_that_is_over(language: str) -> None:
    facts = sample(Kind.EXTENSION, controller=US, language=language)
    assert isinstance(facts, Extension)
    words, promised = lookup("activities.letters", language), facts.due_on

    def said(**changes: Any) -> str:
        return joined(render(Kind.EXTENSION, language, facts.model_copy(update=changes)).text)

    dates = {"new_due": on(language, facts.new_due_on), "promised": on(language, promised)}
    stands = joined(words.text("extension.promise_stands", **dates))
    assert stands in said(promised_on=promised, today=promised)
    missed = said(promised_on=promised, today=promised + DAY)
    assert stands not in missed
    assert PASSED[language] in missed
    assert SOON[language] in missed
    broken = said(aimed_on=promised, today=promised)
    assert joined(words.text("extension.aimed", **dates)) in broken
    assert PASSED[language] not in broken
    over = said(aimed_on=promised, today=promised + DAY)
    assert joined(words.text("extension.aimed_missed", **dates)) in over
    assert PASSED[language] in over
    late = said(today=facts.new_due_on + DAY)
    due = on(language, facts.due_on)
    assert joined(words.text("extension.dates", due=due, new_due=dates["new_due"])) not in late
    assert dates["new_due"] in late
    assert PASSED[language] in late


# A language that the controller does not write


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.NOT_A_RIGHT])
@pytest.mark.parametrize(
    ("asked", "written", "sentence"),
    [
        ("de-AT", "fr", "Dieser Brief und die folgenden sind auf Französisch."),
        ("da", "fr", "Dette brev og de følgende er på fransk."),
        ("nb", "da", "Dette brevet og de neste er på dansk."),
        ("fr-CA", "en", "cette lettre et les suivantes sont en anglais."),
        ("en", "de", "this letter, and those that follow, are in German."),
    ],
)
def test_a_reader_of_another_language_is_told_in_it(kind: Kind, asked: str, written: str, sentence: str) -> None:
    facts = sample(kind, controller=US, language=written)
    assert sentence not in joined(render(kind, written, facts).text)
    letter = render(kind, written, facts.model_copy(update={"language_asked": asked}))
    assert sentence in joined(letter.text)
    (line,) = (line for line in letter.html.splitlines() if 'lang="' in line and "<html" not in line)
    assert f'<p lang="{asked.split("-")[0]}"' in line
    assert sentence in joined(html.unescape(line))


def test_a_refusal_is_about_its_ground_alone() -> None:
    facts = sample(Kind.REFUSAL, controller=US)
    assert isinstance(facts, Refusal)
    assert "We add" not in render(Kind.REFUSAL, "en", facts).text
