"""Phrases in the reader's language: the nearest that there is, and as written where there is none."""

import pytest

from habeas.glossary import Glossary

WORDS = Glossary(
    language="en",
    words={
        "da": {"Customers": "Kunder", "Act § 1": "lovens § 1", "Code; book 2": "lovbogens 2. del"},
        "fr": {"Customers": "Clients", "Act § 1": "§ 1 de la loi"},
    },
)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("da", "Kunder"),
        ("da-DK", "Kunder"),
        ("nb", "Kunder"),
        ("fr-CA", "Clients"),
        ("en-GB", "Customers"),
        ("pt", "Customers"),
        (None, "Customers"),
    ],
)
def test_the_nearest_language_is_said(wanted: str | None, said: str) -> None:
    assert WORDS.say("Customers", wanted) == said


def test_what_has_no_words_stays_as_it_is() -> None:
    assert WORDS.say("Invoices", "da") == "Invoices"


def test_laws_that_stand_together_are_each_said() -> None:
    assert WORDS.say_laws("Act § 1; Code; book 2", "da") == "lovens § 1; lovbogens 2. del"
    assert WORDS.say_laws("case 7; Act § 1; case 8", "fr") == "case 7; § 1 de la loi; case 8"
    assert WORDS.say_laws("", "fr") == ""


def test_what_is_lacking_is_named_once() -> None:
    asked = ("Customers", "Act § 1", "Code; book 2", "Code; book 2")
    assert WORDS.lacking(asked, "da") == ()
    assert WORDS.lacking(asked, "fr-CA") == ("Code; book 2",)
    assert WORDS.lacking(asked, "en-GB") == ()
    assert WORDS.lacking(asked, "nb") == ("Customers", "Act § 1", "Code; book 2"), "a neighbour's language is not it"
