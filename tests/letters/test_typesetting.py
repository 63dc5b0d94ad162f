"""Letters are set as their language is: spaces that may not break, articles beside their reasons, the right heading."""

from __future__ import annotations

import re

import pytest

from activities.letters import LANGUAGES, Controller, Element, Kind, render
from activities.letters.exists import why_not
from activities.letters.render import drafted
from activities.letters.samples import sample
from activities.letters.wording import lookup
from habeas.model import Right

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus")
FIXED = "\N{NO-BREAK SPACE}"
LAWS = (("EU-GDPR", "FR"), ("US-CCPA", "US-CA"), ("UK-GDPR", "GB"), ("CA-QC-25", "CA-QC"))


@pytest.mark.parametrize(("regime", "place"), LAWS)
def test_no_line_of_french_begins_with_a_mark(regime: str, place: str) -> None:
    for kind in Kind:
        if kind.to_staff or why_not(kind, regime, place, Right.ERASURE):
            continue
        facts = sample(kind, controller=US, regime=regime, jurisdiction=place, right=Right.ERASURE, language="fr")
        letter = render(kind, "fr", facts)
        for text in (letter.subject, letter.text):
            assert not re.search(r"[ \n][:;?!»](?:\s|$)|« ", text), text
            assert not re.search(rf"[^\s{FIXED}:][:;?!](?: |\n|$)", text), text


@pytest.mark.parametrize(
    ("language", "cite", "said"),
    [
        ("en", "Civ. Code 1798.105(d)(8)", f"Cal. Civ. Code §{FIXED}1798.105(d)(8)"),
        ("fr", "GDPR 17(3)(b)", f"art.{FIXED}17, par.{FIXED}3, point{FIXED}b), du RGPD"),
        ("da", "GDPR 17(3)(b)", f"databeskyttelsesforordningens artikel{FIXED}17, stk.{FIXED}3, litra{FIXED}b"),
        ("nb", "GDPR 17(3)(b)", f"personvernforordningen artikkel{FIXED}17 nr.{FIXED}3 bokstav{FIXED}b"),
        ("de", "GDPR 17(3)(b)", f"Art.{FIXED}17 Abs.{FIXED}3 Buchst.{FIXED}b DSGVO"),
    ],
)
def test_a_number_stays_with_what_it_counts(language: str, cite: str, said: str) -> None:
    assert lookup("activities.letters", language).cited(cite) == said


def test_an_article_stands_before_the_full_stop() -> None:
    words = lookup("activities.letters", "en")
    assert words.reasoned("A law obliges us.", "GDPR 17(3)(b)") == f"A law obliges us (GDPR Article{FIXED}17(3)(b))."
    assert words.reasoned("it is ours", "GDPR 15(4)") == f"it is ours (GDPR Article{FIXED}15(4))"
    assert words.reasoned("it is ours", None) == "it is ours"


RECEIVED = {
    "en": ("your complaint", "Your complaint: "),
    "fr": ("votre plainte", f"Votre plainte{FIXED}: "),
    "da": ("din klage", "Din klage: "),
    "nb": ("klagen din", "Din klage: "),
    "de": ("Ihre Beschwerde", "Ihre Beschwerde: "),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complaint_is_called_a_complaint(language: str) -> None:
    called, reference = RECEIVED[language]
    for kind in (Kind.ACKNOWLEDGEMENT, Kind.QUESTION, Kind.WITHDRAWAL, Kind.DELAY):
        facts = sample(kind, controller=US, regime="UK-GDPR", jurisdiction="GB", right=Right.COMPLAINT)
        for promised in (True, False) if kind is Kind.DELAY else (None,):
            more = {} if promised is None else {"promised": promised}
            letter = render(kind, language, facts.model_copy(update=more))
            assert called.split()[language != "nb"].lower() in letter.subject.lower(), letter.subject
            assert reference in letter.text
    asked = sample(Kind.ACKNOWLEDGEMENT, controller=US, regime="UK-GDPR", jurisdiction="GB", right=Right.ACCESS)
    assert called not in render(Kind.ACKNOWLEDGEMENT, language, asked).text


@pytest.mark.parametrize("kind", [Kind.REFUSAL, Kind.PARTIAL_REFUSAL, Kind.NOT_A_RIGHT])
def test_whom_to_ask_is_said_once(kind: Kind) -> None:
    right = Right.OPT_OUT_SALE if kind is Kind.NOT_A_RIGHT else Right.ERASURE
    for language in LANGUAGES:
        letter = render(kind, language, sample(kind, controller=US, right=right, language=language))
        assert letter.text.count(US.contact) == 1
        assert letter.text.count("HB-7K3M-9Q2X-4TDW") == 2, "where to write, and the reference at the end"


def test_nothing_stands_under_a_heading_that_is_not_its_own() -> None:
    facts = sample(Kind.COMPLETION_ERASURE, controller=US, regime="US-CCPA", jurisdiction="US-CA", right=Right.ERASURE)
    blocks = drafted(facts, lookup("activities.letters", "en")).blocks
    under: dict[str, list[str]] = {}
    heading = ""
    for block in blocks:
        heading = block.text if block.kind == "heading" else heading
        under.setdefault(heading, []).append(block.kind)
    assert under["Not finished yet"] == ["heading", "bullets", "paragraph"]
    assert under["Who else hears of it"] == ["heading", "paragraph"]
    assert under["Those we have not told, and why"] == ["heading", "bullets"]
    assert list(under)[-1] == "If you do not agree"
    assert [block.kind for block in blocks if Element.RECORD_KEPT in block.elements] == ["small"]


def test_what_a_sentence_of_german_begins_with_fits_its_greeting() -> None:
    """After a comma it would go on in lower case."""
    for kind in (Kind.CODE, Kind.FORWARD_NOTICE, Kind.RECIPIENT_NOTICE, Kind.REFUSAL):
        letter = render(kind, "de", sample(kind, controller=US, right=Right.ERASURE, language="de"))
        assert letter.text.splitlines()[0].endswith("!")


def test_purposes_are_told_one_after_the_other() -> None:
    facts = sample(Kind.CATEGORIES, controller=US, regime="US-CCPA", jurisdiction="US-CA", language="fr")
    assert f"livrer ce que vous commandez{FIXED}; vous répondre" in render(Kind.CATEGORIES, "fr", facts).text


def test_an_example_of_an_alarm_is_of_a_day_after_the_last() -> None:
    letter = render(Kind.STAFF_ALARM, "en", sample(Kind.STAFF_ALARM, controller=US))
    assert not re.search(r"-\d+ days", letter.text)
