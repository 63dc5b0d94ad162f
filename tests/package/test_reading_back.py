"""A package is offered only when reading it back finds it whole."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_zip import ZIP_64, stream_zip

from activities.package import (
    PackageDamaged,
    verify_package,
)
from activities.package.bridge import Bridge
from tests.package.examples import NOW, facts
from tests.package.whole import stream, unzipped, zipped


async def test_a_whole_package_is_confirmed(package: bytes) -> None:
    for size in (1, 1000, len(package)):
        check = await verify_package(stream(package, size))
        assert (check.files, check.bytes) == (14, len(package))
        assert check.sha256 == hashlib.sha256(package).hexdigest()


async def test_a_package_without_any_data_is_whole_too() -> None:
    data = await zipped(facts(systems=()), {})
    assert (await verify_package(stream(data))).files == 5


@settings(deadline=None, max_examples=60)
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_package_cut_short_is_damaged(package: bytes, cut: float) -> None:
    with pytest.raises(PackageDamaged):
        asyncio.run(_check(package[: int(len(package) * cut)]))


async def _check(data: bytes) -> str:
    return (await verify_package(stream(data))).sha256


@settings(deadline=None, max_examples=150)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(package: bytes, place: float, bit: int) -> None:
    broken = bytearray(package)
    broken[int(len(package) * place)] ^= 1 << bit
    # Dates and permissions of members are not in the manifest; the package's own hash still tells.
    try:
        assert asyncio.run(_check(bytes(broken))) != hashlib.sha256(package).hexdigest()
    except PackageDamaged:
        return


@pytest.mark.parametrize("where", ["signature", "crc", "name", "size", "compressed", "offset"])
async def test_the_directory_must_fit_member_by_member(package: bytes, where: str) -> None:
    """What other programs open the package by; reading it as a stream would never look there."""
    entry, tried = len(package) // 2, 0
    while (entry := package.find(b"PK\x01\x02", entry + 1)) >= 0:
        name = int.from_bytes(package[entry + 28 : entry + 30], "little")
        extra = entry + 46 + name
        places = {"signature": 0, "crc": 16, "name": 46, "size": 46 + name + 4}
        place = entry + places.get(where, extra - entry + {"compressed": 12, "offset": 20}.get(where, 0))
        broken = bytearray(package)
        broken[place] ^= 1
        with pytest.raises(PackageDamaged):
            await verify_package(stream(bytes(broken)))
        tried += 1
    assert tried == 14


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06" + bytes(18), b"PK\x03\x04"])
async def test_what_is_no_package_is_damaged(data: bytes) -> None:
    with pytest.raises(PackageDamaged):
        await verify_package(stream(data))


async def test_bytes_after_the_end_are_noticed(package: bytes) -> None:
    with pytest.raises(PackageDamaged):
        await verify_package(stream(package + b"\x00"))


async def rezipped(members: Mapping[str, bytes], order: list[str] | None = None) -> bytes:
    """A correct ZIP, made by the same library, with other contents."""
    names = order or list(members)
    async with Bridge() as bridge:
        files = ((name, NOW, 0o100644, ZIP_64, (members[name],)) for name in names)
        return b"".join([chunk async for chunk in bridge.drain(iter(stream_zip(files)))])


async def test_a_rezipped_package_that_is_the_same_is_whole(package: bytes) -> None:
    await verify_package(stream(await rezipped(unzipped(package))))


async def test_each_change_of_the_contents_is_noticed(package: bytes) -> None:
    members = unzipped(package)
    manifest: dict[str, Any] = json.loads(members["manifest.json"])
    longer = members["data/billing/invoices.json"].replace(b"\n]", b",\n{}\n]")
    path = "data/billing/invoices.json"
    entry = {"path": path, "size": len(longer), "sha256": hashlib.sha256(longer).hexdigest()}
    others = [f for f in manifest["files"] if f["path"] != path]
    changes: dict[str, dict[str, bytes]] = {
        "changed": members | {"index.html": b"<p>other"},
        "added": {"evil.txt": b"x"} | members,
        "removed": {name: content for name, content in members.items() if name != "withheld.json"},
        "no manifest": {name: content for name, content in members.items() if name != "manifest.json"},
        "manifest is none": members | {"manifest.json": b"[]"},
        "another version": members | {"manifest.json": json.dumps(manifest | {"schema": "habeas.package/9"}).encode()},
        "another number of records": members
        | {
            path: longer,
            "manifest.json": json.dumps(manifest | {"files": [entry | {"rows": 60}, *others]}).encode(),
        },
    }
    for changed in changes.values():
        data = await rezipped(changed)
        with pytest.raises(PackageDamaged):
            await verify_package(stream(data))
    with pytest.raises(PackageDamaged):
        await verify_package(stream(await rezipped(members, [*members, "index.html"])))
    with pytest.raises(PackageDamaged):
        await verify_package(stream(await rezipped(members, ["manifest.json", *list(members)[:-1]])))


@pytest.mark.parametrize(
    "content", [b"[\n{}\n", b"{}\n", b"[\n1\n]\n", b"[\n{]\n]\n", b"[\n]\n{}\n", b"[\n{}\n]\nx", b""]
)
async def test_json_must_be_a_list_of_records(package: bytes, content: bytes) -> None:
    members = unzipped(package)
    path = "data/billing/invoices.json"
    manifest = json.loads(members["manifest.json"])
    for file in manifest["files"]:
        if file["path"] == path:
            file |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "rows": 1}
    changed = members | {path: content, "manifest.json": json.dumps(manifest).encode()}
    with pytest.raises(PackageDamaged):
        await verify_package(stream(await rezipped(changed)))


async def test_what_is_said_of_damage_names_no_file(package: bytes) -> None:
    members = unzipped(package) | {"files/support/tickets/1-passwd": b"changed"}
    with pytest.raises(PackageDamaged) as caught:
        await _check(await rezipped(members))
    assert "passwd" not in f"{caught.value!r}{caught.value.facts}"
