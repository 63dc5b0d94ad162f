"""Which languages there are, and which is nearest."""

from __future__ import annotations

import pytest

from habeas.errors import BadInput
from habeas.languages import nearest, parse_language


@pytest.mark.parametrize(
    ("text", "tag"), [("da", "da"), (" DA-dk ", "da-DK"), ("fr_ca", "fr-CA"), ("zh-hant-tw", "zh-Hant-TW")]
)
def test_a_tag_has_one_form(text: str, tag: str) -> None:
    assert parse_language(text) == tag


@pytest.mark.parametrize("text", ["", "xx", "qqq", "und", "mul", "english", "en-XQ", "en--GB", "e"])
def test_what_is_no_language_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no such language"):
        parse_language(text)


@pytest.mark.parametrize(
    ("wanted", "having", "found"),
    [
        ("nb", ("en", "da"), "da"),
        ("no", ("en", "da", "nb"), "nb"),
        ("da-DK", ("en", "nb"), "nb"),
        ("sv", ("en", "da", "nb"), "nb"),
        ("fr", ("en", "fr-CA"), "fr-CA"),
        ("fr-FR", ("en", "fr", "fr-CA"), "fr"),
        ("pt", ("en", "da"), "en"),
        (None, ("de", "en"), "de"),
    ],
)
def test_the_nearest_language_is_taken(wanted: str | None, having: tuple[str, ...], found: str) -> None:
    assert nearest(wanted, having) == found
