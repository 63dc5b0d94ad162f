"""Whether files can be found, read and deleted: each permission tried that can be tried, and nothing changed."""

from __future__ import annotations

from activities.connectors.files.store import Store
from habeas.connector import Health
from habeas.errors import HabeasError

__all__ = ["ping"]


async def ping(store: Store, folders: tuple[str, ...]) -> Health:
    """Never raises for "no". What could not be tried is said, also where all is well."""
    try:
        wrong, untried = await store.wrong(folders)
    except HabeasError as error:
        return Health(ok=False, detail=error.detail)
    rest = f" Not tried, as that would change something: {', '.join(untried)}." if untried else ""
    return Health(ok=not wrong, detail=(" ".join(wrong) + rest).strip())
