"""What is wrong with the settings is said by name, what is missing in a bucket by permission, and nobody's name."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from activities.connectors import describe_connector, load_connector
from activities.connectors.files import S3Connector
from activities.connectors.files.s3.settings import S3Settings
from habeas.connector import Capability
from habeas.errors import ConfigurationError, Terminal, Transient
from habeas.testing import HttpFaults
from habeas.testing.steps import collected, erased, planned, roots
from tests.connectors.files.people import ANN, COLLECTIONS, TAX_LAW, bucket_settings
from tests.connectors.files.servers import REGION, Server, forbidding
from tests.connectors.files.world import BucketWorld

NOWHERE = Server("http://127.0.0.1:9", "AKIA", "very-secret")
FOLDER = {"path": "/srv/files", "collections": COLLECTIONS}


def settings(**more: Any) -> dict[str, Any]:
    return bucket_settings(NOWHERE, "bucket", NOWHERE.url) | more


def test_they_come_through_the_same_door_as_anyone_s() -> None:
    bucket = load_connector("files", {"connector": "s3", **settings()})
    assert Capability.VETO in bucket.manifest.capabilities
    assert bucket.manifest.needs == ("email",)
    folder = load_connector("files", {"connector": "folder", **FOLDER})
    assert Capability.VETO not in folder.manifest.capabilities


def test_without_credentials_they_can_be_described() -> None:
    written = {key: value for key, value in settings().items() if not key.endswith(("key", "key_id"))}
    described = describe_connector("files", {"connector": "s3", **written})
    assert described.manifest == load_connector("files", {"connector": "s3", **settings()}).manifest
    assert describe_connector("files", {"connector": "folder", **FOLDER}).manifest.title == "Files"


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"pattern": "c/*"}, "its pattern cannot be used: it has no identifier"),
        ({"pattern": "c/{email}", "treatment": "anonymise"}, "nobody can anonymise"),
        ({"pattern": "c/{email}", "anchor": "name"}, "wants {date} or {year}"),
        ({"pattern": "c/{email}", "yields": ["customer"]}, "no placeholder customer"),
        ({"pattern": "c/{year}/{email}", "yields": ["year"]}, "no placeholder year"),
        ({"pattern": "c/{email}", "treatment": "retain"}, "needs a retention"),
        (
            {"pattern": "c/{email}", "treatment": "retain", "retention": TAX_LAW, "after": "anonymise"},
            "nobody can anonymise",
        ),
    ],
)
@pytest.mark.parametrize("connector", ["s3", "folder"])
def test_what_cannot_be_is_refused(connector: str, rule: dict[str, Any], why: str) -> None:
    table = settings() if connector == "s3" else FOLDER
    rules = {"mine": {"category": "support", **rule}}
    with pytest.raises(ConfigurationError, match=rf"mine: .*{why}") as raised:
        load_connector("files", {"connector": connector, **table, "collections": rules})
    assert "very-secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"url": "http://files.example"}, "must be https"),
        ({"url": "https://key:secret@files.example"}, "credentials"),
        ({"secret_access_key": None}, "access_key_id and secret_access_key"),
        ({"credentials": "ambient"}, "access_key_id and secret_access_key"),
        ({"bucket": "../other"}, "bucket"),
        ({"region": "eu.evil.example/"}, "region"),
        ({"shapes": {"email": "("}}, r"shapes\.email"),
        ({"collections": {}}, "collections"),
        ({"phone_region": "Denmark"}, "phone_region"),
    ],
)
def test_a_bucket_is_where_the_settings_say_and_nowhere_else(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as raised:
        S3Connector.from_settings("files", settings(**more))
    assert "very-secret" not in str(raised.value)


def test_numbers_in_names_are_of_the_country_that_the_settings_say() -> None:
    known = [S3Settings.model_validate(settings(**more)) for more in ({}, {"phone_region": "DK"})]
    assert [one.spelling.form("phone", "12 34 56 78") for one in known] == ["12345678", "+4512345678"]


@pytest.mark.parametrize(
    ("bucket", "address"),
    [
        ("files", f"https://files.s3.{REGION}.amazonaws.com/"),
        ("files.example.org", f"https://s3.{REGION}.amazonaws.com/files.example.org/"),
    ],
)
def test_amazons_own_addresses(bucket: str, address: str) -> None:
    assert S3Settings.model_validate(settings(url=None, bucket=bucket)).base_url == address


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    monkeypatch.setitem(sys.modules, "botocore", None)
    with pytest.raises(ConfigurationError, match=r"habeas\[s3\]"):
        S3Connector.from_settings("files", settings())
    assert describe_connector("files", {"connector": "s3", **settings()}).manifest.title == "S3"


class TestCredentialsOfTheMachine:
    """``credentials = "ambient"``."""

    async def test_are_those_of_its_environment(
        self, unversioned: BucketWorld, plain: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", plain.key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", plain.secret)
        connector = unversioned.made(credentials="ambient", access_key_id=None, secret_access_key=None)
        assert len((await connector.locate(unversioned.person)).matches) == 3
        await connector.aclose()

    async def test_that_are_not_there_are_missed(
        self, unversioned: BucketWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        connector = unversioned.made(credentials="ambient", access_key_id=None, secret_access_key=None)
        with pytest.raises(Terminal, match="ambient"):
            await connector.locate(unversioned.person)
        await connector.aclose()


ALL = (
    "s3:ListBucket",  # moto asks for it in the place of s3:GetBucketObjectLockConfiguration, too
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetBucketVersioning",
)


class TestHealth:
    """`ping`."""

    async def _ping(self, world: BucketWorld, allowed: tuple[str, ...], **more: Any) -> str:
        key, secret = world.server.user(allowed)
        connector = world.made(access_key_id=key, secret_access_key=secret, **more)
        assert world.faults is not None
        before, called = world.all(), len(world.faults.calls)
        health = await connector.ping()
        await connector.aclose()
        assert world.all() == before, "nothing was changed by asking"
        assert {call.split()[0] for call in world.faults.calls[called:]} == {"GET"}
        assert health.ok == ("lack" not in health.detail and "keeps versions" not in health.detail)
        return health.detail

    async def test_enough(self, versioned: BucketWorld) -> None:
        detail = await self._ping(versioned, ALL)
        untried = "s3:DeleteObject, s3:DeleteObjectVersion, s3:AbortMultipartUpload"
        assert detail == f"Not tried, as that would change something: {untried}."

    @pytest.mark.parametrize(
        ("asked", "lacking"),
        [
            ("s3:ListBucketVersions", "s3:ListBucketVersions, for names below `customers/`."),
            ("s3:ListBucketMultipartUploads", "s3:ListBucketMultipartUploads, for names below `customers/`."),
            ("s3:ListBucket", "s3:ListBucket, without which"),
            ("s3:ListBucket", "s3:GetBucketObjectLockConfiguration."),
            ("s3:GetObject", "s3:GetObject, for names below `customers/`."),
            ("s3:GetObjectVersion", "s3:GetObjectVersion, for names below `customers/`."),
            ("s3:GetBucketVersioning", "s3:GetBucketVersioning."),
        ],
    )
    async def test_each_permission_is_missed_by_name(self, versioned: BucketWorld, asked: str, lacking: str) -> None:
        detail = await self._ping(versioned, tuple(one for one in ALL if one != asked))
        assert f"The credentials lack {lacking}" in detail

    @pytest.mark.parametrize(
        ("asked", "lacking"),
        [
            ("tagging", "s3:GetObjectVersionTagging"),
            ("retention", "s3:GetObjectRetention"),
            ("legal-hold", "s3:GetObjectLegalHold"),
        ],
    )
    async def test_what_moto_lets_everybody_do_is_missed_too(
        self, versioned: BucketWorld, asked: str, lacking: str
    ) -> None:
        async with forbidding(versioned.server.url, "GET", asked) as url:
            connector = S3Connector.from_settings("files", bucket_settings(versioned.server, versioned.bucket, url))
            detail = (await connector.ping()).detail
            await connector.aclose()
        assert f"The credentials lack {lacking}, for names below" in detail

    async def test_what_is_no_bucket_and_who_is_nobody(self, versioned: BucketWorld, unversioned: BucketWorld) -> None:
        missing = versioned.made(bucket="no-such-bucket")
        assert (await missing.ping()).detail == "There is no such bucket (`bucket`)."
        await missing.aclose()
        for world in (versioned, unversioned):
            async with world.without_access() as nobody:
                assert "does not know the credentials" in (await nobody.ping()).detail

    @pytest.mark.parametrize("status", ["Enabled", "Suspended"])
    async def test_a_bucket_whose_versions_are_forgotten_is_noticed(
        self, amazon: Server, amazon_faults: HttpFaults, status: str
    ) -> None:
        world = BucketWorld(amazon, amazon.bucket(versions=True), amazon_faults)
        amazon.s3.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration={"Status": status})
        detail = await self._ping(world, ALL, versions=False)
        assert "set `versions = true`" in detail
        assert world.all() == {}
        await world.connector.aclose()

    async def test_a_server_without_versions_is_not_taken_for_an_empty_one(self, unversioned: BucketWorld) -> None:
        connector = unversioned.made(versions=True)
        with pytest.raises(Transient, match="not S3's"):
            await connector.locate(unversioned.person)
        assert not (await connector.ping()).ok
        await connector.aclose()


async def test_no_name_gets_into_a_log(versioned: BucketWorld, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where somebody turns every log on: what signs and reads would write names at DEBUG."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("botocore.auth").setLevel(logging.NOTSET)
    plan = await planned(versioned)
    await collected(versioned.connector, await roots(versioned))
    logged = len(caplog.records)
    await versioned.connector.erase(plan, None)
    ours = [one for one in caplog.records[logged:] if not one.name.startswith(("botocore", "urllib3"))]
    assert not [one for one in ours if ANN in one.getMessage() or "%40" in one.getMessage()]
    signed = [one for one in caplog.records[logged:] if one.name == "botocore.auth"]
    assert not signed
    await erased(versioned, plan)
