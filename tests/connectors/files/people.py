"""Ann and Carl, and the names under which their files lie."""

from __future__ import annotations

from typing import Any

from habeas.model import Identifier
from tests.connectors.files.servers import REGION, Server
from tests.connectors.store import ids

ANN, CARL = "ann@example.org", "carl@example.org"
PERSON: tuple[Identifier, ...] = ids(email=ANN)
OTHER = ids(email=CARL)
NOBODY = (*ids(email="nn@example.org"), *ids(email="ann@example.or"), *ids(email="*@example.org"))
PERSONAL = (ANN, "Arla", "Ann-Arla")
TAX_LAW = {"law": "Bookkeeping Act", "years": 5, "to": "year_end"}
COLLECTIONS: dict[str, dict[str, Any]] = {
    "uploads": {"pattern": "customers/{email}/**", "category": "support"},
    "invoices": {
        "pattern": "invoices/{year}/{email}-*.pdf",
        "category": "accounting",
        "treatment": "retain",
        "retention": TAX_LAW,
        "anchor": "name",
    },
    "exports": {"pattern": "exports/{email}.zip", "category": "support"},
}
COLLECTED = frozenset(COLLECTIONS)
HOLDINGS = {
    "customers/{}/Ann-Arla.txt": b"Hello, I am Ann Arla.",
    "customers/{}/papers/2024/passport.pdf": b"%PDF-1.7 \x00\x01 passport",
    "invoices/2025/{}-000123.pdf": b"%PDF-1.7 \x00 invoice 123",
    "invoices/2012/{}-000007.pdf": b"%PDF-1.7 \x00 invoice 7",
    "exports/{}.zip": b"PK\x05\x06" + bytes(18),
}
"""What each of them has."""
STRAYS = {"customers/readme.txt": b"Nobody's.", "invoices/2025/summary.pdf": b"Nobody's."}


def bucket_settings(server: Server, bucket: str, url: str, **more: Any) -> dict[str, Any]:
    """A table in the settings."""
    return {
        "url": url,
        "bucket": bucket,
        "region": REGION,
        "access_key_id": server.key,
        "secret_access_key": server.secret,
        "rate": 1000,
        "collections": COLLECTIONS,
        **more,
    }
