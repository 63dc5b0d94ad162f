"""Who is in the Request Tracker of the tests, and what they wrote."""

from __future__ import annotations

from typing import Any

from tests.connectors.rt.server import MUNGE, RtServer

ANN, ANN_OLD, BOB, CARL, JOANN = (
    "ann@example.org",
    "ann@old.example",
    "bob@example.org",
    "carl@example.org",
    "joann@example.org",
)
ANNS, BOBS, CARLS = 1, 2, 3
"""Tickets."""
_FILE = {"FileName": "cv.pdf", "FileType": "application/pdf", "FileContent": "JVBERi0xLjQK//79"}


def seed(rt: RtServer) -> None:
    """Ann asks and is answered; she reads along at Bob's and writes there; Carl names her in his own ticket."""
    rt.call("POST", "user", {"Name": ANN_OLD, "EmailAddress": "Ann@Example.org", "RealName": "Ann Arla"})
    rt.call("PUT", f"user/{number_of(rt, ANN)}", {"HomePhone": "+45 12 34 56 78", "City": "Aarhus"})
    rt.mail(f"Ann Arla <{ANN}>", "My order", f"It is late.\nAnn Arla, {ANN}")
    answer = {"Content": f"Dear Ann Arla ({ANN}), it comes.", "ContentType": "text/plain", "Attachments": [_FILE]}
    rt.call("POST", f"ticket/{ANNS}/correspond", answer)
    rt.call(
        "POST",
        "ticket",
        {"Queue": "General", "Subject": "A leak", "Requestor": BOB, "Cc": ANN, "Content": f"As {ANN} knows."},
    )
    rt.mail(f"Ann Arla <{ANN}>", f"Re: [rt.test #{BOBS}] A leak", f"I saw it too. {ANN}")
    rt.mail(CARL, "Parcel", "Please ask ANN@example.org, not me.\nCarl")
    rt.mail(JOANN, "Hello", "A word from Joann.")


def number_of(rt: RtServer, address: str) -> int:
    """A user's id by their address."""
    return int(str(rt.rows("SELECT id FROM Users WHERE lower(EmailAddress) = ?", address)[0][0]))


def settings(rt: RtServer, url: str, *, anonymise: bool = False, **more: Any) -> dict[str, Any]:
    """As a controller writes them: everything goes, or everything stays without a name."""
    how = "anonymise" if anonymise else "delete"
    collections = {
        **{name: {"category": name, "treatment": how} for name in ("users", "tickets", "messages", "contributions")},
        **{name: {"category": name, "treatment": "anonymise"} for name in ("copied_tickets", "mentions")},
    }
    site = [f"{key}={rt.environment[key]}" for key in ("RT_SITE_CONFIG", "RT_SITE_CONFIG_DIR")]
    return {
        "url": url,
        "web_url": rt.url,
        "token": rt.token,
        "dumps": str(rt.dumps),
        "munge": {"tool": MUNGE, "via": ["env", *site]},
        "mentions": "munge",
        "rate": 1000,
        "collections": collections,
        **more,
    }
