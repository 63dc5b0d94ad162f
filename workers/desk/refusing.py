"""What is said where a page cannot be shown, in the language of whoever is there; what they wrote is given back."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from workers.desk.pages import asked_for, page, persons_page
from workers.desk.speech import chosen, speech

__all__ = ["refused"]

_PERSONS = ("/ask/", "/d/", "/mine", "/p/", "/r/", "/v/")
"""Where pages begin that are not staff's: persons', processors' and recipients'."""
_SECRETS = frozenset({"code"})


def refused(request: Request, status: int, what: str, written: Mapping[str, str] | None = None) -> Response:
    """The page that says so.

    Args:
        request: what could not be answered.
        status: of the answer.
        what: the name of the words, `lost_WHAT`.
        written: what whoever sent it typed, by the form's fields: shown to them again.
    """
    kept = {name: text for name, text in (written or {}).items() if text.strip() and name not in _SECRETS}
    if request.url.path.startswith(_PERSONS):
        language = asked_for(request.headers.get("accept-language"))
        said = {"heading": f"lost_{what}_title", "text": f"lost_{what}"}
        return persons_page("said.html", language, status, **said, written=list(kept.values()))
    say = speech(chosen(request))
    title, text = say.text(f"lost.{what}_title"), say.text(f"lost.{what}")
    if kept:
        text = f"{text} {say.text('lost.kept')}"
    return page("nothing.html", status, language=say.language, title=title, text=text, say=say, written=kept)
