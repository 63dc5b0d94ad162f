"""A code proves an identity once; guessing is bounded, however many guess at once."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr

from activities.ledger import Challenge, CodeResult, Ledger, new_code
from habeas.errors import UnknownRequest
from tests.ledger.conftest import NOW

CODE = "12345678"
LATER = NOW + timedelta(minutes=1)


def challenge(request_id: str, number: int = 1, code: str = CODE, **changes: object) -> Challenge:
    return Challenge.model_validate(
        {
            "id": f"{request_id}-{number}",
            "request_id": request_id,
            "number": number,
            "code": code,
            "address": "ada@example.org",
            "created_at": NOW,
            "expires_at": NOW + timedelta(days=2),
            "tries_left": 3,
        }
        | changes
    )


async def tried(ledger: Ledger, request_id: str, code: str, proof_id: str) -> CodeResult:
    async with ledger.begin() as tx:
        return await tx.try_code(request_id, code, LATER, proof_id)


async def tries_left(ledger: Ledger, request_id: str) -> int:
    async with ledger.begin() as tx:
        row = await tx.challenge(request_id)
    assert row is not None
    return row.tries_left


def test_codes_are_eight_digits_and_never_shown() -> None:
    codes = {new_code().get_secret_value() for _ in range(50)}
    assert len(codes) > 45
    assert all(len(code) == 8 and code.isdecimal() for code in codes)
    shown = repr(challenge("HB-0000-0000-0001"))
    assert CODE not in shown
    assert "ada" not in shown


@pytest.mark.parametrize("typed", [CODE, "1234 5678", " 1234-5678 "])
async def test_the_right_code_proves(ledger: Ledger, opened: str, typed: str) -> None:
    async with ledger.begin() as tx:
        for _ in range(2):
            await tx.new_challenge(challenge(opened))
        assert await tx.proof(opened) is None
    for _ in range(2):  # the same try again gets the same answer
        assert await tried(ledger, opened, typed, "p1") is CodeResult.PROVEN
    async with ledger.begin() as tx:
        proof = await tx.proof(opened)
        row = await tx.challenge(opened)
    assert proof is not None
    assert (proof.id, proof.method, proof.how, proof.proven_at) == ("p1", "code", None, LATER)
    assert row is not None
    assert (row.used_at, row.address, row.tries_left) == (LATER, "ada@example.org", 3)


async def test_a_code_is_used_once(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened))
    assert await tried(ledger, opened, CODE, "p1") is CodeResult.PROVEN
    assert await tried(ledger, opened, CODE, "p2") is CodeResult.NONE
    async with ledger.begin() as tx:
        proof = await tx.proof(opened)
    assert proof is not None
    assert proof.id == "p1"


async def test_wrong_codes_cost_tries_and_the_same_try_only_one(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened))
    for _ in range(3):
        assert await tried(ledger, opened, "00000000", "p1") is CodeResult.WRONG
    assert await tries_left(ledger, opened) == 2
    assert await tried(ledger, opened, "00000001", "p1") is CodeResult.WRONG
    assert await tried(ledger, opened, "", "p2") is CodeResult.WRONG
    assert await tries_left(ledger, opened) == 0
    assert await tried(ledger, opened, CODE, "p3") is CodeResult.EXHAUSTED
    async with ledger.begin() as tx:
        assert await tx.proof(opened) is None


async def test_of_many_guesses_at_once_only_as_many_count_as_there_are_tries(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened))
    answers = Counter(
        await asyncio.gather(*(tried(ledger, opened, f"{number:08}", f"p{number}") for number in range(12)))
    )
    assert answers == {CodeResult.WRONG: 3, CodeResult.EXHAUSTED: 9}
    assert await tries_left(ledger, opened) == 0


async def test_of_many_right_tries_at_once_one_proves(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened))
    answers = Counter(await asyncio.gather(*(tried(ledger, opened, CODE, f"p{number}") for number in range(8))))
    assert answers == {CodeResult.PROVEN: 1, CodeResult.NONE: 7}


async def test_one_try_that_comes_many_times_at_once_is_one(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened))
    answers = Counter(await asyncio.gather(*(tried(ledger, opened, "99999999", "p") for _ in range(8))))
    assert answers == {CodeResult.WRONG: 8}
    assert await tries_left(ledger, opened) == 2


async def test_a_late_code_is_expired(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        assert await tx.try_code(opened, CODE, LATER, "p0") is CodeResult.NONE
        await tx.new_challenge(challenge(opened, expires_at=LATER))
        assert await tx.try_code(opened, CODE, LATER, "p1") is CodeResult.EXPIRED
        assert await tx.try_code(opened, CODE, LATER - timedelta(seconds=1), "p1") is CodeResult.PROVEN


async def test_a_newer_code_supersedes_the_older(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened, 2, "22222222"))
        await tx.new_challenge(challenge(opened, 1))  # told late
    assert await tried(ledger, opened, CODE, "p1") is CodeResult.WRONG
    assert await tried(ledger, opened, "22222222", "p2") is CodeResult.PROVEN


async def test_a_code_of_another_request_is_wrong(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.new_challenge(challenge(opened))
        assert await tx.try_code(opened, SecretStr(CODE), NOW, "p") is CodeResult.PROVEN
        with pytest.raises(UnknownRequest):
            await tx.try_code("HB-0000-0000-0000", CODE, NOW, "p")


async def test_staff_attest(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        for how in ("saw the passport", "said twice"):
            await tx.attest(opened, "a1", how, "staff-1", NOW)
    async with ledger.begin() as tx:
        proof = await tx.proof(opened)
    assert proof is not None
    assert (proof.id, proof.method, proof.how, proof.actor) == ("a1", "attested", "saw the passport", "staff-1")
    assert "passport" not in repr(proof)
