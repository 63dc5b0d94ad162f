"""What the rooms of a transaction share: statements with mapped errors, and the request's key."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, CursorResult, Executable, Row, Table, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.ledger.at_hand import AT_HAND, FATES, SMALL, AtHand, Kept, at_hand
from activities.ledger.faults import mapped_errors
from activities.ledger.keys import KeyRing
from activities.ledger.prepared import Prepared, Write, in_one
from activities.ledger.tables import document, request, request_key
from activities.vault import RequestKey, Vault, WrappedKey
from habeas.errors import KeyDestroyed, SealBroken, UnknownRequest
from habeas.evidence import Event
from habeas.model import Identifier, Request

M = TypeVar("M", bound=BaseModel)


class Room:
    """One transaction on the ledger. Rooms add their methods to it."""

    def __init__(
        self,
        connection: AsyncConnection,
        vault: Vault,
        keys: KeyRing,
        controllers: frozenset[str] | None = None,
        *,
        after: Room | None = None,
    ) -> None:
        self._connection = connection
        self._controllers = controllers
        """Whose requests there are, as far as this transaction is concerned; None for everybody's."""
        self._vault = vault
        self._keys = keys
        self._fresh_keys: dict[str, RequestKey] = {}
        """Keys made in this transaction: into the cache only once it is committed."""
        self._destroyed: set[str] = set()
        self._heads: dict[str, tuple[int, str]] = {}
        """Ends of chains that this transaction has locked, or goes on from; with what it is to write."""
        self._seen: dict[str, tuple[int, str]] = {}
        """Ends of chains that were read, whoever goes on with them."""
        self._before = {} if after is None else after.ends
        """Ends of chains as a transaction before this one left them: see `Evidence.record`."""
        self.ends: Mapping[str, tuple[int, str]] = {}
        """Ends of chains that this transaction saw, or wrote to, once it is committed."""
        self._said: dict[str, dict[str, Event]] = {}
        """Evidence that is still to be written, by request and what makes it one event."""
        self._documents: dict[str, dict[str, bytes | None]] = {}
        """Sealed documents that were read, or written since, by request; forgotten once another's write was awaited."""
        self._requests: dict[str, Request] = {}
        self._locked: set[str] = set()
        """Requests that nobody else changes until the end."""
        self._changed: dict[str, dict[str, Any]] = {}
        """What of a request is still to be written."""
        self._read: dict[tuple[str, str], Sequence[Row[Any] | Kept]] = {}
        """Rows that were read, by what of which request they are."""
        self._wrapped: dict[str, tuple[bytes, str] | None] = {}
        """Keys as they are kept, and under which master key, that were read with something else."""
        self._later: dict[Hashable, Write] = {}
        """What is still to be written, by what it is about."""
        self._spoilt = False

    async def _write_later(self, about: Hashable, statement: Write, *, replaces: bool = False) -> None:
        """Write it before anything else is asked, or at the end: all that is to be written then is one statement.

        Nobody may need its result, and nothing else in that statement may touch the same rows.

        Args:
            about: what it is about; what was to be written about the same is written first.
            statement: what to write.
            replaces: it stands in the place of what was to be written about the same.
        """
        if about in self._later and not replaces:
            await self._flush()
        self._later[about] = statement

    async def _flush(self) -> None:
        """Write what is still to be written."""
        if self._later:
            await self._write(self._taken())

    def _taken(self) -> list[Write]:
        writes = list(self._later.values())
        self._later.clear()
        self._changed.clear()
        return writes

    async def _write(self, writes: Sequence[Write]) -> CursorResult[Any]:
        """Carry them out in one statement; the answer is the last one's."""
        text, parameters = in_one(writes)
        with self._whole():
            return await self._connection.exec_driver_sql(text, parameters)

    async def _at_hand(self, request_id: str, *, lock: bool, count: bool = False) -> AtHand:
        """What steps need of a request, in one answer; with ``lock`` nobody else changes it until the end.

        With ``count`` what became of its objects is counted, too.

        Raises:
            UnknownRequest: there is none.
        """
        if self._later:  # evidence that is still to be written is not read here
            await self._flush()
        asked = {
            "wanted": request_id,
            "controllers": None if self._controllers is None else sorted(self._controllers),
            "locked": lock,
            "counted": count,
            "largest": SMALL,
        }
        row = (await self._write([AT_HAND.of(asked)])).first()
        if row is None:
            raise UnknownRequest
        answer = at_hand(row)
        self._documents[request_id] = answer.documents
        self._wrapped[request_id] = answer.wrapped
        self._seen[request_id] = answer.head
        self._read |= {(what, request_id): rows for what, rows in answer.about.items() if count or what != FATES}
        return answer

    async def _run(self, statement: Executable) -> CursorResult[Any]:
        await self._flush()
        return await self._execute(statement)

    async def _execute(self, statement: Executable) -> CursorResult[Any]:
        with self._whole():
            return await self._connection.execute(statement)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """One statement; the transaction is spoilt if it fails."""
        try:
            with mapped_errors():
                yield
        except BaseException:  # a cancelled statement, too, leaves nothing to go on with
            self._spoilt = True
            raise

    def _ours(self, request_id: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether a row's request is one that this transaction may see."""
        if self._controllers is None:
            return true()
        return request_id.in_(select(request.c.id).where(self._mine(request.c.controller)))

    def _mine(self, controller: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether a row's controller is one that this transaction may see."""
        return true() if self._controllers is None else controller.in_(sorted(self._controllers))

    async def _first(self, statement: Executable) -> Row[Any] | None:
        return (await self._run(statement)).first()

    async def _all(self, statement: Executable) -> Sequence[Row[Any]]:
        return (await self._run(statement)).all()

    async def _all_else(self, statement: Executable) -> Sequence[Row[Any]]:
        """As `_all`, of rows that nothing is about which is still to be written."""
        return (await self._execute(statement)).all()

    async def _once(self, what: str, request_id: str, statement: Executable) -> Sequence[Row[Any] | Kept]:
        """As `_all`, asked once in this transaction, as long as nothing of it is written here: see `_reread`."""
        if (what, request_id) not in self._read:
            self._read[what, request_id] = await self._all(statement)
        return self._read[what, request_id]

    def _forget(self, request_id: str) -> None:
        """What was read of this request is asked for again."""
        self._documents.pop(request_id, None)
        self._read = {about: rows for about, rows in self._read.items() if about[1] != request_id}

    def _reread(self, what: str) -> None:
        """What was read of this is asked for again."""
        self._read = {about: rows for about, rows in self._read.items() if about[0] != what}

    async def key(self, request_id: str) -> RequestKey:
        """The request's key.

        Raises:
            UnknownRequest: there is no such request.
            KeyDestroyed: there was a key.
        """
        if request_id in self._destroyed:
            raise KeyDestroyed
        known = self._wrapped.get(request_id)
        key = self._fresh_keys.get(request_id) or self._keys.get(request_id, known[0] if known else None)
        if key is not None:
            return key
        if request_id not in self._wrapped:
            row = await self._first(
                select(request_key).where(request_key.c.request_id == request_id, self._ours(request_key.c.request_id))
            )
            if row is None:
                raise UnknownRequest
            self._wrapped[request_id] = None if row.wrapped is None else (row.wrapped, row.master_key_id)
        kept = self._wrapped[request_id]
        if kept is None:
            raise KeyDestroyed
        wrapped, master_key_id = kept
        key = self._vault.unwrap(WrappedKey(request_id, master_key_id, wrapped))
        self._keys.put(request_id, key, wrapped)
        return key

    async def _document(self, request_id: str, name: str) -> bytes | None:
        """A document as it is kept; None if there is none of this name."""
        known = await self._all_documents(request_id)
        if name in known and known[name] is None:
            row = await self._first(
                select(document.c.sealed).where(document.c.request_id == request_id, document.c.name == name)
            )
            known[name] = None if row is None else row.sealed
        return known.get(name)

    async def _all_documents(self, request_id: str) -> dict[str, bytes | None]:
        """The request's documents as they are kept, read at once; None for one that is large, and not read yet."""
        known = self._documents.get(request_id)
        if known is None:
            size = func.octet_length(document.c.sealed)
            small = case((size <= SMALL, document.c.sealed)).label("small")
            rows = await self._all(select(document.c.name, small).where(document.c.request_id == request_id))
            known = self._documents[request_id] = {row.name: row.small for row in rows}
        return known

    async def commit(self) -> None:
        """End the transaction: keys that it made may be remembered from now on, those it destroyed may not."""
        if not self._spoilt:
            await self._flush()
        if self._spoilt:
            # PostgreSQL would answer COMMIT with a silent rollback.
            raise RuntimeError("a statement of this transaction failed: nothing of it was written")
        with mapped_errors():
            await self._connection.commit()
        self.ends = self._seen | self._heads
        for request_id in self._destroyed:
            self._keys.drop(request_id)
        for request_id, key in self._fresh_keys.items():
            self._keys.put(request_id, key)

    async def lock_stays(self, controller: str, *, shared: bool = False) -> None:
        """Until this transaction ends nothing more of this controller's has to stay.

        Whoever adds a hold or a restriction takes it alone. Whoever lets something go, after a look at what must stay,
        shares it: else one could be placed between the look and the end of the transaction.
        """
        self._documents.clear()  # what was said before the lock was ours is there to be read
        self._read.clear()
        take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        await self._run(select(take(func.hashtextextended(f"stays/{controller}", 0))))

    def object_print(self, controller: str, system: str, collection: str, key: str) -> str:
        """An object's name that means the same to every request and outlives their keys; HMAC under the master key."""
        return self._vault.fingerprint(f"object/{controller}/{system}", f"{collection}\0{key}")

    async def _sealed(self, request_id: str, name: str, text: str) -> bytes:
        return (await self.key(request_id)).seal(text.encode(), context(request_id, name))

    async def _opened(self, request_id: str, name: str, sealed: bytes | None) -> str:
        """Open one sealed column; None stands for one that was emptied when the key was destroyed."""
        key = await self.key(request_id)
        if sealed is None:
            raise KeyDestroyed
        return key.open(sealed, context(request_id, name)).decode()


def prints_of(table: Table, request_id: str, prints: Sequence[str]) -> Write:
    """Keep a request's fingerprints, in this order, but for those that are there.

    However many they are, it is one statement: a row of values for each would be made anew each time.
    """
    text = (
        f"INSERT INTO {table.name} (request_id, fingerprint)"  # noqa: S608  # a table of ours
        " SELECT :request_id::text, value FROM unnest(:prints::text[]) AS given (value) ON CONFLICT DO NOTHING"
    )
    return Prepared(text).of({"request_id": request_id, "prints": list(prints)})


def context(request_id: str, name: str) -> str:
    """What a sealed value is bound to: moved to another request or another name, it does not open."""
    return f"{request_id}/{name}"


def parsed(model: type[M], content: bytes) -> M:
    """Read a sealed JSON document.

    Raises:
        SealBroken: it does not fit the model (written by another version). What does not fit is not repeated.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise SealBroken("Its content is not of the expected form.") from None


def person_prints(vault: Vault, purpose: str, identifiers: Iterable[Identifier]) -> list[str]:
    """The fingerprints by which a person is known for one purpose, and cannot be followed to another."""
    return sorted({vault.fingerprint(purpose, f"{one.kind}:{one.value}") for one in identifiers})


def plain(row: Row[Any] | Kept) -> dict[str, Any]:
    """A row as keyword arguments."""
    return dict(row._mapping)
