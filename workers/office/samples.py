"""Letters with made-up facts, as one controller would write them under one law."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from activities.letters import Controller, Kind, RenderedLetter, render
from activities.letters.exists import default_right, why_not
from activities.letters.samples import sample
from activities.previews import as_sent_by
from habeas.errors import BadInput
from habeas.model import Right
from habeas.policy import Policy

__all__ = ["SampleWriter"]


class SampleWriter(NamedTuple):
    """Writes letters as one controller would, under one law."""

    controller: Controller
    regime: str
    place: str
    """Where it is the law; with a policy, where the person lives."""
    right: Right | None
    language: str
    timezone: str
    folder: Path | None
    promised: frozenset[Right]
    promised_days: int | None
    policy: Policy | None = None

    @classmethod
    def of(cls, policy: Policy, regime: str, place: str, right: Right | None) -> SampleWriter:
        """As this controller writes to somebody who lives there."""
        own = policy.controller
        return cls(
            controller=Controller(name=own.name, contact=own.email, address=own.address),
            regime=regime,
            place=place,
            right=right,
            language=own.languages[0],
            timezone=own.clock_tz,
            folder=policy.letters.folder if policy.letters else None,
            promised=frozenset(policy.rights or ()),
            promised_days=policy.promise.days,
            policy=policy,
        )

    @property
    def answered_in(self) -> str:
        """The place whose law and calendar hold."""
        return self.policy.answered_in(self.regime, self.place) if self.policy else self.place

    def why_not(self, kind: Kind) -> str | None:
        """Why there is no such letter here; None where there is."""
        place = self.answered_in
        right = self.right or default_right(kind, self.regime, place)
        return why_not(kind, self.regime, place, right, self.promised, self.promised_days)

    def write(self, kind: Kind, language: str, **known: object) -> RenderedLetter:
        """One letter.

        Args:
            kind: which.
            language: whose words.
            known: facts of it that are not made up.

        Raises:
            BadInput: there is no such letter for this right under this law; the message says why.
        """
        if absent := self.why_not(kind):
            raise BadInput(absent, field="kind")
        facts = sample(
            kind,
            controller=self.controller,
            regime=self.regime,
            jurisdiction=self.answered_in,
            right=self.right,
            promised=self.promised,
            promised_days=self.promised_days,
            timezone=self.timezone,
            language=language,
        )
        facts = facts.model_copy(update=known)
        if self.policy is not None:
            facts = as_sent_by(self.policy, facts, self.place, language)
        return render(kind, language, facts, self.folder)
