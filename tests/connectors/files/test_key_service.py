"""Master keys that a key management service seals, on moto: the file alone opens nothing; rotation of both keys."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from activities.key_file import add_key, keys_in, seal_keys
from activities.key_service import AwsKms, key_service
from activities.vault import Vault, WrappedKey
from habeas.errors import BadInput, ConfigurationError, KeysUnavailable
from tests.connectors.files.servers import REGION, Server


@pytest.fixture
def kms(amazon: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the service; ours finds it by AWS's own variables."""
    as_user(amazon, monkeypatch, "kms:*")
    return Session().create_client("kms", region_name=REGION, endpoint_url=amazon.url)


def as_user(amazon: Server, monkeypatch: pytest.MonkeyPatch, *allowed: str) -> None:
    """From now on this machine is somebody who may do this."""
    key, secret = amazon.user(allowed)
    for name, value in {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": amazon.url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
    }.items():
        monkeypatch.setenv(name, value)


def made(kms: Any) -> AwsKms:
    return AwsKms(kms.create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "master.keys"
    Vault.create_file(path)
    path.write_text(f"# ours\n{path.read_text()}")
    return path


def wrapped(vault: Vault) -> tuple[WrappedKey, str]:
    key, opened = vault.new_key("HB-7K2M-X4QT-90AB")
    return key, opened.digest("x")


def test_a_key_is_sealed_for_its_id_only_and_by_its_service_only(kms: Any) -> None:
    service, other, key = made(kms), made(kms), secrets.token_bytes(32)
    sealed = service.seal("m1", key)
    assert key not in sealed
    assert service.open("m1", sealed) == key
    for whose, key_id, content in ((service, "m2", sealed), (other, "m1", sealed), (service, "m1", sealed[:-1] + b"x")):
        with pytest.raises(ConfigurationError) as refused:
            whose.open(key_id, content)
        assert key.hex() not in str(refused.value)
    with pytest.raises(ConfigurationError, match="NotFound"):
        AwsKms("alias/none-such").seal("m1", key)


def test_the_file_alone_opens_nothing_and_all_that_was_wrapped_opens_as_before(kms: Any, file: Path) -> None:
    before = Vault.from_file(file)
    key, digest = wrapped(before)
    service = made(kms)
    with pytest.raises(ConfigurationError, match="in the clear"):
        Vault.from_file(file, service)
    (row,) = seal_keys(file, None, service)
    assert (row.id, row.sealed, row.active) == (before.active_key_id, True, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("# ours\n")
    with pytest.raises(ConfigurationError, match="sealed"):
        Vault.from_file(file)
    after = Vault.from_file(file, service)
    assert after.unwrap(key).digest("x") == digest
    assert after.fingerprint("p", "t") == before.fingerprint("p", "t")
    assert after.evidence_keys() == before.evidence_keys()


def test_both_keys_are_rotated(kms: Any, file: Path) -> None:
    first, second = made(kms), made(kms)
    seal_keys(file, None, first)
    old = Vault.from_file(file, first)
    key, digest = wrapped(old)
    # The master key: a new one wraps what is new, the old one opens what it wrapped.
    added = add_key(file, first, "next")
    rotated = Vault.from_file(file, first)
    assert (added.id, rotated.active_key_id) == ("next", "next")
    newer, newer_digest = wrapped(rotated)
    assert newer.master_key_id == "next"
    assert rotated.fingerprint("p", "t") == old.fingerprint("p", "t"), "people are known as before"
    with pytest.raises(BadInput):
        add_key(file, first, "next")
    # The service's key: every master key is sealed anew, and is the same.
    assert [row.active for row in seal_keys(file, first, second)] == [False, True]
    with pytest.raises(ConfigurationError, match="refuses"):
        Vault.from_file(file, first)
    last = Vault.from_file(file, second)
    assert (last.unwrap(key).digest("x"), last.unwrap(newer).digest("x")) == (digest, newer_digest)


def test_a_service_that_refuses_or_is_away_changes_nothing(
    kms: Any, amazon: Server, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = made(kms)
    seal_keys(file, None, service)
    kept = file.read_text()
    with pytest.raises(ConfigurationError):
        seal_keys(file, made(kms), service)
    as_user(amazon, monkeypatch, "kms:Decrypt")
    assert Vault.from_file(file, AwsKms(service._key)), "whoever runs it need only open"
    with pytest.raises(ConfigurationError, match="refuses"):
        add_key(file, AwsKms(service._key))
    as_user(amazon, monkeypatch, "s3:*")
    with pytest.raises(ConfigurationError, match="refuses"):
        Vault.from_file(file, AwsKms(service._key))
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:1")
    monkeypatch.setattr("activities.key_service.time.sleep", lambda _: None)
    away = AwsKms("k")
    for act in (lambda: add_key(file, away), lambda: Vault.from_file(file, away)):
        with pytest.raises(KeysUnavailable):
            act()
    assert file.read_text() == kept
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    assert [row.sealed for row in keys_in(file)] == [True]


@pytest.mark.parametrize("setting", ["aws-kms:", "vault:x", ""])
def test_there_is_no_such_service(setting: str) -> None:
    with pytest.raises(ConfigurationError, match=r"keys\.kms"):
        key_service(setting)
    assert key_service(None) is None
