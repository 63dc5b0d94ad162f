"""What staff and the person can do, once: used by the command line, the desk and the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from activities.actors import works_for
from activities.storage import Storage
from habeas.errors import NotAllowed
from workers.office.callbacks import Callbacks
from workers.office.engine import Engine
from workers.office.handover import Handover
from workers.office.holds import Holding
from workers.office.importing import Importing
from workers.office.letters import LetterPost
from workers.office.recipients import Recipients
from workers.office.restrictions import Restricting
from workers.office.tasks import Tasking
from workers.settings import Settings
from workers.wiring import connect_temporal, load_policies, open_ledger


class Office(Importing, Holding, Handover, Recipients, Tasking, Restricting, LetterPost, Callbacks):
    """Every act on requests, over the ledger and the requests' workflows.

    Methods raise errors of `habeas.errors` and nothing else on purpose; none repeats what identifies a person.
    """

    def for_staff(self, account: str) -> Office:
        """The office as one member of staff sees it: the requests of the controllers that they work for, and no others.

        A policy names its people in ``[staff] accounts``; where it names none, everybody who works here works for it.

        Raises:
            NotAllowed: they work for none of the controllers here.
        """
        mine = {name: policy for name, policy in self._policies.items() if works_for(policy, account)}
        if not mine:
            raise NotAllowed("This account works for none of the controllers here: see [staff] accounts of a policy.")
        if len(mine) == len(self._policies):
            return self
        return type(self)(self._ledger.only(mine), self._engine, mine, self._storage, self._now)

    async def ready(self) -> None:
        """Raises `LedgerUnavailable` or `EngineUnavailable` while one of them does not answer."""
        await self._ledger.ping()
        await self._engine.ping()


@asynccontextmanager
async def open_office(settings: Settings, *, check: bool = True) -> AsyncIterator[Office]:
    """The office of an installation. Temporal is connected to when it is first needed.

    Args:
        settings: of the installation.
        check: refuse at once while the ledger does not answer.

    Raises:
        ConfigurationError: policies, keys or storage cannot be used.
        LedgerUnavailable: the database does not answer.
    """
    policies = load_policies(settings)
    storage = Storage.from_url(settings.storage.url)
    engine = Engine(lambda: connect_temporal(settings), task_queue=settings.temporal.task_queue)
    async with open_ledger(settings, check=check) as ledger:
        yield Office(ledger, engine, policies, storage)
