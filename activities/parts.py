"""What activities work with: made once per process, handed to each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.ledger import Ledger
from activities.mail import Mailer
from activities.resting import Rests
from activities.storage import Storage
from habeas.connector import Changing, Connector, Manifest, Vetoing
from habeas.errors import ConfigurationError, Terminal
from habeas.policy import Policy


@dataclass(frozen=True)
class Parts:
    """The ledger, the storage, the mail, the controllers' policies and the connected systems of this process."""

    ledger: Ledger
    storage: Storage
    mailer: Mailer
    policies: Mapping[str, Policy]
    connectors: Mapping[str, Connector]
    public_url: str
    """What letters link to, without a slash at the end."""
    task_queue: str
    together: dict[str, int] = field(default_factory=dict)
    """Systems that are called from here, as fast as they are: how many of their steps are under way here at once."""
    rests: Rests = field(default_factory=Rests)
    """Which of them asked to be left alone, and until when."""

    def policy(self, controller: str) -> Policy:
        """The controller's policy.

        Raises:
            ConfigurationError: this process has no policy of that controller.
        """
        try:
            return self.policies[controller]
        except KeyError:
            raise ConfigurationError(f"There is no policy of controller '{controller}' here.") from None

    def connector(self, system: str) -> Connector:
        """The system's connector.

        Raises:
            ConfigurationError: the system is not configured in this process.
        """
        try:
            return self.connectors[system]
        except KeyError:
            raise ConfigurationError(f"System '{system}' is not configured in this process.") from None

    def manifests(self, policy: Policy) -> dict[str, Manifest]:
        """What the connectors of a policy's systems say of them, by system.

        Raises:
            ConfigurationError: as `connector`.
        """
        return {name: self.connector(name).manifest for name in policy.systems}

    def controllers_of(self, system: str) -> tuple[Policy, ...]:
        """The policies that name this system, by id. What any of these must keep, none may touch."""
        return tuple(policy for _, policy in sorted(self.policies.items()) if system in policy.systems)

    def changing(self, system: str) -> Changing:
        """The connector of a system that changes data.

        Raises:
            ConfigurationError: the system is not configured in this process.
            Terminal: its manifest says that it changes data, and its connector cannot.
        """
        connector = self.connector(system)
        if not isinstance(connector, Changing):
            raise Terminal("Its connector says that it changes data, and cannot.", system=system)
        return connector

    def vetoing(self, system: str) -> Vetoing:
        """The connector of a system that is asked for vetoes.

        Raises:
            ConfigurationError: the system is not configured in this process.
            Terminal: its manifest says that it can tell, and its connector cannot.
        """
        connector = self.connector(system)
        if not isinstance(connector, Vetoing):
            raise Terminal("Its connector says that it knows vetoes, and does not.", system=system)
        return connector

    def queue_of(self, system: str) -> str:
        """The task queue on which the system's calls are made: its worker may run in another network."""
        return f"{self.task_queue}.{system}"
