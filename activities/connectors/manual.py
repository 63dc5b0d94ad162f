"""Systems without an API: a filing cabinet, a reseller, a bought list. Whatever is asked of one is a task for a human.

What stands in the settings is in docs/paper-and-tasks.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints

from activities.connectors.settings import CollectionSettings, SpokenSettings, Words, read_settings
from habeas.connector import Collection, Connector, Health, Located, Manifest, Page, RecordRef, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Terminal
from habeas.fields import Origin, SensitiveType
from habeas.glossary import Phrase
from habeas.model import Frozen, Identifier, normalise
from habeas.outcomes import ConfirmAnswer, EraseAnswer
from habeas.particulars import PurposeId
from habeas.plan import undecided

ANCHOR = "date"
"""The retention's term runs from the date that the human gives with each record."""
MIB = 1024 * 1024


class Hands(Frozen):
    """Who does a system's tasks, until when, and how they are told to."""

    owner: str | None = None
    due_days: int = Field(default=7, ge=1, le=90)
    remind_days: int = Field(default=3, ge=1, le=90)
    instructions: Mapping[str, Words] = Field(default_factory=dict)
    """By language."""
    max_file_mb: int = Field(default=20, ge=1, le=200)
    """A bigger file is refused."""
    keeps: tuple[Phrase, ...] = ()
    """Laws by which something there may turn out to be kept when it is to be erased."""

    @property
    def max_file_bytes(self) -> int:
        """The bound in bytes."""
        return self.max_file_mb * MIB

    def instructed(self, languages: tuple[str, ...]) -> str | None:
        """The instructions in the first of these languages that has them, else in any."""
        known = [self.instructions[one] for one in languages if one in self.instructions]
        return next(iter([*known, *self.instructions.values()]), None)


class _Stack(CollectionSettings):
    """One collection, as the settings write it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    free_text: tuple[str, ...] = ()
    origin: Origin | None = None
    origins: Mapping[str, Origin] = Field(default_factory=dict)
    types: Mapping[str, SensitiveType] = Field(default_factory=dict)
    file_field: str | None = None
    """What ``origins`` and ``types`` call the scans."""


class ManualSettings(Hands, SpokenSettings):
    """A manual system's table in the settings."""

    title: Words
    collections: tuple[_Stack, ...] = Field(min_length=1)
    purposes: tuple[PurposeId, ...] = ()
    """Purposes that a human stops here."""

    def faults(self) -> list[str]:
        """What is wrong with them, a sentence each, without its full stop."""
        faults = [f"collections: {fault}" for fault in undecided(_collections(self))]
        names = [one.name for one in self.collections]
        faults += [f"collections: {name!r} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
        return [*faults, *address_faults("owner", self.owner)]


class ManualConnector:
    """A system where nothing answers but a human. It is never called: the engine opens a task instead."""

    model: ClassVar[type[ManualSettings]] = ManualSettings

    def __init__(self, system: str, settings: ManualSettings) -> None:
        self._system = system
        self.hands: Hands = settings
        self.manifest = Manifest(
            title=settings.title,
            needs=(),
            yields=(),
            capabilities=frozenset(),
            collections=_collections(settings),
            purposes=settings.purposes,
            manual=True,
            glossary=settings.glossary,
            keeps=settings.keeps,
        )

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make the connector of one configured system.

        Raises:
            ConfigurationError: a setting is missing or wrong; names each.
        """
        read = read_settings(cls.model, system, settings)
        faults = read.faults()
        if faults:
            raise ConfigurationError(" ".join(f"systems.{system}.{fault}." for fault in faults), system=system)
        return cls(system, read)

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`."""
        return cls.from_settings(system, settings).manifest

    async def ping(self) -> Health:
        """Nothing to reach."""
        return Health(ok=True, detail="A human does what is asked of it: `habeas task list`.")

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Nobody is found by asking; a human looks when the data is collected."""
        return Located()

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """What is there, a human finds."""
        yield Page(records=(), cursor=None)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """A task, not a call."""
        raise self._not_by_itself()

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """A human's word, not a call."""
        raise self._not_by_itself()

    async def aclose(self) -> None:
        """Nothing was opened."""

    def _not_by_itself(self) -> Terminal:
        return Terminal(f"Only a human can do that in {self._system}.", system=self._system)


def hands_of(connector: Connector) -> Hands:
    """Who does a system's tasks; for one that answers by itself otherwise, the privacy officer within a week."""
    return connector.hands if isinstance(connector, ManualConnector) else Hands()


def _collections(settings: ManualSettings) -> tuple[Collection, ...]:
    # What the human typed in points at nothing, and nothing at it.
    return tuple(
        one.collection(
            one.name,
            anchor=ANCHOR,
            when_referenced=Treatment.DELETE,
            **one.model_dump(include={"free_text", "origin", "origins", "types", "file_field"}),
        )
        for one in settings.collections
    )


def address_faults(key: str, address: str | None) -> list[str]:
    """Whether this setting is an e-mail address; the fault does not repeat it."""
    if address is None:
        return []
    try:
        normalise("email", address)
    except ValueError as error:
        return [f"{key}: {error}"]
    return []
