"""Queries in SOQL: values are quoted here, and nowhere else put into one.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from activities.connectors.api.chunks import chunks

__all__ = ["Query", "among", "equals", "is_id", "like", "quoted", "within"]

_ESCAPES = str.maketrans(
    {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f", '"': r"\""}
)
_AT_ONCE = 300
"""Ids in one condition: a query may have 100,000 characters, and no more is found at once than is good to hold."""


@dataclass(frozen=True)
class Query:
    """One query; ``everything``: the recycle bin too (``queryAll``)."""

    sobject: str
    fields: tuple[str, ...]
    where: str
    everything: bool = False

    @property
    def text(self) -> str:
        """As Salesforce reads it."""
        fields = ", ".join(dict.fromkeys(("Id", *self.fields)))
        # Names come from settings that allow nothing else, or from Salesforce itself; values from `quoted`.
        return f"SELECT {fields} FROM {self.sobject} WHERE {self.where}"  # noqa: S608  see just above

    def path(self, base: str) -> str:
        """The resource that answers it, below a version's."""
        return f"{base}/{'queryAll' if self.everything else 'query'}?q={quote(self.text)}"


def quoted(value: str) -> str:
    """A text as a literal. Every character that means something there is escaped; control characters are left out."""
    kept = "".join(one for one in value if one.isprintable() or one in "\n\r\t\b\f")
    return f"'{kept.translate(_ESCAPES)}'"


def equals(field: str, value: str) -> str:
    """A condition; Salesforce tells no upper from lower case in texts."""
    return f"{field} = {quoted(value)}"


def like(field: str, patterns: Iterable[str]) -> str:
    """A condition: one of these patterns, in which ``%`` stands for anything.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
    """
    return f"({' OR '.join(f'{field} LIKE {quoted(one)}' for one in patterns)})"


def among(field: str, values: Iterable[str]) -> str:
    """A condition: one of these values."""
    return f"{field} IN ({', '.join(quoted(one) for one in values)})"


def within(
    sobject: str, fields: tuple[str, ...], field: str, ids: Iterable[str], everything: bool = False
) -> Iterator[Query]:
    """Queries for all records in which a field is one of these values, each of a length that Salesforce takes."""
    for some in chunks(sorted(set(ids)), _AT_ONCE):
        yield Query(sobject, fields, among(field, some), everything)


def is_id(value: str) -> bool:
    """Whether it looks like a record's id, of 15 or 18 characters."""
    return len(value) in (15, 18) and value.isascii() and value.isalnum()
