"""What a system says of a job is kept in Temporal, and is a timer there."""

import pytest

from activities.reporting import MOST_WAIT, under_way
from habeas.errors import Quarantine
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
