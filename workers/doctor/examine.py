"""Looking at a running installation from every side at once. Nothing is changed, and nobody's data is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from habeas.errors import HabeasError
from workers.doctor.engine import look_at_engine
from workers.doctor.findings import Finding, wrong
from workers.doctor.ledger import look_at_ledger
from workers.doctor.outside import look_at_desk, look_at_mail, look_at_policies, look_at_storage, look_at_systems
from workers.settings import Settings

__all__ = ["examine"]

PATIENCE = 60.0
"""Seconds for each side."""
Look = Callable[[Settings], AsyncIterator[Finding]]
SIDES: Mapping[str, Look] = {
    "policies": look_at_policies,
    "ledger": look_at_ledger,
    "temporal": look_at_engine,
    "systems": look_at_systems,
    "mail": look_at_mail,
    "storage": look_at_storage,
    "desk": look_at_desk,
}


async def examine(settings: Settings) -> Sequence[Finding]:
    """Look at every side; one that cannot be looked at is a finding, and hides no other."""
    found = await asyncio.gather(*(_side(name, look, settings) for name, look in SIDES.items()))
    return [finding for side in found for finding in side]


async def _side(name: str, look: Look, settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    try:
        async with asyncio.timeout(PATIENCE):
            async for finding in look(settings):
                found.append(finding)  # noqa: PERF401 - what was found before an error is kept
    except HabeasError as error:
        found.append(wrong(name, str(error), error.diagnostics()))
    except TimeoutError:
        found.append(wrong(name, f"took longer than {PATIENCE:.0f} seconds", "Look at its own log."))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other sides are told of; its text may be anything
        found.append(wrong(name, f"could not be looked at: {type(error).__name__}", "Please report this line."))
    return found
