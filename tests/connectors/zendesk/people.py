"""Who is in the help desk of the tests, and what they wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.vendors.zendesk import ADMIN, API_TOKEN, Attachment, Comment, Rating, Suspended, Ticket, User, Zendesk

ANN, ANN_OLD, BOB, CARL = "ann@example.org", "ann@old.example", "bob@example.org", "carl@example.org"
LIKE_ANN = ("jo.ann@example.org", "ann@example.org.example", "ann@example.organic.example")
SAID = "I am Ann Arla, my parcel is late."
CV = b"%PDF-1.4 the life of Ann Arla"


@dataclass
class Desk:
    """The account, and whom and what a test may ask for."""

    zendesk: Zendesk
    ann: User
    bob: User
    hers: Ticket
    bobs: Ticket


def seed(zendesk: Zendesk) -> Desk:
    """Ann asks and is answered; she is copied at Bob's and writes there; others have names and addresses like hers."""
    ann = User(
        "Ann Arla",
        ("Ann@Example.org", ANN_OLD),
        phone="+4512345678",
        notes="prefers mail",
        external_id="C-17",
        tags=["vip"],
        fields={"city": "Aarhus"},
    )
    zendesk.add_user(ann)
    bob, carl = zendesk.add_user(User("Bob Bo", (BOB,), external_id="C-1")), zendesk.add_user(User("Carl C", (CARL,)))
    for address in LIKE_ANN:
        zendesk.add_user(User("Ann Arla", (address,), notes=f"not {ANN}"))
    answer = f'<div class="zd-comment"><p>Dear <b>Ann</b>, write to <a href="mailto:{ANN}">you</a>.<br></p></div>'
    asked = Comment(ann.id, SAID, attachments=[Attachment("cv.pdf", CV, "application/pdf")])
    answered = Comment(zendesk.admin.id, "Dear Ann, write to you.", answer, public=False)
    hers = zendesk.add_ticket(Ticket(ann.id, "My parcel", [asked, answered]))
    words = [Comment(bob.id, "A leak at my house."), Comment(ann.id, "I saw it too, says Ann.")]
    bobs = zendesk.add_ticket(Ticket(bob.id, "A leak", words, cc_ids=[ann.id, carl.id]))
    zendesk.add_rating(Rating(hers.id, ann.id))
    zendesk.add_suspended(Suspended("A. Arla", "ANN@example.org", "Hello", "Ann again"))
    zendesk.add_suspended(Suspended("Bob", BOB, "Hello", "Bob again"))
    return Desk(zendesk, ann, bob, hers, bobs)


def settings(url: str, files: str, **more: Any) -> dict[str, Any]:
    """As a controller writes them: all goes that can."""
    how = dict.fromkeys(("users", "tickets", "comments", "suspended_tickets"), "delete")
    how |= dict.fromkeys(("copied_tickets", "contributions", "ratings"), "anonymise")
    how |= more.pop("how", {})
    return {
        "url": url,
        "email": ADMIN,
        "token": API_TOKEN,
        "file_hosts": [files],
        "external_id": "customer",
        "rate": 1000,
        "timeout": 2,
        "applications": ["support", "chat"],
        "user_fields": ["city"],
        "restrict": {"tag": "restricted"},
        "purposes": {"newsletter": {"user_field": "no_newsletter"}, "profiling": {"tag": "no_profiling"}},
        "collections": {name: {"category": name, "treatment": treatment} for name, treatment in how.items()},
        **more,
    }
