"""What staff and the person can do, once: used by the command line, the desk and the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from activities.actors import scopes_of
from activities.storage import Storage
from activities.vault import Vault
from habeas.access import Scope
from habeas.errors import NotAllowed
from workers.measuring import Measuring
from workers.office.afterwards import Afterwards
from workers.office.callbacks import Callbacks
from workers.office.decoding import Decoding
from workers.office.engine import Engine
from workers.office.events import Listening
from workers.office.finding import Finding
from workers.office.foreseeing import Foreseeing
from workers.office.holders import Holders
from workers.office.holds import Holding
from workers.office.importing import Importing
from workers.office.letters import LetterPost
from workers.office.mine import OwnPage
from workers.office.oversight import Oversight
from workers.office.packing import Packing
from workers.office.previewing import Previewing
from workers.office.processors import Processors
from workers.office.reports import Reporting
from workers.office.restrictions import Restricting
from workers.office.review import Reviewing
from workers.office.sessions import Sessions
from workers.office.tokens import Tokens
from workers.office.waiting import Waiting
from workers.office.webhooks import Hooks
from workers.office.writes import Writing
from workers.settings import Settings
from workers.watching import Watchdog, watchdog
from workers.wiring import connect_temporal, load_policies, open_ledger

if TYPE_CHECKING:
    from temporalio.runtime import Runtime


class Office(
    Previewing,
    Finding,
    Foreseeing,
    Importing,
    Holding,
    OwnPage,
    Processors,
    Restricting,
    Reviewing,
    LetterPost,
    Callbacks,
    Waiting,
    Tokens,
    Sessions,
    Hooks,
    Listening,
    Holders,
    Oversight,
    Reporting,
    Packing,
    Writing,
    Afterwards,
    Decoding,
):
    """Every act on requests, over the ledger and the requests' workflows.

    Methods raise errors of `habeas.errors` and nothing else on purpose; none repeats what identifies a person.
    """

    def for_staff(
        self, account: str, scopes: frozenset[Scope] = frozenset(Scope), controllers: Iterable[str] | None = None
    ) -> Office:
        """The office as one member of staff sees it: the requests of the controllers that they work for, and no others.

        A policy names its people in ``[staff]``: accounts that may do everything, and roles. Where it names nobody,
        everybody who works here works for it.

        Args:
            account: who.
            scopes: what they may do at most, by the token that they come with.
            controllers: for whom at most, by that token; unset for all.

        Raises:
            NotAllowed: they work for none of the controllers here.
        """
        within = self._policies.keys() if controllers is None else self._policies.keys() & set(controllers)
        rights = {name: scopes_of(self._policies[name], account) & scopes for name in self._policies if name in within}
        mine = {name: self._policies[name] for name, held in rights.items() if held}
        if not mine:
            raise NotAllowed("This account works for none of the controllers here: see [staff] of a policy.")
        ledger = self._ledger if len(mine) == len(self._policies) else self._ledger.only(mine)
        return type(self)(ledger, self._engine, mine, self._storage, self._now, {name: rights[name] for name in mine})

    @property
    def vault(self) -> Vault:
        """The installation's master keys."""
        return self._ledger.vault

    def watchdog(self, settings: Settings) -> Watchdog:
        """What looks after everything here; see `workers.watching`."""
        return watchdog(settings, self._ledger, self._engine, self._policies)

    def measuring(self, settings: Settings) -> Measuring:
        """What tells of everything here as metrics; see `workers.measuring`."""
        return Measuring(self._ledger, self._policies, settings.systems, self._now)

    async def ready(self) -> None:
        """Raises `LedgerUnavailable`, `LedgerBehind` or `EngineUnavailable` while one of them does not serve."""
        async with self._ledger.begin() as tx:
            await tx.check_form()
        await self._engine.ping()


@asynccontextmanager
async def open_office(
    settings: Settings, *, check: bool = True, runtime: Runtime | None = None
) -> AsyncIterator[Office]:
    """The office of an installation. Temporal is connected to when it is first needed.

    Args:
        settings: of the installation.
        check: refuse at once while the ledger does not answer.
        runtime: the SDK's, where it tells metrics; None for the process's own.

    Raises:
        ConfigurationError: policies, keys or storage cannot be used.
        LedgerUnavailable: the database does not answer.
    """
    policies = load_policies(settings)
    storage = Storage.from_url(settings.storage.url)
    engine = Engine(lambda: connect_temporal(settings, runtime), task_queue=settings.temporal.task_queue)
    async with open_ledger(settings, check=check) as ledger:
        yield Office(ledger, engine, policies, storage)
