"""Lists, a page at a time: which page, in which order."""
# FastAPI reads the annotations of the dependency made here, so they are no text.

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from fastapi import Depends, Query
from pydantic import Field

from activities.ledger.paging import MOST, Order, Turn
from habeas.model import Frozen

__all__ = ["LONGEST_CURSOR", "Page", "TurnAsked", "paged"]

T = TypeVar("T")

LONGEST_CURSOR = 400
"""Characters of a cursor."""
_SORT = "By what it is sorted; a `-` before the name turns it around."
_CURSOR = "`next` of the page before, in the same order."


class Page(Frozen, Generic[T]):
    """One page of a list."""

    ORDER: ClassVar[Order]
    """By what the list may be sorted."""

    items: tuple[T, ...]
    next: str | None = Field(default=None, description="`cursor` of the next page; none at the end.")

    @classmethod
    def of(cls, rows: Iterable[T], turn: Turn) -> Self:
        """The page that is asked for, out of the whole list."""
        items, following = turn.cut(rows)
        return cls(items=items, next=following)

    @classmethod
    def placed(cls, rows: Sequence[T], limit: int) -> Self:
        """A page that was read as such: each row knows its place."""
        return cls(items=tuple(rows), next=getattr(rows[-1], "place", None) if len(rows) == limit else None)


class TurnAsked(Frozen):
    """Which page, where it is asked for in a body: what is looked at names somebody, and every look has its reason."""

    sort: str | None = Field(default=None, max_length=40, description=_SORT)
    limit: int = Field(default=100, ge=1, le=MOST)
    cursor: str | None = Field(default=None, max_length=LONGEST_CURSOR, description=_CURSOR)

    def turn(self, order: Order) -> Turn:
        """The page that is asked for.

        Raises:
            BadInput: as `Order.turn`.
        """
        return order.turn(self.sort, self.limit, self.cursor)


def paged(order: Order, most: int = MOST, usual: int = 100) -> Any:
    """A dependency: which page of a list is asked for, as a `Turn`. A wrong sort or cursor is refused by its field."""

    def read(
        sort: Annotated[
            str, Query(description=_SORT, max_length=40, json_schema_extra={"enum": list(order.names)})
        ] = order.default,
        limit: Annotated[int, Query(ge=1, le=most)] = usual,
        cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR, description=_CURSOR)] = None,
    ) -> Turn:
        return order.turn(sort, limit, cursor)

    return Depends(read)
