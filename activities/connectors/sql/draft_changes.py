"""What a draft guesses of corrections, marks and terms, by the names of columns and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from activities.connectors.sql.fit_changes import DATES
from activities.connectors.sql.schema import Column, Table

_RESTRICTED = re.compile(r"(^|_)(restricted|frozen)(_(at|on|since))?$")
_PURPOSES = (
    (re.compile(r"newsletter"), "newsletter"),
    (re.compile(r"do_not_(sell|share)|(^|_)sharing(_|$)"), "sale"),
    (re.compile(r"marketing|do_not_(contact|call|mail)|promotions|subscribed"), "direct_marketing"),
    (re.compile(r"analytics|tracking|profiling|usage_stats"), "analytics"),
    (re.compile(r"limit_use|sensitive"), "sensitive"),
)
_REFUSES = re.compile(r"do_not|opt(ed)?_?out|unsubscribed|limit|(^|_)no_|refused|withdrawn|revoked")
_SHORT_LIVED = re.compile(r"(^|_)(chats?|calls?|recordings?|transcripts?|voice(mails?)?|sessions?|visits?)$")


def changes(table: Table) -> Iterator[str]:
    """The lines of a table's marks and term."""
    marks = [column for column in table.columns.values() if _may_mark(column)]
    restricted = next((one for one in marks if _RESTRICTED.search(one.name)), None)
    if restricted:
        on, off = ("now", "null") if restricted.base in DATES else ("true", "false")
        yield f"restrict = {{ column = {_guess(restricted.name)}, on = {_guess(on)}, off = {_guess(off)} }}  # guess"
    stops = [(one, purpose) for one in marks if one is not restricted and (purpose := _purpose(one))]
    if stops:
        yield "stops = [  # how the use of a row for a purpose is stopped"
        for column, purpose in stops:
            to = "now" if column.base in DATES else str(bool(_REFUSES.search(column.name))).lower()
            yield f"  {{ purpose = {_guess(purpose)}, column = {_guess(column.name)}, to = {_guess(to)} }},  # guess"
        yield "]"
    began = next((column.name for column in table.columns.values() if column.base in DATES), None)
    if began and _SHORT_LIVED.search(table.name):
        law = _guess("the rule or promise that says how long")
        yield f'expires = {{ law = {law}, months = "?1", from = {_guess(began)} }}  # guess; or remove the line'


def rectifiable(column: Column) -> bool:
    """Something that people know of themselves and write down, and no row hangs on."""
    return column.category in "SD" and not column.generated


def _may_mark(column: Column) -> bool:
    """A yes or no, or a moment that may be missing."""
    return not column.generated and (column.base == "bool" or (column.base in DATES and not column.not_null))


def _purpose(column: Column) -> str | None:
    """The purpose that a mark seems to speak of; a moment counts only where it is one of refusal."""
    if column.base in DATES and not _REFUSES.search(column.name):
        return None
    return next((purpose for form, purpose in _PURPOSES if form.search(column.name)), None)


def _guess(text: str) -> str:
    return json.dumps(f"?{text}", ensure_ascii=False)
