"""Nothing is lost whatever breaks; and whoever looks at it afterwards would see it."""

from collections import Counter
from pathlib import Path

import pytest

from habeas.model import Right
from tests.acceptance.people import DELETE, RETAIN, STORES, Kept, somebody
from tests.chaos.accounts import Account, Rows, look_at_rows
from tests.chaos.carrying import Ending, Request
from tests.chaos.running import run


@pytest.mark.stack
@pytest.mark.thorough
@pytest.mark.timeout(600)
async def test_nothing_is_lost_whatever_breaks(tmp_path: Path) -> None:
    report = await run(tmp_path, seed=1, seconds=60, at_once=6)
    assert report.breaches == ()
    assert report.rights["in all"] > 0
    assert report.faults["in all"] > 0


def _store(*rows: str) -> Rows:
    return {name: {"notes": Counter(rows if name == "crm" else ())} for name in STORES}


def _asked(right: Right, ending: Ending) -> Request:
    person = somebody()
    person.rows = [Kept("crm", "notes", DELETE, "gone"), Kept("crm", "notes", RETAIN, "kept")]
    return Request(right, ending, person, "", planted=True)


@pytest.mark.parametrize(
    ("right", "ending", "after", "said"),
    [
        (Right.ERASURE, Ending.CARRIED_OUT, ("base", "kept"), []),
        (Right.ERASURE, Ending.CARRIED_OUT, ("base", "kept", "gone"), ["1 rows are there still", "1 rows too many"]),
        (Right.ERASURE, Ending.CARRIED_OUT, ("kept",), ["1 rows are not as they were"]),
        (Right.ERASURE, Ending.CARRIED_OUT, ("base",), ["1 rows are not as they were"]),
        (Right.ERASURE, Ending.CARRIED_OUT, ("base", "kept", "kept"), ["1 rows too many"]),
        (Right.ERASURE, Ending.REFUSED, ("base", "kept"), ["1 rows are not as they were"]),
        (Right.ACCESS, Ending.CARRIED_OUT, ("base", "kept", "gone"), []),
        (Right.RESTRICTION, Ending.CARRIED_OUT, ("base", "kept", "marked"), []),
        (Right.RESTRICTION, Ending.CARRIED_OUT, ("base", "kept"), ["1 rows too few"]),
    ],
)
def test_a_row_that_is_not_where_the_plan_put_it_is_noticed(
    right: Right, ending: Ending, after: tuple[str, ...], said: list[str]
) -> None:
    account = Account()
    look_at_rows([_asked(right, ending)], _store("base"), _store(*after), [], account)
    assert len(account.breaches) == len(said)
    assert all(any(word in breach for breach in account.breaches) for word in said)
