"""Privacy Center's policies, and when its queue runs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.vendors.shared.clock import Clock


@dataclass(frozen=True)
class Policy:
    """A right-to-be-forgotten policy for one object.

    ``mask`` gives fields new values, of the object itself and of the children that point at the record; ``delete``
    names the objects whose records go. https://help.salesforce.com/s/articleView?id=xcloud.privacy_center_rtbf.htm
    """

    name: str
    object: str
    mask: dict[str, dict[str, Any]] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True)
class Export:
    """A file that a portability policy is making, or has made."""

    id: str
    subject_id: str
    asked_at: datetime


class Privacy:
    """Policies by the id of their definition, and files that were asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ran_at = clock.now()
        self.policies: dict[str, Policy] = {}
        self.exports: dict[str, Export] = {}
        # "queue runs each 24 h, or Run Now"
        self.runs_every = timedelta(hours=24)
        self.export_takes = timedelta(minutes=5)
        # https://developer.salesforce.com/docs/platform/api-rest/guide/resources-portability-get.html
        self.export_lives = timedelta(days=60)

    def queue_is_due(self) -> bool:
        """Whether the queue runs now; asking counts as running it."""
        due = self._ran_at + self.runs_every <= self._clock.now()
        if due:
            self._ran_at = self._clock.now()
        return due
