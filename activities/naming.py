"""What systems and what they hold are called before the person: all that is told of a manifest, in their language.

Ledger, plans and evidence hold the phrases as maps and connectors write them; here they are translated on the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from activities.letters import MissingSystem
from habeas.connector import Collection, Connector, Manifest
from habeas.glossary import Glossary, humanise
from habeas.policy import Policy

_UNKNOWN = Glossary()
"""Of a system that is no longer connected: its phrases stay as they are."""


@dataclass(frozen=True)
class Naming:
    """Names in one controller's words and one person's language."""

    policy: Policy
    manifests: Mapping[str, Manifest]
    language: str

    @classmethod
    def of(cls, policy: Policy, connectors: Mapping[str, Connector], language: str) -> Self:
        """Of what these connectors reach."""
        return cls(policy, {name: one.manifest for name, one in connectors.items()}, language)

    def system(self, system: str) -> str:
        """A system's name for people; its own where it is no longer connected."""
        manifest = self.manifests.get(system)
        return self._say(system, manifest.title) if manifest else system

    def missing(self, systems: Iterable[str], known: Mapping[str, str] | None = None) -> tuple[MissingSystem, ...]:
        """Systems that are not done, each once, with what is known of how far each is."""
        named = dict.fromkeys(systems)
        return tuple(MissingSystem(title=self.system(system), reason=(known or {}).get(system)) for system in named)

    def collection(self, system: str, collection: str) -> str:
        """A collection's title; its name made readable where it is not known any more."""
        one = self._collection(system, collection)
        return self._say(system, one.called) if one else humanise(collection)

    def field(self, system: str, collection: str, field: str) -> str:
        """What a field is called."""
        one = self._collection(system, collection)
        return self._say(system, one.label(field) if one else humanise(field))

    def fields(self, system: str, collection: str) -> dict[str, str]:
        """What every field with a label is called."""
        one = self._collection(system, collection)
        return {field: self.field(system, collection, field) for field in one.labels} if one else {}

    def asked(self, what: str) -> str:
        """What somebody wants corrected: a field's name, where the word is one of ours; else in their own words."""
        word = humanise(what).casefold()
        for system in self.policy.systems:
            manifest = self.manifests.get(system)
            for one in manifest.collections if manifest else ():
                for field in one.rectifiable:
                    if word in (humanise(field).casefold(), one.label(field).casefold()):
                        return self.field(system, one.name, field)
        return what

    def withheld(self, system: str, collection: str) -> Iterator[tuple[str, str, str | None]]:
        """Each field that is never disclosed, why, and the same as a code of `habeas.law.reason_codes`."""
        one = self._collection(system, collection)
        for field, because in one.withheld.items() if one else ():
            yield field, self._say(system, because), one.grounds.get(field) if one else None

    def law(self, system: str, law: str) -> str:
        """A law by which something stays, or several of them together."""
        return self._glossary(system).say_laws(law, self.language)

    def category_id(self, system: str, collection: str) -> str | None:
        """The policy's id of the category that a system's collection belongs to."""
        one = self._collection(system, collection)
        return one.category if one else None

    def category(self, system: str, collection: str) -> str:
        """The title of that category; the collection's own name where it is not known any more."""
        found = self.category_id(system, collection)
        return collection if found is None else self.policy.text(self.policy.category(found).title, self.language)

    def _collection(self, system: str, collection: str) -> Collection | None:
        manifest = self.manifests.get(system)
        return next((one for one in manifest.collections if one.name == collection), None) if manifest else None

    def _say(self, system: str, phrase: str) -> str:
        return self._glossary(system).say(phrase, self.language)

    def _glossary(self, system: str) -> Glossary:
        manifest = self.manifests.get(system)
        return manifest.glossary if manifest else _UNKNOWN
