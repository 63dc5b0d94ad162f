"""What a system says of a job is kept in Temporal, and is a timer there."""

import pytest

from activities.reporting import MOST_WAIT, follows, under_way
from activities.wrapper import delay
from habeas.connector import Page
from habeas.errors import Quarantine, Transient
from habeas.outcomes import Awaiting, Pending


@pytest.mark.parametrize("seconds", [1e300, float("inf"), 1767225600000000.0])
def test_no_wait_is_longer_than_a_month(seconds: float) -> None:
    assert under_way(Pending(handle="job-1", poll_after=seconds))["wait"] == MOST_WAIT
    assert under_way(Awaiting(handle="job-1", give_up_after=seconds))["wait"] == MOST_WAIT


def test_a_wait_is_as_the_system_says() -> None:
    assert under_way(Pending(handle="job-1", poll_after=12.5)) == {"state": "pending", "handle": "job-1", "wait": 12.5}


@pytest.mark.parametrize("handle", ["delete-ann@example.org", '{"who": "ann@example.org"}', "x" * 2049])
def test_a_handle_names_nobody(handle: str) -> None:
    with pytest.raises(Quarantine) as raised:
        under_way(Pending(handle=handle, poll_after=1))
    assert "ann" not in str(raised.value)


@pytest.mark.parametrize("seconds", [1e300, float("inf"), 31 * 86_400.0])
def test_a_system_that_asks_to_be_left_alone_for_ever_is_asked_again_after_a_month(seconds: float) -> None:
    waited = delay(Transient("busy", retry_after=seconds))
    assert waited is not None
    assert waited.total_seconds() == MOST_WAIT


@pytest.mark.parametrize("seconds", [None, 0.0, -5.0, float("nan")])
def test_a_wait_that_is_none_is_left_to_the_engine(seconds: float | None) -> None:
    assert delay(Transient("busy", retry_after=seconds)) is None


@pytest.mark.parametrize("cursor", ["after-ann@example.org", "x" * 2049, "17"])
def test_a_cursor_names_nobody_and_leads_on(cursor: str) -> None:
    with pytest.raises(Quarantine) as raised:
        follows(Page(records=(), cursor=cursor), "17")
    assert "ann" not in str(raised.value)


@pytest.mark.parametrize("cursor", [None, "18"])
def test_a_cursor_that_leads_on_is_taken(cursor: str | None) -> None:
    page = Page(records=(), cursor=cursor)
    assert follows(page, "17") is page
