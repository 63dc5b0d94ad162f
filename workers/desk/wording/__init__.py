"""The texts of the queue, and of the pages on all requests at once: overview, reports, systems."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from babel.numbers import format_decimal
from starlette.requests import Request
from starlette.responses import HTMLResponse

from activities.letters.wording import Words, catalogue, lookup
from workers.desk.door import Signed
from workers.desk.pages import asked_for, page

__all__ = ["LANGUAGES", "sheet", "words"]

LANGUAGES = ("en", "fr")
_LETTERS = "activities.letters"
_SHARED = ("rights.", "refusal_grounds.")
"""What letters have words for, and staff read in the same ones."""


@cache
def words(language: str) -> Words:
    """Every text in one language."""
    shared = {key: text for key, text in catalogue(_LETTERS, language).items() if key.startswith(_SHARED)}
    return Words(language, lookup(_LETTERS, language).locale, shared | catalogue(__name__, language))


def sheet(template: str, who: Signed, request: Request, status: int = 200, **values: Any) -> HTMLResponse:
    """One of these pages, in its reader's language."""
    asked = asked_for(request.headers.get("accept-language"))
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    say = words(language)
    return page(template, status, who=who, say=say, language=language, decimal=partial(_decimal, say), **values)


def _decimal(say: Words, number: float) -> str:
    """A number with one digit after the decimal sign."""
    return format_decimal(number, format="#,##0.0", locale=say.locale)
