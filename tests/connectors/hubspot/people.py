"""Ann, whom it is about, Bob, and what they have in HubSpot; and settings to reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.vendors.hubspot import TOKEN, Contact, HubSpot, Owner, Thing
from tests.vendors.hubspot.crm import Record
from tests.vendors.hubspot.schema import Property

ANN, ANN_OLD, BOB, BOB_OLD = "ann@example.org", "ann.old@example.net", "bob@example.org", "bob.old@example.net"
MARK = "processing_restricted"
NAMES = ("contacts", "companies", "deals", "tickets", "notes", "emails", "calls", "meetings", "tasks", "shared")
LAW = {"law": "Bookkeeping Act", "years": 5}
ADA = Owner("ada@shop.example", "Ada", "Arla", id=71, user_id=901)
"""A colleague."""
NAMESAKE = Owner(ANN.upper(), "Ann", "Arla", id=72, user_id=902)
"""A colleague with the same address as Ann."""


@dataclass
class People:
    """What is in the account."""

    ann: Record
    bob: Record
    things: dict[str, Record] = field(default_factory=dict)
    """Ann's alone, by kind."""
    shared: dict[str, Record] = field(default_factory=dict)
    """Ann's and Bob's, by kind."""
    bobs: Record | None = None

    @property
    def hers(self) -> set[tuple[str, str]]:
        """Kind and id of what is Ann's alone."""
        return {(one.kind.name, one.id) for one in (self.ann, *self.things.values())}


def seed(account: HubSpot) -> People:
    """Fill a fresh account."""
    account.crm.schema.add("contacts", Property(MARK, "Processing restricted", "bool", custom=True))
    account.employ(ADA)
    more = {"phone": "+45 12 34 56 78", "city": "Aarhus", "customer_number": "C-1001", "health_remark": "Allergic"}
    ann = account.add(Contact(ANN, "Ann", "Arla", (ANN_OLD,), more))
    bob = account.add(Contact(BOB, "Bob", "Berg", (BOB_OLD,), {"customer_number": "C-2002", "city": "Oslo"}))
    account.preferences.choose(ANN, 1, "SUBSCRIBED")
    account.preferences.choose(BOB, 1, "SUBSCRIBED")
    people = People(ann, bob)
    when = {"hs_timestamp": "2026-02-01T10:00:00.000Z"}
    for thing in (
        Thing("companies", {"name": "Arla Consulting", "domain": "arla.example"}),
        Thing("deals", {"dealname": "Order of Ann", "dealstage": "won", "closedate": "2026-01-15T10:00:00.000Z"}),
        Thing("tickets", {"subject": "My order", "content": "Where is it? Ann Arla"}),
        Thing("notes", {"hs_note_body": "Ann called", **when}),
        Thing("emails", {"hs_email_subject": "Your order", "hs_email_text": "Dear Ann", **when}),
        Thing("calls", {"hs_call_title": "Call", "hs_call_to_number": "+4512345678", **when}),
        Thing("meetings", {"hs_meeting_title": "Meet Ann", **when}),
        Thing("tasks", {"hs_task_subject": "Call Ann", "hs_task_status": "WAITING", **when}),
    ):
        people.things[thing.kind] = account.add(thing, ann)
    people.shared["deals"] = account.add(Thing("deals", {"dealname": "Joint order"}), ann, bob)
    people.shared["meetings"] = account.add(Thing("meetings", {"hs_meeting_title": "All", **when}), ann, bob)
    people.bobs = account.add(Thing("notes", {"hs_note_body": "Bob called", **when}), bob)
    account.add(Thing("deals", {"dealname": "Bob's"}), bob)
    return people


def settings(url: str, **more: Any) -> dict[str, Any]:
    """An account in which everything is deleted."""
    return {
        "url": url,
        "token": TOKEN,
        "collections": collections(),
        "bin": "accept",
        "identifiers": {"customer_number": "customer_number"},
        "restriction": MARK,
        "purposes": {"newsletter": 1, "marketing": "all"},
        "rate": 1000,
        "timeout": 5,
        **more,
    }


def collections(**changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All deleted, what is shared left; but for what is changed."""
    made: dict[str, dict[str, Any]] = {name: {"category": "crm", "treatment": "delete"} for name in NAMES}
    made["shared"] = {"category": "crm", "treatment": "anonymise"}
    return made | {name: {"category": "crm", **how} for name, how in changed.items()}


def anonymised() -> dict[str, dict[str, Any]]:
    """All but the contact emptied."""
    return collections(**{name: {"treatment": "anonymise"} for name in NAMES if name != "contacts"})
