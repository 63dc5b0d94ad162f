"""Names of files are safe on every system, whatever they were called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.package.names import Names, safe_name

NASTY = st.text(st.characters() | st.sampled_from("./\\:\u202e\u200b\x00\n<>|?*\"'~ "), max_size=300)


@given(NASTY)
def test_any_name_becomes_harmless(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert safe == safe.strip(". ")
    assert not set(safe) & set('<>:"/\\|?*')
    assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in safe)
    assert len(safe.encode()) <= 130
    assert safe.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9", "conin$"}


@given(NASTY)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("a/", "a"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("Faktura æøå №1.pdf", "Faktura æøå №1.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe.txt"),
        ("page.HTML", "page.HTML.txt"),
        ("drawing.svg", "drawing.svg.txt"),
        ("CON", "_CON"),
        ("com1.txt", "_com1.txt"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("control", "control"),
        ("a  \t b\r\n.txt", "a b.txt"),
        ("what?.pdf ", "what_.pdf"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("🐈" * 100 + ".png", "🐈" * 29 + ".png"),
    ],
)
def test_examples(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.lists(st.sampled_from(["a.txt", "A.TXT", "a-2.txt", "b", "B", "b-2", ".x"]), max_size=30))
def test_no_name_is_given_twice_even_without_upper_case(wanted: list[str]) -> None:
    names = Names()
    given_out = [names.take("files/", name).casefold() for name in wanted]
    assert len(set(given_out)) == len(given_out)
