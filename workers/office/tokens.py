"""Tokens of the API: made, listed, ended; and who comes with one."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from activities.ledger import Bearer, NewToken, TokenRow
from habeas.access import LENT, Scope, scopes
from habeas.errors import BadInput, NotAllowed
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

    async def make_token(
        self,
        account: str,
        *,
        title: str,
        may: tuple[str, ...],
        days: int = 90,
        by: str,
        over_api: bool = False,
    ) -> MadeToken:
        """Make a token by which `account` acts, for the controllers for whom one may make tokens.

        Args:
            account: whose acts they are; what ``[staff]`` of the policies says holds for it, too.
            title: what it is for.
            may: names of scopes or roles; see `habeas.access`.
            days: how long it lives.
            by: who makes it.
            over_api: somebody makes it who is known by a token alone, and so nobody's name but their own is theirs to
                give. On the server it is made by whoever has the ledger and its keys, and could write any act in any
                name without a token.

        Raises:
            BadInput: no such scope, or too long a life.
            NotAllowed: who makes it may make none, or none that may so much.
        """
        allowed = scopes(may)
        if not allowed:
            raise BadInput("scope: say what the token may do.", field="scope")
        if not 1 <= days <= LONGEST:
            raise BadInput(f"days: from 1 to {LONGEST}.", field="days")
        self.demand(Scope.TOKENS)
        now, who = self._now(), words("account", account, 200)
        maker = self.actor(words("by", by, 200))
        reach = self.reach(Scope.TOKENS)
        if over_api:
            reach = self._within_own(reach, allowed) if self.actor(who) == maker else _lent(reach, allowed)
        new = NewToken(
            account=who,
            actor=self.actor(who),
            title=words("title", title, 100),
            scopes=allowed,
            controllers=frozenset(reach),
            created_at=now,
            created_by=maker,
            expires_at=now + timedelta(days=days),
        )
        async with self._ledger.begin() as tx:
            row, text = await tx.add_token(new)
        return MadeToken(token=row, text=text)

    def _within_own(self, reach: list[str], allowed: frozenset[Scope]) -> list[str]:
        """Those controllers for whom this account, by the token that it comes with, may do all of it itself."""
        found = [name for name in reach if all(self.may(scope, name) for scope in allowed)]
        if not found:
            lacks = ", ".join(sorted(one for one in allowed if not any(self.may(one, name) for name in reach)))
            raise NotAllowed(
                "A token of yours may do no more than the one that you come with"
                f"{f'; it lacks {lacks}' if lacks else ''}. Make it on the server with `habeas token create`."
            )
        return found

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


def _lent(reach: list[str], allowed: frozenset[Scope]) -> list[str]:
    if beyond := allowed - LENT:
        raise NotAllowed(
            f"A token for another account than yours may not have {', '.join(sorted(beyond))}: whoever holds it acts "
            "in that account's name. Make it on the server with `habeas token create`."
        )
    return reach
