"""Every route says on which page of the vendor's it rests."""

import inspect
import re
import sys

import pytest

from tests.vendors.hubspot import server as hubspot
from tests.vendors.salesforce import server as salesforce
from tests.vendors.shared.routing import Table
from tests.vendors.stripe import server as stripe
from tests.vendors.zendesk import server as zendesk

_PAGES = {
    "hubspot": re.compile(r"https://(developers|knowledge)\.hubspot\.com/\S+"),
    "zendesk": re.compile(r"https://(developer|support)\.zendesk\.com/\S+"),
    "salesforce": re.compile(r"https://(developer|help)\.salesforce\.com/\S+"),
    "stripe": re.compile(r"https://docs\.stripe\.com/\S+"),
}


def _sources() -> list[tuple[str, str, str]]:
    tables: dict[str, Table[object]] = {}
    modules = (("hubspot", hubspot), ("zendesk", zendesk), ("salesforce", salesforce), ("stripe", stripe))
    for vendor, module in modules:
        tables[vendor] = module.TABLE
    return [
        (
            vendor,
            f"{route.method} {route.template}",
            f"{route.handler.__doc__}\n{sys.modules[route.handler.__module__].__doc__}",
        )
        for vendor, table in tables.items()
        for route in table.routes
    ]


@pytest.mark.parametrize(("vendor", "name", "source"), [pytest.param(*one, id=one[1]) for one in _sources()])
def test_a_route_cites_its_page(vendor: str, name: str, source: str) -> None:
    assert _PAGES[vendor].search(source), f"{name} names no page of {vendor}'s"


def test_no_path_is_answered_twice() -> None:
    names = [(vendor, name) for vendor, name, _ in _sources()]
    assert len(names) == len(set(names))


def test_the_routes_are_functions_of_their_rooms() -> None:
    for table in (hubspot.TABLE, zendesk.TABLE, salesforce.TABLE, stripe.TABLE):
        assert all(inspect.getdoc(route.handler) for route in table.routes)
