"""Who else a text may name: hints, with what they see and what they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.others import MOST, Known, marks

ADA = Known.of(emails=["Ada@Example.org"], phones=["+45 12 34 56 78"], names=["Ada King Lovelace", None])


def told(text: str, known: Known = ADA) -> list[tuple[str, str]]:
    return [(one.kind.value, text[one.start : one.end]) for one in marks(text, known)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to bo@x.example or ada@example.org.", [("email", "bo@x.example")]),
        ("call +45 87 65 43 21, not 12345678", [("phone", "+45 87 65 43 21")]),
        ("on 2026-03-02, 02.03.2026 10:00, 3/2/2026 87654321", [("phone", "87654321")]),
        ("She asked Bo Nielsen for it", [("name", "Bo Nielsen")]),
        ("Ada Lovelace called; her brother Tom said so", [("name", "Tom")]),
        # Of the same family, and somebody else.
        ("with Byron Lovelace", [("name", "Byron Lovelace")]),
        ("Dear Grethe,\nthank you", [("name", "Grethe")]),
        ("Venlig hilsen\nSøren", [("name", "Søren")]),
        ("Mme Élodie de la Tour a dit", [("name", "Élodie de la Tour")]),
        ("Herr von Müller-Lüdenscheidt", [("name", "Müller-Lüdenscheidt")]),
        ("John M. Smith signed", [("name", "John M. Smith")]),
        ("Иван Петров звонил", [("name", "Иван Петров")]),
    ],
)
def test_what_is_marked(text: str, expected: list[tuple[str, str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "we spoke with tom about it",
        "TOM SMITH",
        "Tom",
        "my neighbour",
        "山田太郎に電話した",
        "I will call on Monday",
    ],
)
def test_what_is_not_seen_as_the_module_says(text: str) -> None:
    assert told(text) == []


@given(st.text(max_size=200))
def test_marks_are_in_order_and_inside_the_text(text: str) -> None:
    end = 0
    for mark in marks(text, ADA):
        assert end <= mark.start < mark.end <= len(text)
        end = mark.end


def test_a_long_text_is_answered_soon_and_with_so_many_marks_at_most() -> None:
    assert len(marks("Bo Nielsen met Kim Larsen. " * 40_000, ADA)) == MOST
    assert marks("1 " * 100_000 + "a." * 100_000, ADA) is not None
    assert marks("a" * 300_000 + "@", ADA) == ()
