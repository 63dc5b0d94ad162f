"""What the conformance suite needs of a system under test: people in it, and hands that reach into it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager

from habeas.connector import Change, Connector
from habeas.model import Identifier
from habeas.testing.http_faults import HttpFaults

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
    """Somebody else's, of the same kinds."""
    nobody: tuple[Identifier, ...]
    """Well-formed, and borne by no record. As like the person's as can be: a letter more, a wildcard in it."""
    personal: tuple[str, ...]
    """Words of the person's that must be in no error, cursor or health report: their name, address, number."""
    collected: frozenset[str]
    """The names of all collections in which the person has something."""
    shared: frozenset[tuple[str, str]] = frozenset()
    """Collection and key of what is both the person's and the other one's: a comment on somebody else's ticket."""
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

        False where nothing but the network can break (`faults`).
        """
        return False

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
        """Put an account that bears the person's identifiers into the system again, as a sync or a restore does."""

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

    def without_access(self) -> AbstractAsyncContextManager[Connector]:
        """The same connector with credentials that the system does not accept. Asked for by `HttpConnectorSuite`."""
        raise NotImplementedError  # a system without credentials has no such connector
