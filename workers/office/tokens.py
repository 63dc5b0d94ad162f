"""Tokens of the API: made, listed, ended; and who comes with one."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from activities.ledger import Bearer, NewToken, TokenRow
from habeas.access import Scope, scopes
from habeas.errors import BadInput
from habeas.model import Frozen
from workers.office.intake import words
from workers.office.room import Room

LONGEST = 366
"""Days that a token may live."""


class MadeToken(Frozen):
    """A new token. Its text is shown this once."""

    token: TokenRow
    text: str = Field(repr=False)


class Tokens(Room):
    """Methods on tokens of the API."""

    async def make_token(self, account: str, *, title: str, may: tuple[str, ...], days: int = 90, by: str) -> MadeToken:
        """Make a token by which `account` acts, for the controllers for whom one may make tokens.

        Args:
            account: whose acts they are; what ``[staff]`` of the policies says holds for it, too.
            title: what it is for.
            may: names of scopes or roles; see `habeas.access`.
            days: how long it lives.
            by: who makes it.

        Raises:
            BadInput: no such scope, or too long a life.
            NotAllowed: who makes it may make none.
        """
        allowed = scopes(may)
        if not allowed:
            raise BadInput("scope: say what the token may do.", field="scope")
        if not 1 <= days <= LONGEST:
            raise BadInput(f"days: from 1 to {LONGEST}.", field="days")
        self.demand(Scope.TOKENS)
        now, who = self._now(), words("account", account, 200)
        new = NewToken(
            account=who,
            actor=self.actor(who),
            title=words("title", title, 100),
            scopes=allowed,
            controllers=frozenset(self.reach(Scope.TOKENS)),
            created_at=now,
            created_by=self.actor(words("by", by, 200)),
            expires_at=now + timedelta(days=days),
        )
        async with self._ledger.begin() as tx:
            row, text = await tx.add_token(new)
        return MadeToken(token=row, text=text)

    async def tokens(self) -> tuple[TokenRow, ...]:
        """Tokens for whom one may make them, the newest first; no secrets."""
        self.demand(Scope.TOKENS)
        async with self._ledger.begin() as tx:
            return await tx.tokens()

    async def revoke_token(self, token_id: str, *, by: str) -> TokenRow:
        """End a token now.

        Raises:
            BadInput: there is no such token.
        """
        self.demand(Scope.TOKENS)
        actor = self.actor(words("by", by, 200))
        async with self._ledger.begin() as tx:
            return await tx.revoke_token(token_id, self._now(), actor)

    async def bearer(self, text: str) -> Bearer | None:
        """Who comes with a token; None if nobody may."""
        async with self._ledger.begin() as tx:
            return await tx.bearer(text, self._now())
