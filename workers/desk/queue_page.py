"""The queue: requests by the days that are left, narrowed by links. It names nobody but staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from activities.ledger import RequestFilter
from activities.ledger.queue import NOBODY
from habeas.access import Scope
from habeas.model import Right, Stage
from workers.api.paging import LONGEST_CURSOR
from workers.desk.door import Signed, Staff
from workers.desk.staff_page import staff_page

PER_PAGE = 100
SOON = timedelta(days=7)


class View(StrEnum):
    """The tabs of the queue."""

    OPEN = "open"
    OVERDUE = "overdue"
    SOON = "soon"
    MINE = "mine"
    NOBODYS = "nobodys"
    CLOSED = "closed"


SORTS = {"left": "due_on", "oldest": "received_at", "newest": "-received_at"}
"""What the list may be sorted by, as the ledger calls it; the first one unasked."""


class Choice(NamedTuple):
    """A link that narrows the list, or widens it again."""

    value: str
    href: str
    current: bool


def queue_pages() -> APIRouter:
    """The routes of the queue."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/")
    async def queue(
        who: Staff,
        view: str = View.OPEN,
        controller: str = "",
        right: str = "",
        stage: str = "",
        waits: str = "",
        sort: str = "",
        cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
    ) -> Response:
        known = {
            "controller": sorted(who.office.reach(Scope.REQUESTS_READ)),
            "right": [one.value for one in Right],
            "stage": [one.value for one in Stage if one is not Stage.CLOSED],
            "waits": sorted(who.office.systems_of(Scope.REQUESTS_READ)),
        }
        given = {"controller": controller, "right": right, "stage": stage, "waits": waits}
        asked = {name: value for name, value in given.items() if value in known[name]}
        tab = View(view) if view in set(View) else View.OPEN
        if sort in SORTS and sort != next(iter(SORTS)):
            asked["sort"] = sort
        wanted = _wanted(who, tab, asked, cursor)
        entries = await who.office.requests(wanted)
        more = {"cursor": entries[-1].place} if len(entries) == PER_PAGE else None
        return staff_page(
            "queue.html",
            who,
            entries=entries,
            view=tab,
            tabs=[Choice(one.value, address(view=one, **asked), one is tab) for one in View],
            narrowed=bool(asked.keys() & known.keys()),
            sorts=_sorts(asked, tab),
            filters={name: _choices(name, values, asked, tab) for name, values in known.items() if len(values) > 1},
            more=address(view=tab, **asked, **more) if more else None,
            first=address(view=tab, **asked) if cursor else None,
        )

    return router


def address(**asked: str) -> str:
    """The queue's address, so narrowed."""
    given = {name: str(value) for name, value in asked.items() if value and (name, value) != ("view", View.OPEN)}
    return f"/?{urlencode(given)}" if given else "/"


def _choices(name: str, values: list[str], asked: Mapping[str, str], tab: View) -> list[Choice]:
    others = {key: value for key, value in asked.items() if key != name}
    return [
        Choice(value, address(**{"view": tab, **others, name: value}), asked.get(name, "") == value)
        for value in ("", *values)
    ]


def _sorts(asked: Mapping[str, str], tab: View) -> list[Choice]:
    usual = next(iter(SORTS))
    return [
        Choice(
            f"by_{name}",
            address(**{"view": tab, **asked, "sort": name if name != usual else ""}),
            asked.get("sort", usual) == name,
        )
        for name in SORTS
    ]


def _wanted(who: Signed, tab: View, asked: Mapping[str, str], cursor: str | None) -> RequestFilter:
    narrowed: dict[str, Any] = {name: asked.get(name) for name in ("controller", "right", "stage")}
    match tab:
        case View.OVERDUE:
            narrowed["overdue"] = True
        case View.SOON:
            narrowed["due_before"] = who.office.today(asked.get("controller")) + SOON + timedelta(days=1)
        case View.MINE:
            narrowed["held"] = who.office.actor(who.account)
        case View.NOBODYS:
            narrowed["held"] = NOBODY
        case _:
            pass
    return RequestFilter(
        **narrowed,
        open=tab is not View.CLOSED,
        waits_for=asked.get("waits"),
        limit=PER_PAGE,
        sort=SORTS[asked["sort"]] if "sort" in asked else None,
        cursor=cursor or None,
    )
