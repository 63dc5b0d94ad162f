"""Tokens: who may use the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from activities.ledger import TokenRow
from activities.ledger.paging import Order, Turn
from habeas.access import Scope
from workers.api.callers import Caller, may
from workers.api.paging import Page, paged
from workers.api.requests import Once
from workers.office.tokens import LONGEST, MadeToken
from workers.office.typed import Typed

router = APIRouter(prefix="/tokens", tags=["tokens"])

Grants = Annotated[Caller, may(Scope.TOKENS)]


class TokenList(Page[TokenRow]):
    """Tokens without their secrets."""

    ORDER = Order(
        "-created_at",
        created_at={"created_at": datetime, "id": str},
        expires_at={"expires_at": datetime, "id": str},
    )


class NewToken(Typed):
    """A token to be made."""

    account: str = Field(min_length=1, max_length=200, description="Whose acts are done by it.", repr=False)
    title: str = Field(min_length=1, max_length=100)
    scopes: tuple[str, ...] = Field(min_length=1, max_length=20, description="Scopes or roles.")
    days: int = Field(default=90, ge=1, le=LONGEST)


@router.get("")
async def tokens(who: Grants, turn: Annotated[Turn, paged(TokenList.ORDER)]) -> TokenList:
    """List the tokens, the newest first."""
    return TokenList.of(await who.office.tokens(), turn)


@router.post("", status_code=201)
async def make_token(who: Grants, once: Once, asked: NewToken) -> MadeToken:
    """Make one. Its text is in this answer and in no other: lost, make another and end this.

    For your own account it may do at most what the token may that you come with; for another account nothing that
    decides, approves, shows personal data or makes tokens.
    """
    async with once.secret(who, asked):
        return await who.office.make_token(
            asked.account, title=asked.title, may=asked.scopes, days=asked.days, by=who.account, over_api=True
        )


@router.delete("/{token_id}")
async def revoke_token(who: Grants, once: Once, token_id: Annotated[str, Path(max_length=40)]) -> TokenRow:
    """End one now."""
    return await once.kept(who, TokenRow, lambda _: who.office.revoke_token(token_id, by=who.account))
