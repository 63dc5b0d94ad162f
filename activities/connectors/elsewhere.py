"""A system that is called by a worker in another process, in its owner's network. Here only its manifest is known."""

from __future__ import annotations

from collections.abc import AsyncIterator

from habeas.connector import Health, Located, Manifest, Page, RecordRef, SystemPlan
from habeas.errors import Terminal
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, EraseAnswer

__all__ = ["Elsewhere"]


class Elsewhere:
    """Stands in a process that plans and tells, and has neither the system's credentials nor a way to it."""

    def __init__(self, system: str, manifest: Manifest) -> None:
        self.manifest = manifest
        self._system = system

    async def ping(self) -> Health:
        """Only the other process can say."""
        return Health(ok=True, detail="Its worker runs elsewhere: ask there, with `habeas system check`.")

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Not from here."""
        raise self._not_here()

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """Not from here."""
        raise self._not_here()

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Not from here."""
        raise self._not_here()

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Not from here."""
        raise self._not_here()

    async def aclose(self) -> None:
        """Nothing was opened."""

    def _not_here(self) -> Terminal:
        return Terminal(f"The worker of {self._system} runs elsewhere.", system=self._system)
