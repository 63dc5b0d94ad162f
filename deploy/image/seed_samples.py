"""Fill the sample stores of the settings (``systems.crm``, ``systems.billing``, ``systems.support``), once."""

from __future__ import annotations

import asyncio
import sys

from habeas.errors import HabeasError
from workers.samples import seed
from workers.wiring import load_settings

STORES = ("crm", "billing", "support")


async def seed_all() -> None:
    """Seed each store unless it is seeded."""
    systems = load_settings().systems
    urls = {name: str(systems[name].options()["url"]) for name in STORES}
    for done in await seed(urls):
        sys.stdout.write(f"{done.store}: {f'{done.rows} rows' if done.created else 'was seeded before'}\n")


if __name__ == "__main__":
    try:
        asyncio.run(seed_all())
    except HabeasError as error:
        sys.exit(f"{error} {error.diagnostics()}")
