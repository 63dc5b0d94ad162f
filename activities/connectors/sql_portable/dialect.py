"""What the portable engine asks of each kind of database; everything else is the same for all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.connectors.sql.schema import Column, Schema
from activities.connectors.sql.shape import Place
from habeas.datamap import IdentifierRule
from habeas.errors import HabeasError

WRONG_VALUE = "wrong_value"
NOT_UNIQUE = "not_unique"
REFERS_TO_NOTHING = "refers_to_nothing"


class Dialect(ABC):
    """One kind of database behind one address."""

    locks: bool
    """It has ``SELECT … FOR UPDATE``; otherwise a writing transaction has the database for itself."""
    defers: bool
    """Foreign keys are asked for when the transaction commits."""
    at_once: tuple[str, ...] = ()
    """Statements after which they are asked for at each statement: it must be told which value is refused."""

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    def engine(self, seconds: float, **pool: Any) -> AsyncEngine:
        """Connections whose session settings are ours, in autocommit: `begin` opens transactions."""

    @abstractmethod
    def begin(self, *, readonly: bool) -> tuple[str, ...]:
        """The statements that open a transaction."""

    @abstractmethod
    async def reflect(self, connection: AsyncConnection) -> Schema:
        """The database's own catalogue, in the words that a map is fitted with."""

    @abstractmethod
    def read(self, column: Column, own: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """A column in the form that `values` knows, the same for every session and driver."""

    @abstractmethod
    def digest(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """SHA-256 of bytes, in hex, so that they need not travel."""

    @abstractmethod
    def exact(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """A text as it stands, for comparing without the column's collation."""

    @abstractmethod
    def size(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """How many bytes a value has."""

    @abstractmethod
    def candidates(self, place: Place, rule: IdentifierRule, forms: Sequence[str]) -> sa.ColumnElement[bool]:
        """Rows that may bear one of these forms: all that do, perhaps some more. Never by likeness."""

    @abstractmethod
    async def counted(self, connection: AsyncConnection) -> tuple[int, ...]:
        """Rows that this session has changed so far, triggers and all, as the database counts them."""

    @abstractmethod
    def meant(self, updated: int, deleted: int) -> tuple[int, ...]:
        """The same, for what was meant."""

    @abstractmethod
    def denied(self, error: Exception) -> bool:
        """The database says that this user may not do it."""

    @abstractmethod
    def translate(self, error: Exception, system: str) -> HabeasError:
        """Ours for the database's. Never carries the original along: its text holds people's data."""

    @abstractmethod
    def why(self, error: Exception) -> str | None:
        """The reason, where the database speaks of a value that was to be written."""
