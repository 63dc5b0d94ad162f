"""Processors without an API (GDPR art. 28): instructed by e-mail, with a link by which they acknowledge and answer.

Each step is a task, as in a manual system; the letter and its link take the task to the processor, and staff take over
where it stays silent. What stands in the settings is in docs/connectors/processor.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from activities.connectors.manual import Hands, ManualConnector, ManualSettings, address_faults
from activities.letters.wording import LANGUAGES, base_language
from habeas.connector import Connector, Health
from habeas.languages import Language
from habeas.model import Identifier

NAME = "name"
"""Among ``told``: the person's name."""

_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
_Days = Annotated[int, Field(ge=1, le=90)]


class ProcessorSettings(ManualSettings):
    """A processor's table in the settings."""

    email: str
    """Where its instructions go."""
    letters_in: Language
    """The language that it is written to in."""
    told: tuple[_Kind, ...] = Field(min_length=1)
    """By what it may be told who it is about: kinds of identifiers, and ``name``. Shown behind the link only."""
    due_days: int = Field(default=14, ge=1, le=90)
    remind_after_days: tuple[_Days, ...] = Field(default=(3, 7), max_length=5)
    """After the letter, while it does not acknowledge."""
    escalate_after_days: _Days = 10
    """After the letter, if it has not acknowledged by then: staff are told."""
    link_days: int = Field(default=30, ge=1, le=90)
    """For how long its link is good."""

    def faults(self) -> list[str]:
        """As `ManualSettings.faults`."""
        faults = [*super().faults(), *address_faults("email", self.email)]
        if base_language(self.letters_in) != self.letters_in:
            faults.append(f"letters_in: letters are written in {', '.join(sorted(LANGUAGES))}")
        if any(days >= self.escalate_after_days for days in self.remind_after_days):
            faults.append("remind_after_days: each must be less than escalate_after_days")
        if self.escalate_after_days > self.due_days:
            faults.append("escalate_after_days: staff would hear of it after the task is due (due_days)")
        if self.link_days < self.due_days:
            faults.append("link_days: the link would end before the task is due (due_days)")
        return faults

    def may_know(self, identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
        """Those of the person that it is told."""
        return tuple(one for one in identifiers if one.kind in self.told)


class ProcessorConnector(ManualConnector):
    """Somebody else's hands: written to, and waited for."""

    model: ClassVar[type[ManualSettings]] = ProcessorSettings

    async def ping(self) -> Health:
        """Nothing to reach but a mailbox."""
        return Health(ok=True, detail="It is instructed by e-mail, and answers by the link: `habeas task list`.")


def instructed_by_mail(hands: Hands) -> ProcessorSettings | None:
    """Whoever does a system's tasks, if they are written to with a link."""
    return hands if isinstance(hands, ProcessorSettings) else None


def processor_of(connector: Connector) -> ProcessorSettings | None:
    """The settings of a processor; None for every other system."""
    return instructed_by_mail(connector.hands) if isinstance(connector, ManualConnector) else None
