"""Values as the page shows them: shortened, nested only so deep, dates written out. Escaping is the page's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import JsonValue

from activities.letters.wording import Words
from activities.package.jsonl import json_line
from habeas.glossary import humanise

__all__ = ["Node", "show"]

SHOWN = 2_000
"""Characters of a text that the page shows at most; the rest is in the JSON file."""
LEAD = 280
"""Characters of a long text that are shown before it is opened."""
ITEMS = 20
DEPTH = 4

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?")


@dataclass(frozen=True)
class Node:
    """One value, ready to be laid out."""

    kind: Literal["empty", "plain", "time", "text", "long", "list", "map"]
    text: str = ""
    more: str = ""
    """The text after ``text`` (kind long), or the machine's form (kind time)."""
    cut: bool = False
    """Something was left out here."""
    items: tuple[tuple[str, Node], ...] = ()


def show(value: JsonValue, words: Words, timezone: str, depth: int = 0) -> Node:
    """How a value is shown."""
    if value is None or value == "" or value == [] or value == {}:
        return Node("empty")
    if isinstance(value, bool):
        return Node("plain", words.text("page.yes" if value else "page.no"))
    if isinstance(value, int | float):
        return Node("plain", str(value))
    if isinstance(value, str):
        return _moment(value, words, timezone) or _text(value)
    if depth >= DEPTH:
        return _text(json_line(value).decode())
    pairs = list(value.items()) if isinstance(value, dict) else [("", item) for item in value]
    kind: Literal["map", "list"] = "map" if isinstance(value, dict) else "list"
    items = tuple((humanise(name), show(item, words, timezone, depth + 1)) for name, item in pairs[:ITEMS])
    return Node(kind, items=items, cut=len(pairs) > ITEMS)


def _text(value: str) -> Node:
    text = value.strip("\n")
    if len(text) <= LEAD + 80:
        return Node("text", text)
    lead = text[:LEAD].rpartition(" ")[0] or text[:LEAD]
    return Node("long", lead, text[len(lead) : SHOWN], cut=len(text) > SHOWN)


def _moment(value: str, words: Words, timezone: str) -> Node | None:
    try:
        if _DATE.fullmatch(value):
            return Node("time", words.date(date.fromisoformat(value)), value)
        if _MOMENT.fullmatch(value):
            at = datetime.fromisoformat(value)
            text = words.moment(at, timezone) if at.tzinfo else f"{words.date(at.date())}, {at:%H:%M}"
            return Node("time", text, value)
    except (ValueError, OverflowError):
        # Looks like a date and is none (a 31 February, the year 9999 moved east): shown as it is written.
        return None
    return None
