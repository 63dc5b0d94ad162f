"""A link works once and for its time, and a refused one says why and gives nothing."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from activities.ledger import Artifact, ClaimedLink, Ledger, Link, LinkReason, new_token
from habeas.errors import LinkRefused, UnknownRequest
from tests.ledger.conftest import NOW

TOKEN = new_token()
DAY = timedelta(days=1)


def artifact(request_id: str, **changes: object) -> Artifact:
    facts: dict[str, object] = {
        "id": f"{request_id}-a",
        "request_id": request_id,
        "kind": "package",
        "path": f"requests/{request_id}/package/a",
        "sha256": "0" * 64,
        "size": 3_000_000_000,
        "created_at": NOW,
    }
    return Artifact.model_validate(facts | changes)


def link(request_id: str, link_id: str = "l1", token: SecretStr = TOKEN) -> Link:
    return Link(
        id=link_id,
        request_id=request_id,
        artifact_id=f"{request_id}-a",
        token=token,
        expires_at=NOW + DAY,
        created_at=NOW,
    )


@pytest.fixture
async def linked(ledger: Ledger, opened: str) -> str:
    async with ledger.begin() as tx:
        await tx.save_artifact(artifact(opened))
        for _ in range(2):
            await tx.new_link(link(opened))
    return opened


async def refusal(ledger: Ledger, token: SecretStr = TOKEN, later: timedelta = timedelta()) -> LinkReason:
    async with ledger.begin() as tx:
        with pytest.raises(LinkRefused) as caught:
            await tx.claim_link(token, NOW + later)
    assert token.get_secret_value() not in str(caught.value) + repr(caught.value)
    reason = caught.value.facts["reason"]
    assert isinstance(reason, LinkReason)
    return reason


def test_tokens_are_long_and_never_shown() -> None:
    assert len(TOKEN.get_secret_value()) >= 43
    assert TOKEN.get_secret_value() not in repr(link("HB-0000-0000-0001"))
    with pytest.raises(ValidationError) as caught:
        link("HB-0000-0000-0001", token=SecretStr("short"))
    assert "short" not in str(caught.value)


async def test_a_link_gives_its_artifact_once(ledger: Ledger, linked: str) -> None:
    async with ledger.begin() as tx:
        claimed = await tx.claim_link(TOKEN.get_secret_value(), NOW)
    assert claimed == ClaimedLink(request_id=linked, artifact=artifact(linked), link_id="l1")
    assert await refusal(ledger) is LinkReason.USED
    assert await refusal(ledger, later=2 * DAY) is LinkReason.USED


async def test_of_many_claims_at_once_one_succeeds(ledger: Ledger, linked: str) -> None:
    async def claim() -> object:
        async with ledger.begin() as tx:
            try:
                return (await tx.claim_link(TOKEN, NOW)).link_id
            except LinkRefused as refused:
                return refused.facts["reason"]

    answers = Counter(await asyncio.gather(*(claim() for _ in range(16))))
    assert answers == {"l1": 1, LinkReason.USED: 15}


async def test_unknown_and_late_links_are_refused(ledger: Ledger, linked: str) -> None:
    assert await refusal(ledger, new_token()) is LinkReason.UNKNOWN
    assert await refusal(ledger, later=DAY) is LinkReason.EXPIRED
    async with ledger.begin() as tx:
        await tx.claim_link(TOKEN, NOW + DAY - timedelta(microseconds=1))


async def test_a_broken_transfer_opens_the_link_again_until_one_was_complete(ledger: Ledger, linked: str) -> None:
    async with ledger.begin() as tx:
        await tx.claim_link(TOKEN, NOW)
        for _ in range(2):
            await tx.reopen_link("l1")
        await tx.claim_link(TOKEN, NOW)
        await tx.finish_link("l1", NOW)
        await tx.finish_link("l1", NOW + DAY)
        await tx.reopen_link("l1")
        (row,) = await tx.links(linked)
        assert (row.claimed_at, row.finished_at) == (NOW, NOW)
    assert await refusal(ledger) is LinkReason.USED


async def test_links_are_revoked_but_for_the_one_to_keep(ledger: Ledger, linked: str) -> None:
    other = new_token()
    async with ledger.begin() as tx:
        await tx.new_link(link(linked, "l2", other))
        await tx.revoke_links(linked, NOW, keep="l2")
        assert [row.id for row in await tx.links(linked) if row.revoked_at is None] == ["l2"]
    assert await refusal(ledger) is LinkReason.REVOKED
    async with ledger.begin() as tx:
        await tx.claim_link(other, NOW)
        await tx.revoke_links(linked, NOW + timedelta(days=1))
        assert sorted(row.revoked_at or NOW for row in await tx.links(linked)) == [NOW, NOW]
        assert [row.id for row in await tx.links(linked) if row.revoked_at is None] == ["l2"]


async def test_an_artifact_stays_verified_until_its_bytes_change(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        for each in (artifact(opened), artifact(opened, verified_at=NOW), artifact(opened)):
            await tx.save_artifact(each)
        assert await tx.artifacts(opened) == (artifact(opened, verified_at=NOW),)
        built_again = artifact(opened, sha256="1" * 64, size=1)
        await tx.save_artifact(built_again)
        assert await tx.artifacts(opened) == (built_again,)


async def test_an_artifact_of_no_request_is_refused(ledger: Ledger) -> None:
    async def save() -> None:
        async with ledger.begin() as tx:
            await tx.save_artifact(artifact("HB-0000-0000-0000"))

    with pytest.raises(UnknownRequest):
        await save()
