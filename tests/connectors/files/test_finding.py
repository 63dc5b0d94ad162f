"""Exactly the person's files are found, and given with what they hold."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from activities.connectors.files import FolderConnector, S3Connector
from habeas.connector import RecordRef
from habeas.errors import Quarantine, Terminal
from habeas.testing.steps import collected, erased, planned
from tests.connectors.files.people import ANN, CARL, bucket_settings
from tests.connectors.files.servers import Server
from tests.connectors.files.world import BucketWorld, FolderWorld
from tests.connectors.store import ids

MARIE = "müller"


def reader(folder: FolderWorld, pattern: str, **more: Any) -> FolderConnector:
    return FolderConnector.from_settings(
        "files",
        {
            "path": str(folder.root),
            "collections": {"all": {"pattern": pattern, "category": "support", **more.pop("rule", {})}},
            **more,
        },
    )


async def names(connector: FolderConnector | S3Connector, **identifiers: str) -> list[str]:
    located = await connector.locate(ids(**identifiers))
    roots = tuple(RecordRef(collection=one.collection, key=one.key) for one in located.matches)
    return [str(one.data["name"]) for one in await collected(connector, roots)] if roots else []


@pytest.mark.parametrize("value", ["../secret", "..", ".", "*", "**", "4*", "{customer}", "42/../43", "", "²", "४२"])
async def test_a_value_does_not_climb_or_stand_for_others(folder: FolderWorld, value: str) -> None:
    for name in ("c/42/a.txt", "c/43/a.txt", "secret/a.txt", "c/2/a.txt"):
        folder.put(name, b"x")
    (folder.root.parent / "secret").mkdir()
    (folder.root.parent / "secret" / "a.txt").write_bytes(b"outside")
    connector = reader(folder, "c/{customer}/**")
    found = await names(connector, customer=value) if value else []
    assert set(found) <= {"c/2/a.txt"}, "NFKC makes 2 of a superscript: the value's form, and no name's"
    assert await names(connector, customer="42") == ["c/42/a.txt"]


async def test_a_name_that_looks_like_a_value_is_not_it(folder: FolderWorld) -> None:
    for name in ("c/4²/a.txt", "c/42 /a.txt", "c/４２/a.txt", "c/042/a.txt", "c/420/a.txt", "c/42/a.txt"):
        folder.put(name, b"x")
    assert await names(reader(folder, "c/{customer}/**"), customer="42") == ["c/42/a.txt"]


async def test_accents_are_found_however_they_are_written(folder: FolderWorld) -> None:
    for form in ("NFC", "NFD"):
        folder.put(unicodedata.normalize(form, f"c/{MARIE}/{form}.txt"), b"x")
    connector = reader(folder, "c/{customer}/**")
    located = await connector.locate(ids(customer=MARIE))
    assert len(located.matches) == 1, "one person, two folders"
    assert [name[-7:] for name in sorted(await names(connector, customer=MARIE))] == ["NFD.txt", "NFC.txt"]


async def test_capital_letters_count_but_in_addresses(folder: FolderWorld) -> None:
    for name in ("c/A-17/a.txt", "c/a-17/a.txt", "m/Ann@Example.ORG.txt"):
        folder.put(name, b"x")
    assert await names(reader(folder, "c/{customer}/**"), customer="A-17") == ["c/A-17/a.txt"]
    both = reader(folder, "c/{customer}/**", ignore_case=True)
    assert await names(both, customer="A-17") == ["c/A-17/a.txt", "c/a-17/a.txt"]
    assert await names(reader(folder, "m/{email}.txt"), email=ANN) == ["m/Ann@Example.ORG.txt"]
    assert await names(reader(folder, "m/{email}.txt", ignore_case=False), email=ANN) == []
    folder.put("m/jan@straße.example.txt", b"x")
    assert await names(reader(folder, "m/{email}.txt"), email="jan@strasse.example") == []


async def test_a_name_that_can_be_somebody_elses_stops_for_a_human(folder: FolderWorld) -> None:
    folder.put("i/A-1-2024.pdf", b"x")
    for customer in ("A", "A-1"):
        with pytest.raises(Quarantine, match="several ways") as raised:
            await reader(folder, "i/{customer}-*.pdf").locate(ids(customer=customer))
        assert "A-1" not in str(raised.value)
    assert await names(reader(folder, "i/{customer}-*.pdf"), customer="B") == []
    shaped = reader(folder, "i/{customer}-*.pdf", shapes={"customer": "[A-Z]"})
    assert await names(shaped, customer="A") == ["i/A-1-2024.pdf"]


async def test_one_address_at_two_customers_is_two_persons(folder: FolderWorld) -> None:
    for customer in ("42", "43"):
        folder.put(f"e/{customer}/{ANN}/a.txt", b"x")
        folder.put(f"e/{customer}/{ANN}/b.txt", b"x")
    connector = reader(folder, "e/{customer}/{email}/**", rule={"yields": ["customer"]})
    matches = (await connector.locate(ids(email=ANN))).matches
    assert [one.yields for one in matches] == [ids(customer="42"), ids(customer="43")]
    one = RecordRef(collection="all", key=matches[0].key)
    assert [str(each.data["name"]) for each in await collected(connector, (one,))] == [
        f"e/42/{ANN}/a.txt",
        f"e/42/{ANN}/b.txt",
    ]


async def test_a_name_belongs_to_the_first_pattern_that_fits_it(folder: FolderWorld) -> None:
    folder.put("c/42/invoices/1.pdf", b"x")
    folder.put("c/42/photo.jpg", b"x")
    rules = {
        "invoices": {"pattern": "c/{customer}/invoices/**", "category": "accounting"},
        "rest": {"pattern": "c/{customer}/**", "category": "support"},
    }
    connector = FolderConnector.from_settings("files", {"path": str(folder.root), "collections": rules})
    located = await connector.locate(ids(customer="42"))
    roots = tuple(RecordRef(collection=one.collection, key=one.key) for one in located.matches)
    found = {str(one.data["name"]): one.collection for one in await collected(connector, roots)}
    assert found == {"c/42/invoices/1.pdf": "invoices", "c/42/photo.jpg": "rest"}


async def test_too_many_persons_and_too_many_names_stop(folder: FolderWorld) -> None:
    for number in range(51):
        folder.put(f"e/{number}/{ANN}.txt", b"x")
    with pytest.raises(Quarantine, match="More than 50"):
        await reader(folder, "e/{customer}/{email}.txt").locate(ids(email=ANN))
    for number in range(1001):
        (folder.root / "e" / f"{number}").mkdir(exist_ok=True)
    with pytest.raises(Terminal, match="max_names"):
        await reader(folder, "e/{customer}/{email}.txt", max_names=1000).locate(ids(email=CARL))


async def test_what_a_file_is_is_told_by_what_is_in_it(folder: FolderWorld) -> None:
    contents = {
        "photo.txt": (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
        "page.png": (b"<script>alert(1)</script>", "text/plain"),
        "scan.exe": (b"%PDF-1.7\n\xe2\xe3\n%%EOF", "application/pdf"),
        "noise": (b"\x00\x01\x02\xff" * 9, "application/octet-stream"),
    }
    for name, (content, _) in contents.items():
        folder.put(f"c/42/{name}", content)
    connector = reader(folder, "c/{customer}/**")
    (match,) = (await connector.locate(ids(customer="42"))).matches
    records = await collected(connector, (RecordRef(collection="all", key=match.key),))
    found = {one.files[0].name: (one.files[0].content, one.files[0].media_type) for one in records}
    assert found == contents


async def test_a_file_that_is_too_long_stops_for_a_human(folder: FolderWorld) -> None:
    folder.put("c/42/film.bin", bytes(1024 * 1024 + 1))
    connector = reader(folder, "c/{customer}/**", max_file_mb=1)
    (match,) = (await connector.locate(ids(customer="42"))).matches
    roots = (RecordRef(collection="all", key=match.key),)
    with pytest.raises(Quarantine, match="max_file_mb") as raised:
        await collected(connector, roots)
    assert "film" not in str(raised.value)
    (record,) = await collected(
        reader(folder, "c/{customer}/**", max_file_mb=1, rule={"without_content": "Too long."}), roots
    )
    assert not record.files
    assert record.data["size"] == 1024 * 1024 + 1


async def test_a_bucket_gives_what_is_noted_beside_a_file(amazon: Server) -> None:
    bucket = amazon.bucket(versions=True)
    amazon.s3.put_object(
        Bucket=bucket,
        Key="c/42/ä b+c%20.txt",
        Body=b"Hello.",
        ContentType="application/x-msdownload",
        Metadata={"author": "Ann"},
        Tagging="class=secret",
    )
    rules = {"all": {"pattern": "c/{customer}/**", "category": "support"}}
    connector = S3Connector.from_settings("files", bucket_settings(amazon, bucket, amazon.url, collections=rules))
    (match,) = (await connector.locate(ids(customer="42"))).matches
    (record,) = await collected(connector, (RecordRef(collection="all", key=match.key),))
    assert record.data["name"] == "c/42/ä b+c%20.txt"
    assert record.data["metadata"] == {"author": "Ann"}
    assert record.data["tags"] == {"class": "secret"}
    assert record.data["noted_type"] == "application/x-msdownload"
    assert (record.files[0].content, record.files[0].media_type) == (b"Hello.", "text/plain")
    amazon.s3.put_object(Bucket=bucket, Key="c/42/film", Body=bytes(1024 * 1024 + 1))
    small = S3Connector.from_settings(
        "files", bucket_settings(amazon, bucket, amazon.url, collections=rules, max_answer_mb=1)
    )
    with pytest.raises(Quarantine, match="max_answer_mb"):
        await names(small, customer="42")
    await connector.aclose()
    await small.aclose()


async def test_a_number_that_begins_like_another_is_not_it(versioned: BucketWorld, unversioned: BucketWorld) -> None:
    rules = {"all": {"pattern": "c/{customer}/**", "category": "support"}}
    for world in (versioned, unversioned):
        theirs = ["c/42/", "c/42/a.txt", "c/42/deep/b.txt"][0 if world.versions else 1 :]  # nanio takes no "c/42/"
        for name in (*theirs, "c/420/a.txt", "c/4/a.txt"):
            world.put(name, b"" if name.endswith("/") else b"x")
        connector = world.made(collections=rules)
        assert await names(connector, customer="42") == theirs
        await connector.aclose()


async def test_pages_of_a_list_are_put_together(
    versioned: BucketWorld, unversioned: BucketWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.connectors.files.s3.bucket._PAGE", 2)
    for world in (versioned, unversioned):
        whole = {place.split("?")[0] for place in world.all() if ANN in place}
        connector = world.made()
        found = await names(connector, email=ANN)
        assert set(found) == whole
        await connector.aclose()


async def test_an_upload_that_broke_off_is_found_among_others(unversioned: BucketWorld) -> None:
    """Nanio lists the uploads of the whole bucket, in no order, whatever is asked for."""
    for name in (f"customers/{CARL}/z.bin", f"customers/{ANN}/half.bin", "a.bin", "z.bin"):
        unversioned.upload(name)
    others = await unversioned.others()
    plan = await planned(unversioned)
    assert [one.collection for one in plan.objects if '"upload"' in one.key] == ["uploads"]
    await erased(unversioned, plan)
    assert [place for place in unversioned.all() if "half.bin" in place] == []
    assert await unversioned.others() == others
