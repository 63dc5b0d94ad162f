"""Letters with made-up facts, as one controller would write them under one law."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from activities.letters import Authority, Controller, Kind, RenderedLetter, render
from activities.letters.exists import default_right, why_not
from activities.letters.samples import sample
from activities.offers import offers
from habeas.errors import BadInput
from habeas.model import Right
from habeas.policy import Policy

__all__ = ["SampleWriter"]


class SampleWriter(NamedTuple):
    """Writes letters as one controller would, under one law."""

    controller: Controller
    regime: str
    place: str
    right: Right | None
    language: str
    timezone: str
    folder: Path | None
    authority: Authority | None
    promised: frozenset[Right]
    promised_days: int | None
    policy: Policy | None = None

    @classmethod
    def of(cls, policy: Policy, regime: str, place: str, right: Right | None) -> SampleWriter:
        """As this controller writes."""
        own, known = policy.controller, policy.authority(place)
        return cls(
            controller=Controller(name=own.name, contact=own.email, address=own.address),
            regime=regime,
            place=place,
            right=right,
            language=own.languages[0],
            timezone=own.clock_tz,
            folder=policy.letters.folder if policy.letters else None,
            authority=Authority(name=policy.said(known.name, own.languages[0]), url=known.url) if known else None,
            promised=frozenset(policy.rights or ()),
            promised_days=policy.promise.days,
            policy=policy,
        )

    def why_not(self, kind: Kind) -> str | None:
        """Why there is no such letter here; None where there is."""
        right = self.right or default_right(kind, self.regime, self.place)
        return why_not(kind, self.regime, self.place, right, self.promised, self.promised_days)

    def write(self, kind: Kind, language: str) -> RenderedLetter:
        """One letter.

        Raises:
            BadInput: there is no such letter for this right under this law; the message says why.
        """
        if absent := self.why_not(kind):
            raise BadInput(absent, field="kind")
        facts = sample(
            kind,
            controller=self.controller,
            regime=self.regime,
            jurisdiction=self.place,
            right=self.right,
            authority=self.authority,
            promised=self.promised,
            promised_days=self.promised_days,
            offers=self._offers(kind),
            timezone=self.timezone,
            language=language,
        )
        return render(kind, language, facts, self.folder)

    def _offers(self, kind: Kind) -> tuple[Right, ...] | None:
        """What a denial offers instead, by this controller; None for one that is made up."""
        if self.policy is None:
            return None
        right = self.right or default_right(kind, self.regime, self.place)
        return offers(self.policy, self.regime, self.place, right)
