"""One package, made once."""

from __future__ import annotations

import pytest

from tests.package.examples import facts
from tests.package.whole import zipped


class _Package(bytes):
    """Bytes that a failing test does not print."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@pytest.fixture(scope="session")
async def package() -> bytes:
    return _Package(await zipped(facts()))
