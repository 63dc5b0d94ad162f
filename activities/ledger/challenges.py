"""Identity: one-time codes to an address on record, and attestation by staff."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, assert_never

from pydantic import AwareDatetime, Field, SecretStr
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.at_hand import CHALLENGES, PROOFS, Kept
from activities.ledger.prepared import Prepared
from activities.ledger.room import Room, plain
from activities.ledger.tables import challenge, code_try, proof
from habeas.model import Frozen, RequestId

_ATTESTED = Prepared(
    "INSERT INTO proof (id, request_id, method, how, actor, proven_at)"
    " VALUES (:id, :request_id, 'attested', :how, :actor, :proven_at) ON CONFLICT DO NOTHING"
)
CODE_DIGITS = 8
"""Five tries at eight digits: a guess succeeds once in twenty million."""


def new_code() -> SecretStr:
    """A code as it is sent to the person: eight digits."""
    return SecretStr(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}")


class Challenge(Frozen):
    """A code sent to an address on record. The newest number of a request supersedes the older ones."""

    id: str
    request_id: RequestId
    number: int = Field(ge=1)
    code: SecretStr
    address: str = Field(repr=False)
    created_at: AwareDatetime
    expires_at: AwareDatetime
    tries_left: int = Field(default=5, ge=1)


class ChallengeRow(Frozen):
    """A challenge without its code."""

    id: str
    request_id: RequestId
    number: int
    address: str = Field(repr=False)
    created_at: AwareDatetime
    expires_at: AwareDatetime
    tries_left: int
    used_at: AwareDatetime | None


class CodeResult(StrEnum):
    """Answer of `Challenges.try_code`."""

    PROVEN = "proven"
    WRONG = "wrong"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    NONE = "none"
    """No code is waiting: none was sent, or the newest was used already."""


class Proof(Frozen):
    """How identity was proven."""

    id: str
    request_id: RequestId
    method: Literal["code", "attested"]
    how: str | None = Field(default=None, repr=False)
    """What staff attested, in their words; gone once the request's key is destroyed."""
    actor: str
    proven_at: AwareDatetime


class Challenges(Room):
    """Methods on proofs of identity."""

    async def new_challenge(self, new: Challenge) -> None:
        """Write down a code that is about to be sent; it supersedes those with a smaller number."""
        self._reread(CHALLENGES)
        key = await self.key(new.request_id)
        values = new.model_dump(exclude={"code", "address"})
        values["code"] = key.digest(_code_text(new.id, new.code))
        values["address"] = await self._sealed(new.request_id, _address_name(new.id), new.address)
        await self._run(upsert(challenge).values(values).on_conflict_do_nothing())

    async def challenge(self, request_id: str) -> ChallengeRow | None:
        """The newest challenge, None if no code was ever sent.

        Raises:
            KeyDestroyed: the address is gone with the request's key.
        """
        row = next(iter(await self._once(CHALLENGES, request_id, _newest(request_id))), None)
        if row is None:
            return None
        values = plain(row)
        address = await self._opened(request_id, _address_name(row.id), values.pop("address"))
        del values["code"]
        return ChallengeRow(**values, address=address)

    async def try_code(self, request_id: str, code: str | SecretStr, now: datetime, proof_id: str) -> CodeResult:
        """Try a code against the newest challenge.

        A wrong try costs one of the tries, also when many come at once; a right one uses the code up and writes the
        proof. The same code under the same ``proof_id`` is the same try: it gets the same answer and costs nothing.

        Raises:
            UnknownRequest, KeyDestroyed: as `Room.key`.
        """
        self._reread(CHALLENGES)
        key = await self.key(request_id)
        row = await self._first(_newest(request_id).with_for_update(key_share=True))
        if row is None:
            return CodeResult.NONE
        tried = key.digest(_code_text(row.id, code))
        before = await self._first(
            select(code_try.c.proven).where(
                code_try.c.challenge_id == row.id, code_try.c.proof_id == proof_id, code_try.c.code == tried
            )
        )
        if before is not None:
            return CodeResult.PROVEN if before.proven else CodeResult.WRONG
        result = _judge(row, tried, now)
        match result:
            case CodeResult.NONE | CodeResult.EXPIRED | CodeResult.EXHAUSTED:
                return result
            case CodeResult.WRONG:
                change: dict[str, Any] = {"tries_left": challenge.c.tries_left - 1}
            case CodeResult.PROVEN:
                self._reread(PROOFS)
                change = {"used_at": now}
                await self._run(
                    upsert(proof)
                    .values(
                        id=proof_id,
                        request_id=request_id,
                        method="code",
                        challenge_id=row.id,
                        actor="person",
                        proven_at=now,
                    )
                    .on_conflict_do_nothing()
                )
            case _:
                assert_never(result)
        proven = result is CodeResult.PROVEN
        counted = (
            upsert(code_try).values(challenge_id=row.id, proof_id=proof_id, code=tried, at=now, proven=proven)
        ).cte("counted")
        await self._run(update(challenge).where(challenge.c.id == row.id).values(change).add_cte(counted))
        return result

    async def proof(self, request_id: str, method: Literal["code", "attested"] | None = None) -> Proof | None:
        """The newest proof of identity, of any method or of this one; None if there is none."""
        rows = (row for row in await self._proofs(request_id) if method is None or row.method == method)
        row = next(rows, None)
        if row is None:
            return None
        values = plain(row)
        del values["challenge_id"]
        sealed = values.pop("how")
        how = None if sealed is None else await self._opened(request_id, _how_name(row.id), sealed)
        return Proof(**values, how=how)

    async def proofs(self, request_id: str) -> frozenset[str]:
        """By which methods identity was proven: ``code``, ``attested``, both or none."""
        return frozenset(row.method for row in await self._proofs(request_id))

    async def _proofs(self, request_id: str) -> Sequence[Row[Any] | Kept]:
        """The newest first."""
        newest_first = (
            select(proof).where(proof.c.request_id == request_id).order_by(proof.c.proven_at.desc(), proof.c.id)
        )
        return await self._once(PROOFS, request_id, newest_first)

    async def attest(self, request_id: str, proof_id: str, how: str, actor: str, now: datetime) -> None:
        """Staff say that, and how, they made sure of the identity; the words are sealed."""
        sealed = await self._sealed(request_id, _how_name(proof_id), how)
        self._reread(PROOFS)
        await self._write_later(
            ("proof", proof_id),
            _ATTESTED.of({"id": proof_id, "request_id": request_id, "how": sealed, "actor": actor, "proven_at": now}),
        )


def _newest(request_id: str) -> Any:
    return select(challenge).where(challenge.c.request_id == request_id).order_by(challenge.c.number.desc()).limit(1)


def _judge(row: Row[Any], tried: str, now: datetime) -> CodeResult:
    if row.used_at is not None:
        return CodeResult.NONE
    if row.tries_left <= 0:
        return CodeResult.EXHAUSTED
    if now >= row.expires_at:
        return CodeResult.EXPIRED
    return CodeResult.PROVEN if hmac.compare_digest(tried, row.code) else CodeResult.WRONG


def _code_text(challenge_id: str, code: str | SecretStr) -> str:
    text = code.get_secret_value() if isinstance(code, SecretStr) else code
    typed = re.sub(r"[\s-]", "", text)  # people type it in groups
    return f"code/{challenge_id}/{typed}"


def _address_name(challenge_id: str) -> str:
    return f"~challenge/{challenge_id}"


def _how_name(proof_id: str) -> str:
    return f"~proof/{proof_id}"
