"""What RT's Shredder leaves behind: it writes all that it wipes, as SQL, into ``$ShredderStoragePath``.

As long as that file is there, nothing is erased. RT has no call to remove it, so the worker must see the folder. A file
whose name was in an answer that got lost is known again by what it holds.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from activities.connectors.rt.web import Web
from habeas.errors import Terminal

__all__ = ["Dumps", "Wiped"]

_NAME = re.compile(r"\d{8}T\d{6}-\d{4}\.sql")
_ROW = re.compile(rb"INSERT INTO [\"`]?(Tickets|Principals|Transactions)[\"`]?\(([^)]*)\) VALUES\((.*)", re.IGNORECASE)
_VALUE = re.compile(rb"(?:NULL|E?'((?:[^'\\]|''|\\.)*)'|([^,'()]+))(?:,|\))", re.IGNORECASE)
_LONGEST_LINE = 16 * 1024


@dataclass(frozen=True)
class Wiped:
    """What one file holds, or what a plan is about: ids."""

    users: frozenset[int] = frozenset()
    tickets: frozenset[int] = frozenset()
    transactions: frozenset[int] = frozenset()

    def whole(self, planned: Wiped, owned: Iterable[tuple[str, int, int]]) -> bool:
        """Whether all of it is planned. ``owned``: transactions, as type and id of what they are about and own id."""
        if self.users or self.tickets:
            return self.users <= planned.users and self.tickets <= planned.tickets
        about = {"RT::User": planned.users, "RT::Ticket": planned.tickets}
        return all(own in planned.transactions or of in about.get(kind, ()) for kind, of, own in owned)


class Dumps:
    """The folder, as the worker sees it."""

    def __init__(self, system: str, folder: Path | None, web: Web) -> None:
        self._system = system
        self._folder = folder
        self._web = web

    async def check(self) -> str | None:
        """Whether this is the folder that RT writes to, and files can be removed from it; else what is wrong.

        Puts a file with a random name there, asks RT for it, and removes it.
        """
        if self._folder is None:
            return "`dumps` is not set: what RT wipes would stay in its $ShredderStoragePath."
        name, said = f"habeas-{secrets.token_hex(8)}", secrets.token_hex(16).encode()
        probe = self._folder / name
        try:
            await asyncio.to_thread(_write, probe, said)
        except OSError as error:
            return f"`dumps` cannot be written to ({type(error).__name__}): what RT wipes would stay there."
        try:
            seen = await self._web.dump(name)
        finally:
            await asyncio.to_thread(probe.unlink, missing_ok=True)
        return None if seen == said else "`dumps` is not the folder that RT's $ShredderStoragePath names."

    async def remove(self, name: str) -> None:
        """Remove a file that an answer named.

        Raises:
            Terminal: it is not there, or does not go: what was wiped lies on.
        """
        if self._folder is None or not _NAME.fullmatch(name):
            raise self._left(name if _NAME.fullmatch(name) else "a file of another name")
        try:
            await asyncio.to_thread((self._folder / name).unlink)
        except OSError:
            raise self._left(name) from None

    async def sweep(self, planned: Wiped) -> int:
        """Remove files that hold nothing but what is planned, and say how many hold some of it and more."""
        return await asyncio.to_thread(self._look, planned, True)

    async def left(self, planned: Wiped) -> int:
        """How many files hold something of what is planned."""
        return await asyncio.to_thread(self._look, planned, False)

    def _look(self, planned: Wiped, remove: bool) -> int:
        left = 0
        for path in sorted(self._folder.glob("*.sql")) if self._folder else ():
            try:
                users, tickets, rows = _read(path)
            except FileNotFoundError:
                continue  # somebody else's, gone in between
            held = Wiped(frozenset(users), frozenset(tickets), frozenset(own for _, _, own in rows))
            if not _touches(held, planned, rows):
                continue
            if remove and held.whole(planned, rows):
                path.unlink(missing_ok=True)
            else:
                left += 1
        return left

    def _left(self, name: str) -> Terminal:
        detail = f"{self._system} wrote what it wiped to {name}, and that cannot be removed: remove it by hand."
        return Terminal(detail, system=self._system)


def _touches(held: Wiped, planned: Wiped, rows: Iterable[tuple[str, int, int]]) -> bool:
    if held.users & planned.users or held.tickets & planned.tickets or held.transactions & planned.transactions:
        return True
    about = {"RT::User": planned.users, "RT::Ticket": planned.tickets}
    return any(of in about.get(kind, ()) for kind, of, _ in rows)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)  # RT runs as somebody else


def _read(path: Path) -> tuple[set[int], set[int], list[tuple[str, int, int]]]:
    """Users, tickets, and transactions (type and id of what they are about, their own id) that a file holds.

    Texts in it may look like statements. They only add to what it seems to hold: then it is left, not removed.
    """
    users: set[int] = set()
    tickets: set[int] = set()
    transactions: list[tuple[str, int, int]] = []
    for table, row in _rows(path):
        number = row.get("id", "")
        if not number.isdigit():
            continue
        if table == "tickets":
            tickets.add(int(number))
        elif table == "transactions":
            about = row.get("objectid", "")
            transactions.append((row.get("objecttype", ""), int(about) if about.isdigit() else 0, int(number)))
        elif row.get("principaltype") == "User":
            users.add(int(number))
    return users, tickets, transactions


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open("rb") as lines:
        while line := lines.readline(_LONGEST_LINE):
            found = _ROW.match(line)
            if found:
                names = [name.strip(b' "`').decode(errors="replace").lower() for name in found[2].split(b",")]
                values = [(one[1] or one[2] or b"").decode(errors="replace") for one in _VALUE.finditer(found[3])]
                yield found[1].decode().lower(), dict(zip(names, values, strict=False))
