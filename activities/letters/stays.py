"""What stays of an erasure, as the letter at once and the last one tell it: each thing once."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from activities.letters.parts import KeptGroup, WithheldGroup
from habeas.model import Frozen
from habeas.staying import Because

__all__ = ["RefusedPart", "Staying"]


class RefusedPart(Frozen):
    """A part that was refused, with its ground."""

    what: str
    """The category's title, in the person's language."""
    ground: str | None = None
    """A code of the closed list."""
    provision: str | None = None
    explanation: str | None = Field(default=None, repr=False)
    controller: str | None = Field(default=None, repr=False)
    """Who decides about it, where that is the ground and staff could tell."""


class Staying(Frozen):
    """What stays, and why."""

    kept: tuple[KeptGroup, ...] = ()
    controlled: tuple[WithheldGroup, ...] = ()
    """Categories that somebody else decides about, and who."""
    refused: tuple[RefusedPart, ...] = ()
    """Categories that were refused, each with its ground."""

    @property
    def kept_refused(self) -> Counter[str]:
        """How many records stay of each refused category, by its title."""
        named = {one.what for one in self.refused}
        found: Counter[str] = Counter()
        for one in self.kept:
            if one.reason is Because.EXEMPT and one.category in named:
                found[one.category] += one.count
        return found

    @property
    def kept_besides(self) -> tuple[KeptGroup, ...]:
        """What stays and is not told with what was refused."""
        told = self.kept_refused
        return tuple(one for one in self.kept if one.reason is not Because.EXEMPT or one.category not in told)
