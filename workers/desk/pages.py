"""Templates, and the words of the person's pages in their language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from workers.desk.guard import STAFFS_POLICY

_HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in (_HERE / "words").glob("*.toml")))
FALLBACK = "en"

_environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One page. Where somebody of the staff is at it, our own script may run."""
    headers = {"content-security-policy": STAFFS_POLICY} if "who" in values else None
    return HTMLResponse(_environment.get_template(template).render(**values), status, headers)


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


def nearest(wanted: str | None) -> str | None:
    """The language of ours that is meant (``da-DK`` -> ``da``, ``no`` -> ``nb``), or None."""
    primary = (wanted or "").strip().lower().split("-")[0]
    primary = {"no": "nb", "nn": "nb"}.get(primary, primary)
    return primary if primary in LANGUAGES else None


def asked_for(header: str | None) -> str:
    """The best language of an ``Accept-Language`` header, else English."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "")[:500].split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if (language := nearest(tag)) and quality > 0:
            ranked.append((-quality, position, language))
    return min(ranked)[2] if ranked else FALLBACK
