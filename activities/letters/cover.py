"""The note before a letter that the privacy officer hands over or posts: theirs to read, the letter below it is not."""

from __future__ import annotations

import re

from activities.letters.render import RenderedLetter, filled
from activities.letters.wording import TOPIC, lookup
from habeas.model import RequestId

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def covered(letter: RenderedLetter, language: str, request_id: RequestId, letter_id: str) -> RenderedLetter:
    """The letter with a note before it, in the officer's language (BCP 47).

    The note is a sheet of its own: it is not printed with the HTML, and stands above a line to cut at in the text. The
    letter itself stays as it is, in the person's language.
    """
    words = lookup(TOPIC, language)
    values: dict[str, object] = {
        "heading": words.text("cover.heading"),
        "paragraphs": [words.text("cover.what", id=request_id), words.text("cover.todo"), words.text("cover.note")],
        "command": words.text("cover.command", letter=letter_id),
        "cut": words.text("cover.cut"),
    }
    note = filled("cover.html", values)
    html = _BODY.sub(lambda body: f"{body.group()}\n{note}", letter.html, count=1)
    return letter.model_copy(
        update={
            "subject": words.text("cover.subject", id=request_id, subject=letter.subject),
            "text": filled("cover.txt", values) + letter.text,
            "html": html if html != letter.html else note + html,
        }
    )
