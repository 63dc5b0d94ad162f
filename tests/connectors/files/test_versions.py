"""A bucket forgets nothing by itself: versions, delete markers, uploads that broke off, locks, missing rights."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime

import pytest

from activities.connectors.files import S3Connector
from activities.connectors.files.s3.settings import S3Settings
from activities.connectors.files.s3.store import S3Store
from activities.connectors.files.store import Obstacle
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import Terminal
from habeas.outcomes import Done, Drifted, Fate
from habeas.testing.steps import carried_out, erased, erasure, looked_at, planned, roots
from tests.connectors.files.people import ANN, bucket_settings
from tests.connectors.files.servers import Server, forbidding
from tests.connectors.files.world import BucketWorld

EXPORT = f"exports/{ANN}.zip"


def left(world: BucketWorld, name: str) -> list[str]:
    return [place for place in world.all() if place.startswith(f"{name}?")]


def told(outcomes: tuple[object, ...]) -> set[tuple[str, str | None]]:
    return {(one.fate.value, one.reason) for one in outcomes}  # type: ignore[attr-defined]


async def test_older_versions_markers_and_uploads_are_theirs_too(versioned: BucketWorld) -> None:
    plan = await planned(versioned)
    places = {one.key for one in plan.objects}
    for name, count in ((EXPORT, 2), (f"customers/{ANN}/gone.txt", 1), (f"customers/{ANN}/half.bin", 1)):
        assert sum(name in place for place in places) == count, name
    await erased(versioned, plan)
    kept = {one.key for one in plan.objects if one.treatment is Treatment.RETAIN}
    assert len(kept) == 1
    assert [place for place in await _theirs(versioned) if "invoices/2025" not in place] == []


async def test_a_name_of_which_only_a_marker_is_left_goes(versioned: BucketWorld) -> None:
    await erased(versioned, await planned(versioned))
    name = f"customers/{ANN}/gone-for-good.txt"
    versioned.put(name, b"x")
    version = versioned.s3.head_object(Bucket=versioned.bucket, Key=name)["VersionId"]
    versioned.delete(name)
    versioned.s3.delete_object(Bucket=versioned.bucket, Key=name, VersionId=version)
    assert len(left(versioned, name)) == 1
    plan = await planned(versioned)
    assert [one.collection for one in plan.objects] == ["invoices", "uploads"]
    await erased(versioned, plan)
    assert left(versioned, name) == []


async def test_a_second_look_finds_what_a_plain_delete_leaves(versioned: BucketWorld) -> None:
    plan = await planned(versioned)
    for name in {place.split("?")[0] for place in await _theirs(versioned)}:
        versioned.delete(name)
    seen = {one.fate for one in await looked_at(versioned, plan) if one.collection == "exports"}
    assert seen == {Fate.FAILED}
    await erased(versioned, plan)
    assert left(versioned, EXPORT) == []


async def test_a_version_that_came_meanwhile_is_not_erased_blindly(versioned: BucketWorld) -> None:
    plan = await planned(versioned)
    versioned.put(EXPORT, b"newer")
    answer = await erasure(versioned, plan)
    assert isinstance(answer, Drifted)
    assert (answer.changed, answer.appeared) == (2, 1)
    assert len(left(versioned, EXPORT)) == 3


async def test_a_file_without_versions_that_was_written_meanwhile_stays(amazon: Server) -> None:
    bucket = amazon.bucket()
    store = S3Store("files", S3Settings.model_validate(bucket_settings(amazon, bucket, amazon.url)))
    amazon.s3.put_object(Bucket=bucket, Key=EXPORT, Body=b"first")
    (before,) = [one async for one in store.at(EXPORT)]
    amazon.s3.put_object(Bucket=bucket, Key=EXPORT, Body=b"second")
    assert await store.delete(before, ()) == Obstacle("drifted")
    (now,) = [one async for one in store.at(EXPORT)]
    assert await store.delete(now, ()) is None
    assert [one async for one in store.at(EXPORT)] == []
    await store.aclose()


async def test_a_locked_version_stays_until_its_day_and_says_so(versioned: BucketWorld) -> None:
    newest = versioned.s3.head_object(Bucket=versioned.bucket, Key=EXPORT)["VersionId"]
    versioned.s3.put_object_retention(
        Bucket=versioned.bucket,
        Key=EXPORT,
        VersionId=newest,
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": datetime(2099, 5, 1, tzinfo=UTC)},
    )
    plan = await planned(versioned)
    for said in (await carried_out(versioned, plan), await looked_at(versioned, plan)):
        (blocked,) = [one for one in said if one.fate is Fate.BLOCKED]
        assert (blocked.reason, blocked.until) == ("object_lock", date(2099, 5, 1))
    assert left(versioned, EXPORT) == [f"{EXPORT}?{newest}"], "and it was not hidden behind a marker"


async def test_a_legal_hold_is_a_veto_and_blocks(versioned: BucketWorld) -> None:
    await versioned.stand_in_the_way()
    plan = await planned(versioned)
    assert isinstance(versioned.connector, S3Connector)
    (veto,) = await versioned.connector.vetoes(plan)
    assert (veto.collection, veto.reason) == ("exports", "legal_hold")
    assert told(await carried_out(versioned, plan)) >= {("blocked", "legal_hold"), ("erased", None)}
    versioned.s3.put_object_legal_hold(Bucket=versioned.bucket, Key=EXPORT, LegalHold={"Status": "OFF"})
    assert told(await erased(versioned, plan)) == {("erased", None), ("retained", None)}
    assert left(versioned, EXPORT) == []


async def test_an_older_version_that_stays_does_not_come_back_into_use(versioned: BucketWorld) -> None:
    plan = await planned(versioned)
    newest = versioned.s3.head_object(Bucket=versioned.bucket, Key=EXPORT)["VersionId"]
    kept = tuple(
        one.model_copy(update={"treatment": Treatment.RETAIN, "law": "a hold"})
        if EXPORT in one.key and newest not in one.key
        else one
        for one in plan.objects
    )
    held = plan.model_copy(update={"objects": kept})
    for _ in range(2):  # a second run changes nothing
        await erased(versioned, held)
        assert len(left(versioned, EXPORT)) == 2, "the version that stays, and the marker before it"
    with pytest.raises(Exception, match=r"404|NoSuchKey"):
        versioned.s3.get_object(Bucket=versioned.bucket, Key=EXPORT)
    over = tuple(one.model_copy(update={"treatment": Treatment.DELETE}) for one in kept if one.law == "a hold")
    await erased(versioned, held.model_copy(update={"objects": over, "roots": (), "identifiers": ()}))
    assert left(versioned, EXPORT) == []


async def test_where_versions_are_suspended_none_is_lost_or_left(amazon: Server, versioned: BucketWorld) -> None:
    bucket = amazon.bucket(versions=True)
    world = BucketWorld(amazon, bucket, versioned.faults or pytest.fail("no proxy"))
    world.put(EXPORT, b"with versions")
    world.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    plan = await planned(world)
    assert [one.collection for one in plan.objects] == ["exports"]
    await erased(world, plan)
    assert world.all() == {}
    await world.connector.aclose()


async def test_what_an_end_of_a_retention_names_goes_though_newer_versions_are_there(versioned: BucketWorld) -> None:
    plan = await planned(versioned)
    old = next(one for one in plan.objects if one.collection == "invoices" and one.treatment is Treatment.RETAIN)
    name = f"invoices/2025/{ANN}-000123.pdf"
    versioned.put(name, b"%PDF-1.7 corrected")
    due = plan.model_copy(
        update={
            "objects": (old.model_copy(update={"treatment": Treatment.DELETE}),),
            "roots": (),
            "identifiers": (),
        }
    )
    assert told(await erased(versioned, due)) == {("erased", None)}
    assert len(left(versioned, name)) == 1


ENABLED = (
    b"<?xml version='1.0'?><VersioningConfiguration xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
    b"<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
)


def with_second_factor(upstream: str) -> AbstractAsyncContextManager[str]:
    """MFA delete before a server that lacks it: no version goes without a second factor, as Amazon documents.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
    """
    return forbidding(upstream, "DELETE", "versionId", answers={"versioning": ENABLED})


class TestVersionsThatTheSettingsLookPast:
    """``versions = false`` on a bucket that keeps them: what is deleted there stays, so it is not called erased."""

    @pytest.mark.parametrize("status", ["Enabled", "Suspended"])
    async def test_nothing_is_found_or_erased_and_why_is_said(self, versioned: BucketWorld, status: str) -> None:
        if status == "Suspended":  # which a bucket with locks cannot be
            bucket = versioned.server.bucket(versions=True)
            versioned.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        else:
            bucket = versioned.bucket
        plan, before = await planned(versioned), versioned.all()
        blind = versioned.made(bucket=bucket, versions=False)
        found = await roots(versioned)
        for call in (blind.locate(versioned.person), blind.erase(plan, None), blind.confirm(plan, None)):
            with pytest.raises(Terminal, match="keeps versions"):
                await call
        with pytest.raises(Terminal, match="keeps versions"):
            await anext(blind.collect(found, None))
        await blind.aclose()
        assert versioned.all() == before

    async def test_that_begin_during_the_erasure_are_told_by_the_deletion(self, amazon: Server) -> None:
        bucket = amazon.bucket()
        settings = bucket_settings(amazon, bucket, amazon.url, versions=False)
        store = S3Store("files", S3Settings.model_validate(settings))
        amazon.s3.put_object(Bucket=bucket, Key=EXPORT, Body=b"first")
        await store.ready(())
        (before,) = [one async for one in store.at(EXPORT)]
        amazon.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        with pytest.raises(Terminal, match="keeps versions"):
            await store.delete(before, ())
        await store.aclose()

    async def test_whether_there_are_any_must_be_known(self, versioned: BucketWorld) -> None:
        async with forbidding(versioned.server.url, "GET", "versioning") as url:
            settings = bucket_settings(versioned.server, versioned.server.bucket(), url, versions=False)
            blind = S3Connector.from_settings("files", settings)
            with pytest.raises(Terminal, match="s3:GetBucketVersioning"):
                await blind.locate(versioned.person)
            await blind.aclose()


async def test_where_a_second_factor_is_needed_nothing_goes_and_that_is_said(versioned: BucketWorld) -> None:
    async with with_second_factor(versioned.server.url) as url:
        connector = S3Connector.from_settings("files", bucket_settings(versioned.server, versioned.bucket, url))
        plan = await planned(versioned)
        before = versioned.all()
        answer = await connector.erase(_only(plan, "customers", "Ann-Arla"), None)
        assert isinstance(answer, Done)
        assert told(answer.result) == {("blocked", "mfa_delete")}
        assert versioned.all() == before
        health = await connector.ping()
        await connector.aclose()
    assert not health.ok
    assert "second factor" in health.detail


async def test_what_a_bucket_forbids_without_a_reason_is_a_missing_right(
    versioned: BucketWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: S3Store) -> None:
        return None

    monkeypatch.setattr(S3Store, "_refusal", nothing)
    async with with_second_factor(versioned.server.url) as url:
        connector = S3Connector.from_settings("files", bucket_settings(versioned.server, versioned.bucket, url))
        with pytest.raises(Terminal, match="s3:DeleteObjectVersion") as raised:
            await connector.erase(_only(await planned(versioned), "customers", "Ann-Arla"), None)
        await connector.aclose()
    assert ANN not in str(raised.value)


def _only(plan: SystemPlan, *words: str) -> SystemPlan:
    chosen: tuple[PlannedObject, ...] = tuple(one for one in plan.objects if all(word in one.key for word in words))
    return plan.model_copy(update={"objects": chosen, "roots": ()})


async def _theirs(world: BucketWorld) -> list[str]:
    return [place for place in world.all() if ANN in place]
