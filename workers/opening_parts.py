"""What a worker's activities work with, opened and checked: nothing starts half configured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from activities.connectors.elsewhere import Elsewhere
from activities.letters.overrides import check_letters
from activities.mail import Mailer
from activities.parts import Parts
from activities.personal import said_of_itself
from activities.storage import Storage
from habeas.connector import Connector
from habeas.errors import ConfigurationError
from habeas.policy import check_systems
from workers.settings import Settings
from workers.wiring import load_connectors, load_policies, mail_server, open_ledger

log = structlog.get_logger(__name__)

NOT_ASKED = "system_not_asked"
"""A system's connector broke on being asked whether it serves: it counts as down."""
NOT_HEALTHY = "system_not_healthy"
"""A system does not serve as a worker starts: requests wait for it."""


@asynccontextmanager
async def open_parts(settings: Settings, here: Collection[str] | None = None) -> AsyncIterator[Parts]:
    """Everything that activities work with; checked, so that a worker never starts half configured.

    Args:
        settings: the installation's.
        here: see `workers.wiring.load_connectors`.

    Raises:
        ConfigurationError: a policy, a data map or a system's settings are not complete; names what and where.
        LedgerUnavailable: the ledger's database does not answer.
    """
    async with AsyncExitStack() as stack:
        policies = load_policies(settings)
        connectors = load_connectors(settings, here=here)
        for connector in connectors.values():
            stack.push_async_callback(connector.aclose)
        manifests = {name: connector.manifest for name, connector in connectors.items()}
        for policy in policies.values():
            check_systems(policy, manifests)
            check_letters(policy)
        storage, mailer = Storage.from_url(settings.storage.url), Mailer(mail_server(settings))
        ledger = await stack.enter_async_context(open_ledger(settings))
        yield Parts(
            ledger=ledger,
            storage=storage,
            mailer=mailer,
            policies=policies,
            connectors=connectors,
            public_url=settings.desk.public_url.rstrip("/"),
            task_queue=settings.temporal.task_queue,
            together=_together(settings, connectors),
        )


def _together(settings: Settings, connectors: Mapping[str, Connector]) -> dict[str, int]:
    """Systems that may be called together, from the engine's own queue: those called from here, in no set measure."""
    return {
        name: settings.systems[name].steps_at_once
        for name, connector in connectors.items()
        if not isinstance(connector, Elsewhere) and settings.systems[name].steps_per_second is None
    }


async def check_health(parts: Parts, systems: Sequence[str]) -> None:
    """Ask each system whether its map fits and its permissions suffice.

    A system that is merely down does not stop a worker (each request waits for it on its own); one whose map does not
    fit its database does. A connector that breaks on being asked counts as down.

    Raises:
        ConfigurationError: names the system and what does not fit.
    """
    for name in systems:
        connector = parts.connector(name)
        try:
            health = await connector.ping()
        except Exception as error:  # noqa: BLE001 - a connector is anybody's: whatever it does, the others go on
            log.warning(NOT_ASKED, system=name, error=type(error).__name__)
            continue
        if not health.fits:
            raise ConfigurationError(f"systems.{name}: {health.detail}", system=name)
        if not health.ok:
            log.warning(NOT_HEALTHY, system=name, detail=said_of_itself(health.detail))
