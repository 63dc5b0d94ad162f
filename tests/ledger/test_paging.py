"""Pages of a list: each row once, whatever the order; a cursor that is none is refused by name."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from activities.ledger.paging import Order
from habeas.errors import BadInput

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ORDER = Order("due_on", due_on={"due_on": date, "id": str}, at={"at": datetime, "n": int})


@dataclass(frozen=True)
class Row:
    id: str
    n: int
    due_on: date | None
    at: datetime = NOON


ROWS = (
    Row("a", 1, None),
    Row("b", 2, NOON.date(), NOON.astimezone(timezone(timedelta(hours=2)))),
    Row("c", 3, NOON.date()),
    Row("d", 4, None, NOON - timedelta(seconds=1)),
    Row("e", 5, date(2026, 1, 1)),
)


@pytest.mark.parametrize(
    ("sort", "ids"), [(None, "ebcad"), ("-due_on", "dacbe"), ("at", "dabce"), ("-at", "ecbad")], ids=str
)
def test_each_row_is_on_one_page(sort: str | None, ids: str) -> None:
    seen, cursor = "", None
    while True:
        page, cursor = ORDER.turn(sort, 2, cursor).cut(ROWS)
        seen += "".join(one.id for one in page)
        if cursor is None:
            break
    assert seen == ids


def test_what_is_no_sort_or_no_place_of_it_is_named() -> None:
    with pytest.raises(BadInput, match="sort: one of due_on, -due_on, at, -at") as caught:
        ORDER.turn("name")
    assert caught.value.facts["field"] == "sort"
    place = ORDER.turn("at").cursor(ROWS[0])
    assert ORDER.turn("at", cursor=place).after == (NOON, 1)
    for wrong in (place[:-3], "é", "x" * 400, "W10", "W1tdXQ", "eyJhIjoxfQ", ORDER.turn("-at").cursor(ROWS[0])):
        with pytest.raises(BadInput, match="sorted by at") as caught:
            ORDER.turn("at", cursor=wrong)
        assert caught.value.facts["field"] == "cursor"
    hostile = Row("\0", 1, None)
    with pytest.raises(BadInput):
        ORDER.turn(cursor=ORDER.turn().cursor(hostile))
