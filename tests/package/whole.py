"""Writing and unpacking whole packages for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from activities.package import (
    CollectionFacts,
    PackageFacts,
    Sources,
    SystemFacts,
    write_package,
)
from tests.package.examples import NOW, facts, sources


async def zipped(about: PackageFacts, records_of: Sources | None = None, now: datetime = NOW) -> bytes:
    return b"".join(
        [chunk async for chunk in write_package(about, sources() if records_of is None else records_of, now)]
    )


async def stream(data: bytes, size: int = 4096) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def one_collection(rows: int, **changes: Any) -> PackageFacts:
    collection = CollectionFacts(name="contacts", category="contact", rows=rows, **changes)
    return facts(systems=(SystemFacts(name="crm", title="CRM", collections=(collection,)),))
