"""Failures that a test orders, and the clock, window and index that all servers share."""

from datetime import timedelta

import httpx2
import pytest

from tests.vendors.hubspot import Contact, HubSpot
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.faults import Answer, Cut, Hang, garbage, html_page
from tests.vendors.shared.index import LaggingIndex
from tests.vendors.shared.window import Window
from tests.vendors.test_hubspot_access import CONTACTS


async def test_the_nth_fitting_call_fails_and_the_next_does_not(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.faults.order(Answer(503, headers={"Retry-After": "7"}), method="GET", path=f"{CONTACTS}*", nth=2, times=2)
    statuses = [(await hub.get(CONTACTS)).status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert (await hub.get("/account-info/v3/details")).status_code == 200
    assert [seen.status for seen in hubspot.made("GET", CONTACTS)] == statuses


async def test_pages_that_are_not_what_they_seem(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.faults.order(html_page())
    hubspot.faults.order(garbage(), nth=2)
    hubspot.faults.order(hubspot.rate_limited(3), nth=3)
    page = await hub.get(CONTACTS)
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html; charset=utf-8")
    broken = await hub.get(CONTACTS)
    assert (broken.status_code, broken.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Expecting"):
        broken.json()
    limited = await hub.get(CONTACTS)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    assert limited.json()["policyName"] == "TEN_SECONDLY_ROLLING"


@pytest.mark.parametrize("keep", [0.0, 0.5])
async def test_an_answer_that_is_cut_was_work_that_was_done(
    hubspot: HubSpot, hub: httpx2.AsyncClient, keep: float
) -> None:
    ann = hubspot.add(Contact("ann@example.org"))
    hubspot.faults.order(Cut(keep), method="POST", path="*/gdpr-delete")
    hubspot.faults.order(Cut(keep), method="GET")
    with pytest.raises(httpx2.RemoteProtocolError):
        await hub.post(f"{CONTACTS}/gdpr-delete", json={"objectId": ann.id})
    assert hubspot.crm.find(ann.kind, ann.id) is None
    with pytest.raises(httpx2.RemoteProtocolError):
        await hub.get(CONTACTS)
    assert (await hub.get(CONTACTS)).json()["results"] == []


@pytest.mark.parametrize("done", [False, True])
async def test_an_answer_that_never_comes(hubspot: HubSpot, hub: httpx2.AsyncClient, done: bool) -> None:
    ann = hubspot.add(Contact("ann@example.org"))
    hubspot.faults.order(Hang(done), method="DELETE")
    with pytest.raises(httpx2.ReadTimeout):
        await hub.delete(f"{CONTACTS}/{ann.id}", timeout=0.2)
    assert (hubspot.crm.find(ann.kind, ann.id) is None) == done


async def test_an_answer_of_a_fault_does_nothing(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann = hubspot.add(Contact("ann@example.org"))
    hubspot.faults.order(Answer(500), method="DELETE")
    assert (await hub.delete(f"{CONTACTS}/{ann.id}")).status_code == 500
    assert hubspot.crm.find(ann.kind, ann.id) is ann


def test_a_clock_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        Clock().advance(timedelta(seconds=-1))


def test_a_window_refills_as_time_passes() -> None:
    clock = Clock()
    window = Window(clock, 2, timedelta(seconds=10))
    assert window.take()
    clock.advance(timedelta(seconds=4))
    assert window.take()
    assert not window.take()
    assert window.wait() == timedelta(seconds=6)
    clock.advance(timedelta(seconds=6))
    assert (window.remaining(), window.used()) == (1, 1)


def test_an_index_shows_the_past() -> None:
    clock = Clock()
    index: LaggingIndex[str, int] = LaggingIndex(clock, timedelta(seconds=5))
    index.write("old", 1, at_once=True)
    index.write("old", 2)
    index.write("new", 3)
    assert index.visible() == {"old": 1}
    clock.advance(timedelta(seconds=5))
    assert index.visible() == {"old": 2, "new": 3}
    index.write("old", None)
    assert index.visible() == {"old": 2, "new": 3}
