"""What the conformance suite needs of a system under test: people in it, and hands that reach into it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from habeas.connector import Change, Connector
from habeas.model import Identifier
from habeas.testing.http_faults import Fault, HttpFaults

__all__ = ["World"]


class World(ABC):
    """One system with a person, somebody else, and what is theirs. Made anew for each test of the suite.

    What a world does to the system, it does past the connector: by the system's own API, its database, its files. So
    the suite never believes the connector about itself.
    """

    connector: Connector
    person: tuple[Identifier, ...]
    """The person's identifiers: one at least of each kind that the connector needs; each finds all their accounts."""
    other: tuple[Identifier, ...]
    """Somebody else's, of the same kinds. In one test they are erased as well, in another their data is marked."""
    nobody: tuple[Identifier, ...]
    """Well-formed, and borne by no record. As like the person's as can be: a letter more, a wildcard in it."""
    personal: tuple[str, ...]
    """Words of the person's that must be in no error, cursor or health report: their name, address, number."""
    collected: frozenset[str]
    """The names of all collections in which the person has something."""
    shared: frozenset[tuple[str, str]] = frozenset()
    """Collection and key of what is both the person's and the other one's: a comment on somebody else's ticket.

    So is what stands in the other one's and names the person, which changes when that is erased.
    """
    faults: HttpFaults | None = None
    """Where the connector speaks HTTP, and goes through this proxy."""
    changes: tuple[Change, ...] = ()
    """What the connector can be asked to change of the person's records, one for each capability that it declares."""
    stamps: frozenset[str] = frozenset()
    """Fields that the system itself writes whenever a record changes: when that was, and by whom."""
    binned_for: float = 0.0
    """Seconds for which the system, as it is set up, keeps what is erased in a bin that it empties by itself."""
    keeps_old_values: bool = False
    """The system, as it is set up, keeps what stood in a record before, and nobody can make it forget that."""
    stands_alone: frozenset[str] = frozenset()
    """Collections whose objects point at none of the person's others: whatever becomes of those, these can stay."""
    named: bool = True
    """The system knows what people are called, and so an account of theirs says it (`Match.name`)."""
    folds_plus: bool = False
    """To the system, as it is set up, ``ann+shop@`` and ``ann@`` are one address."""

    @abstractmethod
    async def others(self) -> object:
        """Everything in the system that is not the person's, in a form that compares equal if nothing changed."""

    @abstractmethod
    async def theirs(self) -> object:
        """Everything of the person's, in the same way; what the system hides or keeps in a bin, too."""

    @abstractmethod
    async def alter(self) -> None:
        """Change one of the person's records, as a colleague would who does not know of the request."""

    def edits(self) -> Iterable[Callable[[], Awaitable[None]]]:
        """Changes that a colleague can make to the person's records, each of another field; `alter`, if not more."""
        return (self.alter,)

    async def reconnect(self) -> bool:
        """Make `connector` anew, as another process would; False where no answer of it ever has to be gone on from.

        Asked for where it gives a cursor or a handle.
        """
        return False

    async def respell(self) -> bool:
        """Write the person's addresses in capitals, as people type them; False where the system cannot hold them so.

        Nor where it takes that for another address.
        """
        return False

    async def spoil(self) -> bool:
        """Make the system unusable, with words of the person's in what is left of it: a damaged file, a missing table.

        So that it stays so until somebody mends it. False where nothing but the network can break (`faults`).
        """
        return False

    @asynccontextmanager
    async def away(self) -> AsyncIterator[Connector | None]:
        """The connector, while the system is away for a moment: restarted, locked, behind a port where nobody answers.

        If not said otherwise, as `faults` does it; None where there are none and the system is never away.
        """
        if self.faults is None:
            yield None
            return
        self.faults.fail_always(Fault.DOWN)
        yield self.connector
        self.faults.fail_always(None)

    async def add(self) -> bool:
        """Give the person one more record, below an account that they have; False where nothing can be below one."""
        return False

    async def vanish(self) -> bool:
        """Delete one of the person's records that is to be deleted, below an account; False where that cannot be."""
        return False

    async def move(self) -> bool:
        """Make one of the person's records that is to go somebody else's; False where nothing there can ever be.

        The record itself stays as it is as far as the system lets it: where what makes it theirs is outside of it (an
        association, a row between the two), only that changes.
        """
        return False

    @abstractmethod
    async def come_back(self) -> None:
        """Put an account that bears the person's identifiers into the system again, as a sync or a restore does.

        Best under a new key, as a sync gives one: under the old one it is seen without looking for anybody.
        """

    async def double(self) -> bool:
        """Give the person one more account beside those they have; False where one address has one account at most.

        If not said otherwise, as `come_back` does it, where that adds to what is theirs.
        """
        before = await self.theirs()
        await self.come_back()
        return await self.theirs() != before

    async def employ(self) -> bool:
        """Make one of the person's accounts a member of staff's; False where the system has no accounts of staff."""
        return False

    async def type_in(self) -> Identifier | None:
        """Add an address or a number to one of the person's accounts, as they can by themselves, proven by nobody.

        None where the system does not tell what is proven.
        """
        return None

    async def stand_in_the_way(self) -> None:
        """Make something that must be settled before the person can be erased. Asked for where it declares VETO."""
        raise NotImplementedError  # a system that knows no veto has nothing to make

    async def wait(self, seconds: float) -> None:  # noqa: B027  a system that is never waited for needs none
        """Let the system's clock go on: for a job to end, an index to catch up. Never sleeps longer than it must."""

    async def call_back(self, handle: str) -> None:  # noqa: B027  as above
        """Let the system finish what it has begun and would call back about."""

    @asynccontextmanager
    async def impatient(self) -> AsyncIterator[Connector]:
        """The same connector, where it waits for no answer longer than a second; as it is, if that cannot be set.

        Asked for by `HttpConnectorSuite`, which waits a minute at most.
        """
        yield self.connector

    def without_access(self) -> AbstractAsyncContextManager[Connector]:
        """The same connector with credentials that the system does not accept. Asked for by `HttpConnectorSuite`."""
        raise NotImplementedError  # a system without credentials has no such connector
