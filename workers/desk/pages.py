"""Templates, and the words of the person's pages in their language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from activities.letters.wording import Words
from workers.office import Told
from workers.office.sentences import sentence, word

_HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in (_HERE / "words").glob("*.toml")))
FALLBACK = "en"
_THEN = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,300}|/")

_environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _tell(event: Told, say: Words) -> str:
    return sentence(event.tag, event.facts, say.language)


def _named(code: str, say: Words) -> str:
    return word(code, say.language)


_environment.globals.update(tell=_tell, named=_named)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One page."""
    return HTMLResponse(_environment.get_template(template).render(**values), status)


def persons_page(template: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One of the person's pages, in one of our languages."""
    return page(template, status, language=language, words=words(language), **values)


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text of the person's pages in one language."""
    return tomllib.loads((_HERE / "words" / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def style() -> bytes:
    """The one style sheet, put together."""
    return b"".join((_HERE / "templates" / name).read_bytes() for name in ("desk.css", "oversight.css"))


@cache
def script() -> bytes:
    """The one script, of staff's pages."""
    return (_HERE / "templates" / "live.js").read_bytes()


@cache
def language_names() -> tuple[tuple[str, str], ...]:
    """The languages of the person's pages: code, and name in itself."""
    return tuple((language, words(language)["language"]) for language in LANGUAGES)


def nearest(wanted: str | None) -> str | None:
    """The language of ours that is meant (``da-DK`` -> ``da``, ``no`` -> ``nb``), or None."""
    primary = _primary(wanted or "")
    return primary if primary in LANGUAGES else None


def asked_for(header: str | None) -> str:
    """The best language of an ``Accept-Language`` header, else English."""
    return next(ranked(header, LANGUAGES), FALLBACK)


def ranked(header: str | None, known: Collection[str]) -> Iterator[str]:
    """Those of the known languages that an ``Accept-Language`` header wants, the best first."""
    found: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "")[:500].split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if (language := _primary(tag)) in known and quality > 0:
            found.append((-quality, position, language))
    return (language for _, _, language in sorted(found))


def own_path(then: str) -> str:
    """A path of ours to go on to; the queue for anything else."""
    return then if _THEN.fullmatch(then) else "/"


def _primary(tag: str) -> str:
    primary = tag.strip().lower().split("-")[0]
    return {"no": "nb", "nn": "nb"}.get(primary, primary)
