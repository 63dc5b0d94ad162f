"""What systems, and the categories that they hold, are called before the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from activities.letters import MissingSystem
from habeas.connector import Connector
from habeas.policy import Policy


@dataclass(frozen=True)
class Naming:
    """Names in one controller's words and one person's language."""

    policy: Policy
    connectors: Mapping[str, Connector]
    language: str

    def system(self, system: str) -> str:
        """A system's name for people; its own where it is no longer connected."""
        connector = self.connectors.get(system)
        return connector.manifest.title if connector else system

    def missing(self, systems: Iterable[str]) -> tuple[MissingSystem, ...]:
        """Systems that are not done, each once."""
        return tuple(MissingSystem(title=self.system(system)) for system in dict.fromkeys(systems))

    def category_id(self, system: str, collection: str) -> str | None:
        """The policy's id of the category that a system's collection belongs to."""
        connector = self.connectors.get(system)
        kept = connector.manifest.collections if connector else ()
        return next((one.category for one in kept if one.name == collection), None)

    def category(self, system: str, collection: str) -> str:
        """The title of that category; the collection's own name where it is not known any more."""
        found = self.category_id(system, collection)
        return collection if found is None else self.policy.text(self.policy.category(found).title, self.language)
