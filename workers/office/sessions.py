"""Sessions of staff who signed in: begun, used, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from activities.actors import scopes_of
from activities.ledger import NewSession
from habeas.access import Scope
from habeas.errors import NotAllowed
from workers.office.intake import words
from workers.office.room import Room


class Sessions(Room):
    """Methods on sessions of staff."""

    async def start_session(self, account: str, *, idle: timedelta, longest: timedelta) -> str:
        """Begin a session of an account that has just signed in; its id, which is nowhere kept.

        Args:
            account: who signed in.
            idle: how long a session lasts unused.
            longest: how long it lasts, however much it is used.
        """
        now, who = self.now(), words("account", account, 200)
        new = NewSession(account=who, actor=self.actor(who), created_at=now, expires_at=now + longest)
        async with self._ledger.begin() as tx:
            return await tx.add_session(new, now - idle)

    async def session(self, session_id: str, *, idle: timedelta, used: bool = True) -> str | None:
        """Whose session this is; None if it is nobody's, or over.

        Args:
            session_id: as the browser sent it.
            idle: how long a session lasts unused.
            used: whether somebody uses it now; a page that follows by itself does not.
        """
        now = self.now()
        async with self._ledger.begin() as tx:
            return await tx.session(session_id, now, now - idle, used=used)

    async def end_session(self, session_id: str) -> None:
        """Sign out; harmless where the session is over."""
        async with self._ledger.begin() as tx:
            await tx.end_session(session_id)

    async def end_sessions(self, account: str) -> None:
        """Sign an account out wherever it is signed in.

        Raises:
            NotAllowed: whoever hands out no rights may take none away; nor from who works for other controllers only.
        """
        self.demand(Scope.TOKENS)
        ours = (self.policy(name) for name in self.reach(Scope.TOKENS))
        if self._rights is not None and not any(scopes_of(policy, account) for policy in ours):
            raise NotAllowed("This account works for none of your controllers: see [staff] of their policies.")
        async with self._ledger.begin() as tx:
            await tx.end_sessions(self.actor(words("account", account, 200)))

    def now(self) -> datetime:
        """The office's clock, in UTC."""
        return self._now()

    def seal_note(self, note: bytes, purpose: str) -> bytes:
        """What a browser keeps for us and cannot read or change: sealed by a house key, for one purpose."""
        return self._ledger.vault.house_key().seal(note, f"/~note/{purpose}")

    def open_note(self, sealed: bytes, purpose: str) -> bytes:
        """What `seal_note` was given.

        Raises:
            SealBroken: it was changed, is for another purpose, or the key was changed since.
        """
        return self._ledger.vault.house_key().open(sealed, f"/~note/{purpose}")
