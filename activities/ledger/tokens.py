"""Tokens of the API: kept as a digest, tied to an account, to scopes and to a day on which they end."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, Row, func, select, true, update
from sqlalchemy.dialects.postgresql import insert

from activities.ledger.access_tables import api_token
from activities.ledger.room import Room, context
from habeas.access import Scope
from habeas.errors import BadInput
from habeas.model import Frozen

_FORM = re.compile(r"hbt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class TokenRow(Frozen):
    """A token without its secret and without the account's name."""

    id: str
    actor: str
    title: str
    scopes: tuple[Scope, ...]
    controllers: tuple[str, ...]
    created_at: AwareDatetime
    created_by: str
    expires_at: AwareDatetime
    used_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class NewToken(Frozen):
    """A token to be made."""

    account: str = Field(repr=False)
    """Whose acts are done by it."""
    actor: str
    title: str
    scopes: frozenset[Scope]
    controllers: frozenset[str]
    created_at: AwareDatetime
    created_by: str
    expires_at: AwareDatetime


class Bearer(NamedTuple):
    """Who comes with a token, and what they may do."""

    token_id: str
    account: str
    scopes: frozenset[Scope]
    controllers: frozenset[str]


class Tokens(Room):
    """Methods on tokens of the API."""

    async def add_token(self, new: NewToken) -> tuple[TokenRow, str]:
        """Make one; the text is returned this once and never again."""
        token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = await self._first(
            insert(api_token)
            .values(
                id=token_id,
                secret_sha256=_digest(secret),
                account=self._vault.house_key().seal(new.account.encode(), context("", _name(token_id))),
                actor=new.actor,
                title=new.title,
                scopes=sorted(new.scopes),
                controllers=sorted(new.controllers),
                master_key_id=self._vault.active_key_id,
                created_at=new.created_at,
                created_by=new.created_by,
                expires_at=new.expires_at,
            )
            .returning(api_token)
        )
        if row is None:
            raise AssertionError("INSERT ... RETURNING gives the row")
        return _token(row), f"hbt_{token_id}_{secret}"

    async def bearer(self, text: str, now: datetime) -> Bearer | None:
        """Who comes with this token; None if it is not one, or its time is over."""
        form = _FORM.fullmatch(text)
        row = await self._first(select(api_token).where(api_token.c.id == form[1])) if form else None
        # The same work for a token that there is not, so that the time taken says nothing of ids.
        known = row.secret_sha256 if row is not None else bytes(32)
        right = hmac.compare_digest(_digest(form[2] if form else text), known)
        if not right or row is None or row.account is None or row.revoked_at is not None or row.expires_at <= now:
            return None
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if row.used_at is None or row.used_at < day:
            await self._run(update(api_token).where(api_token.c.id == row.id).values(used_at=day))
        house = self._vault.house_key(row.master_key_id)
        account = house.open(row.account, context("", _name(row.id))).decode()
        return Bearer(row.id, account, frozenset(map(Scope, row.scopes)), frozenset(row.controllers))

    async def tokens(self) -> tuple[TokenRow, ...]:
        """Tokens that reach nobody else's requests, the newest first."""
        rows = await self._all(
            select(api_token).where(self._reach()).order_by(api_token.c.created_at.desc(), api_token.c.id)
        )
        return tuple(_token(row) for row in rows)

    async def revoke_token(self, token_id: str, at: datetime, actor: str) -> TokenRow:
        """End a token now; the account's name goes with it. The first time said stays.

        Raises:
            BadInput: there is no such token.
        """
        row = await self._first(
            update(api_token)
            .where(api_token.c.id == token_id, self._reach())
            .values(
                revoked_at=func.coalesce(api_token.c.revoked_at, at),
                revoked_by=func.coalesce(api_token.c.revoked_by, actor),
                account=None,
            )
            .returning(api_token)
        )
        if row is None:
            raise BadInput("There is no such token; see `habeas token list`.", field="token")
        return _token(row)

    def _reach(self) -> ColumnElement[bool]:
        if self._controllers is None:
            return true()
        reach: ColumnElement[bool] = api_token.c.controllers.contained_by(sorted(self._controllers))
        return reach


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _token(row: Row[Any]) -> TokenRow:
    return TokenRow(**{name: getattr(row, name) for name in TokenRow.model_fields})


def _name(token_id: str) -> str:
    return f"~token/{token_id}"
