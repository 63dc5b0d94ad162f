"""Sealed is sealed: any change, cut or swap is found, and keys show themselves nowhere."""

import base64
import os
import pickle
import secrets
import stat
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.vault import RequestKey, Vault, WrappedKey
from habeas.errors import ConfigurationError, SealBroken

SEGMENT = 16
KEY = RequestKey(b"k" * 32)
CONTEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def encrypted(data: bytes, context: str = "c", chunk: int = 7, segment: int = SEGMENT) -> bytes:
    return b"".join([part async for part in KEY.encrypt(chunks(data, chunk), context, segment=segment)])


async def decrypted(data: bytes, context: str = "c", chunk: int = 11, key: RequestKey = KEY) -> bytes:
    return b"".join([part async for part in key.decrypt(chunks(data, chunk), context)])


@given(st.binary(max_size=200), CONTEXTS)
def test_sealed_opens_with_its_context(text: bytes, context: str) -> None:
    assert KEY.open(KEY.seal(text, context), context) == text


@given(st.binary(max_size=60), st.data())
def test_any_flipped_bit_or_cut_of_a_sealed_value_is_found(text: bytes, data: st.DataObject) -> None:
    sealed = KEY.seal(text, "a/b")
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    flipped = bytearray(sealed)
    flipped[bit // 8] ^= 1 << bit % 8
    for broken in (bytes(flipped), sealed[: bit // 8], sealed + b"\0"):
        with pytest.raises(SealBroken):
            KEY.open(broken, "a/b")


def test_sealed_does_not_open_elsewhere() -> None:
    sealed = KEY.seal(b"text", "HB-1/subject")
    with pytest.raises(SealBroken):
        KEY.open(sealed, "HB-2/subject")
    with pytest.raises(SealBroken):
        RequestKey(b"l" * 32).open(sealed, "HB-1/subject")
    assert KEY.seal(b"text", "c") != KEY.seal(b"text", "c")


@pytest.mark.parametrize("around", [0, 1, 2, 5])
@pytest.mark.parametrize("off", [-1, 0, 1])
@pytest.mark.parametrize("chunk", [1, SEGMENT, 1000])
async def test_streams_of_all_sizes_around_segments_come_back(around: int, off: int, chunk: int) -> None:
    data = secrets.token_bytes(max(0, around * SEGMENT + off))
    assert await decrypted(await encrypted(data, chunk=chunk), chunk=chunk) == data


@given(st.binary(max_size=100), CONTEXTS, st.integers(1, 200), st.integers(1, 200))
async def test_a_stream_comes_back_however_it_is_cut_into_chunks(text: bytes, name: str, one: int, two: int) -> None:
    assert await decrypted(await encrypted(text, name, one), name, two) == text


@given(st.binary(max_size=80), st.data())
async def test_any_flipped_bit_of_a_stream_is_found(text: bytes, data: st.DataObject) -> None:
    stream = bytearray(await encrypted(text))
    bit = data.draw(st.integers(0, len(stream) * 8 - 1))
    stream[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        await decrypted(bytes(stream))


@given(st.binary(max_size=80))
async def test_a_stream_that_ends_early_or_late_is_found_wherever_it_does(text: bytes) -> None:
    stream = await encrypted(text)
    for end in range(len(stream)):
        with pytest.raises(SealBroken):
            await decrypted(stream[:end])
    for more in (b"\0", stream, stream[-SEGMENT:]):
        with pytest.raises(SealBroken):
            await decrypted(stream + more)


@given(st.integers(2, 6), st.data())
async def test_segments_that_change_places_are_found(count: int, data: st.DataObject) -> None:
    stream = await encrypted(secrets.token_bytes(count * SEGMENT))
    whole = SEGMENT + 16
    header, body = stream[: -count * whole], stream[-count * whole :]
    parts = [body[start : start + whole] for start in range(0, len(body), whole)]
    order = data.draw(st.lists(st.sampled_from(range(count)), min_size=1, max_size=count + 1))
    if order == list(range(count)):
        order = order[::-1]
    with pytest.raises(SealBroken):
        await decrypted(header + b"".join(parts[place] for place in order))


async def test_a_stream_is_bound_to_its_context_key_and_beginning() -> None:
    one, two = await encrypted(b"x" * 40), await encrypted(b"x" * 40)
    with pytest.raises(SealBroken):
        await decrypted(one, "other")
    with pytest.raises(SealBroken):
        await decrypted(one, key=RequestKey(b"l" * 32))
    with pytest.raises(SealBroken):
        await decrypted(one[:37] + two[37:])
    with pytest.raises(SealBroken):
        await decrypted(b"")


async def test_long_streams_take_little_memory() -> None:
    async def long() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(1024 * 1024)

    tracemalloc.start()
    try:
        size = 0
        async for part in KEY.decrypt(KEY.encrypt(long(), "c"), "c"):
            size += len(part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 64 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize("segment", [0, 8, 100, 2**21])
def test_segments_have_a_sensible_size(segment: int) -> None:
    with pytest.raises(ValueError, match="segment"):
        KEY.encrypt(chunks(b"", 1), "c", segment=segment)


def make(*names: str) -> Vault:
    return Vault([(name, name.encode().ljust(32, b".")) for name in names])


def test_a_request_key_opens_under_any_known_master_key() -> None:
    wrapped, key = make("m1").new_key("HB-1")
    again = make("m1", "m2").unwrap(wrapped)
    assert again.open(key.seal(b"text", "c"), "c") == b"text"
    assert make("m1", "m2").new_key("HB-1")[0].master_key_id == "m2"


def test_a_wrapped_key_is_bound_to_its_request_and_master_key() -> None:
    vault = make("m1", "m2")
    wrapped, _ = vault.new_key("HB-1")
    for broken in (
        WrappedKey("HB-2", wrapped.master_key_id, wrapped.wrapped),
        WrappedKey("HB-1", "m1", wrapped.wrapped),
        WrappedKey("HB-1", "m2", wrapped.wrapped[:-1]),
        WrappedKey("HB-1", "m2", b""),
    ):
        with pytest.raises(SealBroken):
            vault.unwrap(broken)
    with pytest.raises(ConfigurationError, match="'m9'"):
        vault.unwrap(WrappedKey("HB-1", "m9", wrapped.wrapped))


def test_fingerprints_stay_when_a_master_key_is_added_and_differ_by_purpose() -> None:
    before, after = make("m1"), make("m1", "m2")
    assert before.fingerprint("p", "text") == after.fingerprint("p", "text")
    assert before.fingerprint("p", "text") != before.fingerprint("q", "text")
    assert before.fingerprint("p", "text") != make("m2").fingerprint("p", "text")


def test_digests_are_of_one_request_only() -> None:
    assert KEY.digest("text") == KEY.digest("text") != RequestKey(b"l" * 32).digest("text")


def test_keys_show_themselves_nowhere() -> None:
    secret = b"0123456789abcdef" * 2
    vault, key = Vault([("m1", secret)]), RequestKey(secret)
    wrapped, _ = vault.new_key("HB-1")
    shown = f"{vault!r} {key!r} {wrapped!r} {vault} {key}"
    assert "0123456789" not in shown
    assert str(wrapped.wrapped)[2:10] not in shown
    for thing in (vault, key):
        with pytest.raises(TypeError):
            pickle.dumps(thing)
        assert not hasattr(thing, "__dict__")


def line(name: str, key: bytes = b"k" * 32) -> str:
    return f"{name}:{base64.b64encode(key).decode()}"


def key_file(folder: Path, lines: Iterable[str], mode: int = 0o600) -> Path:
    path = folder / "master.keys"
    path.write_text("\n".join(lines))
    path.chmod(mode)
    return path


def test_a_key_file_names_its_keys_oldest_first(tmp_path: Path) -> None:
    path = key_file(tmp_path, ["# since 2026", line("old"), "", line("new", b"n" * 32), ""])
    assert Vault.from_file(path).active_key_id == "new"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError, match="chmod 600"):
        Vault.from_file(key_file(tmp_path, [line("m1")], mode))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "holds no key"),
        ([line("m1"), "secretsecret"], "line 2: write key-id:base64"),
        ([line("m1"), line("m2", b"short")], "line 2: the key is not 32 bytes"),
        (["m1:!!secret!!"], "line 1: the key is not 32 bytes"),
        ([line("m1"), line("m1")], "line 2: this key id is there twice"),
        ([line("bad id")], "line 1: write key-id:base64"),
        (["m1:sécret"], "line 1: the key is not"),
    ],
)
def test_a_malformed_key_file_is_named_by_its_line_and_not_quoted(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        Vault.from_file(key_file(tmp_path, lines))
    assert "secret" not in str(caught.value)
    assert "cret" not in str(caught.value)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        Vault.from_file(tmp_path / "nowhere")


def test_a_key_file_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    before = os.umask(0)
    try:
        assert Vault.create_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = path.read_bytes()
    assert Vault.from_file(path).active_key_id in made.decode()
    assert not Vault.create_file(path)
    assert path.read_bytes() == made
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_that_make_a_key_file_one_does(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Vault.create_file(path), range(16)))
    assert made.count(True) == 1
    assert Vault.from_file(path)


def test_a_key_file_cannot_be_made_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be made"):
        Vault.create_file(tmp_path / "nowhere" / "master.keys")
