"""What staff's pages say, in the language of whoever is at one."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request

from activities.letters.wording import Words, catalogue, lookup
from workers.desk.pages import ranked

__all__ = ["COOKIE", "LANGUAGES", "chosen", "speech"]

COOKIE = "__Host-habeas-language"
"""The language that somebody chose instead of their browser's."""
LANGUAGES = {"en": "English", "fr": "Français"}
"""Of staff's pages, each by its own name."""

_SHARED = ("rights.", "identifiers.", "refusal_grounds.", "extension_grounds.")
"""What letters have words for, and staff read in the same ones."""


def chosen(request: Request) -> str:
    """The language that was chosen; else the best of ``Accept-Language``; else English."""
    kept = request.cookies.get(COOKIE, "")
    if kept in LANGUAGES:
        return kept
    return next(ranked(request.headers.get("accept-language"), LANGUAGES), "en")


@cache
def speech(language: str) -> Words:
    """Every text of staff's pages in one language."""
    shared = {key: text for key, text in catalogue("activities.letters", language).items() if key.startswith(_SHARED)}
    return Words(
        language, lookup("activities.letters", language).locale, shared | catalogue("workers.desk.speech", language)
    )
