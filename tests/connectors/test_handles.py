"""What a system says of a job is kept in Temporal, and is a timer there."""

import json
import random
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from activities.reporting import MOST_WAIT, follows, under_way
from activities.wrapper import delay
from habeas.connector import Page
from habeas.disguised import hides_address
from habeas.errors import Quarantine, Transient
from habeas.evidence import holds_address
from habeas.outcomes import Awaiting, Pending


@pytest.mark.parametrize("seconds", [1e300, float("inf"), 1767225600000000.0])
def test_no_wait_is_longer_than_a_month(seconds: float) -> None:
    assert under_way(Pending(handle="job-1", poll_after=seconds))["wait"] == MOST_WAIT
    assert under_way(Awaiting(handle="job-1", give_up_after=seconds))["wait"] == MOST_WAIT


def test_a_wait_is_as_the_system_says() -> None:
    assert under_way(Pending(handle="job-1", poll_after=12.5)) == {"state": "pending", "handle": "job-1", "wait": 12.5}


ADDRESS = "ann@example.org"
ENCODED = {
    "link": f"/v1/notes?email={quote(ADDRESS, safe='')}&after=3",
    "twice": quote(quote(f"email={ADDRESS}", safe=""), safe=""),
    "json": '{"after": "ann\\u0040example.org"}',
    "html": "ann&#64;example.org",
    "hex": ADDRESS.encode().hex(),
    "base64": b64encode(f"cursor:{ADDRESS}:7".encode()).decode(),
    "behind a version, without its end": f"v2_{urlsafe_b64encode(ADDRESS.encode()).decode().rstrip(chr(61))}",
    "json in base64": b64encode(json.dumps({"a": quote(ADDRESS)}).encode()).decode(),
}


@pytest.mark.parametrize("text", ENCODED.values(), ids=ENCODED)
def test_an_address_is_seen_however_it_is_encoded(text: str) -> None:
    assert not holds_address(text)
    with pytest.raises(Quarantine):
        under_way(Pending(handle=text, poll_after=1))
    with pytest.raises(Quarantine):
        follows(Page(records=(), cursor=text), None)


def test_what_is_sealed_or_hashed_holds_no_address_by_chance() -> None:
    """Two kilobytes in base64 have an ``@`` and a point somewhere; a system's own cursor is not refused for that."""
    made = random.Random(7)  # noqa: S311  no secret
    for size in (16, 40, 300, 1500):
        for _ in range(50):
            sealed = made.randbytes(size)
            assert not any(hides_address(one) for one in (b64encode(sealed).decode(), sealed[:900].hex()))


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
