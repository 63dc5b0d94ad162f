"""The page that a person opens: one file, no script, nothing fetched from anywhere, in their language."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from activities.letters.wording import Words, lookup
from activities.package.facts import CollectionFacts, PackageFacts, SystemFacts, WithheldField
from activities.package.preview import Node
from activities.package.rows import Table

__all__ = ["page", "words_for"]

TOPIC = "activities.package"
OPEN_ROWS = 5
"""Records shown without a click; the rest of the preview is folded."""
_TABLE_COLUMNS = 6
_TABLE_TEXT = 60
_CHUNK = 1 << 16


def words_for(language: str) -> Words:
    """The page's words."""
    return lookup(TOPIC, language)


def page(facts: PackageFacts, tables: Sequence[Table], made_at: datetime, words: Words) -> Iterator[bytes]:
    """The page as UTF-8, piece by piece."""
    style = _style()
    values = {
        "facts": facts,
        "tables": tables,
        "systems": [(s, [t for t in tables if t.system is s], _empty(s)) for s in facts.systems],
        "made_at": made_at,
        "letters": lookup("activities.letters", facts.language),
        "words": words,
        "style": Markup(style),  # noqa: S704 - our own file
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "open_rows": OPEN_ROWS,
        "records": sum(t.facts.rows for t in tables),
        "attachments": sum(t.attachment_count for t in tables),
        "withheld_fields": [(t, w) for t in _withheld(facts) for w in _alike(t[1].withheld, words)],
    }
    return _in_pieces(_environment().get_template("index.html").generate(values))


def _empty(system: SystemFacts) -> list[CollectionFacts]:
    return [collection for collection in system.collections if not collection.rows]


def _withheld(facts: PackageFacts) -> list[tuple[SystemFacts, CollectionFacts]]:
    return [(s, c) for s in facts.systems for c in s.collections if c.withheld and c.rows]


def _in_pieces(parts: Iterable[str]) -> Iterator[bytes]:
    buffer = bytearray()
    for part in parts:
        buffer += part.encode(errors="replace")
        if len(buffer) >= _CHUNK:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _alike(withheld: Sequence[WithheldField], words: Words) -> list[tuple[str, WithheldField]]:
    """The names of the fields for each reason, and one of them."""
    groups: dict[tuple[str, str | None], list[WithheldField]] = {}
    for one in withheld:
        groups.setdefault((one.reason, one.law), []).append(one)
    return [(words.listing(one.called for one in same), same[0]) for same in groups.values()]


def _as_table(table: Table) -> bool:
    """Few and short columns make a table; anything else is easier to read as one card per record."""
    if len(table.columns) > _TABLE_COLUMNS:
        return False
    return all(_is_short(node) for row in table.preview for node in row.values())


def _blanks(columns: Sequence[str], row: Mapping[str, Node]) -> list[str]:
    return [name for name in columns if name not in row or row[name].kind == "empty"]


def _is_short(node: Node) -> bool:
    return node.kind in {"empty", "plain", "time"} or (
        node.kind == "text" and len(node.text) <= _TABLE_TEXT and "\n" not in node.text
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return files(TOPIC).joinpath("templates", "style.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(TOPIC),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["href"] = quote
    environment.filters["called"] = lambda field, collection: collection.label(field)
    environment.filters["basis"] = lambda code, words: words.named("legal_bases", code)
    environment.filters["alike"] = _alike
    environment.filters["blanks"] = _blanks
    environment.tests["tabular"] = _as_table
    return environment
