"""Sessions of staff who signed in to the desk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from habeas.access import Scope
from workers.api.callers import Caller, may
from workers.api.requests import Once
from workers.office.typed import Typed

router = APIRouter(prefix="/sessions", tags=["sessions"])


class SignedOut(Typed):
    """Whose sessions are to end, or have ended."""

    account: str = Field(min_length=1, max_length=200, repr=False)


@router.post("/end")
async def end_sessions(who: Annotated[Caller, may(Scope.TOKENS)], once: Once, asked: SignedOut) -> SignedOut:
    """Sign an account out of the desk, wherever it is signed in. Whether it was is not said."""

    async def do(_: str) -> SignedOut:
        await who.office.end_sessions(asked.account)
        return asked

    return await once.kept(who, SignedOut, do, asked)
