"""A folder: links that lead out, files with two names, folders that are left empty, disks that are not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from activities.connectors.files import FolderConnector
from activities.connectors.files.folder.tree import Tree
from habeas.connector import RecordRef, Treatment
from habeas.errors import ConnectorError, Quarantine, Terminal, Transient
from habeas.outcomes import Drifted, Fate
from habeas.testing.steps import carried_out, collected, erased, erasure, looked_at, planned, roots
from tests.connectors.files.people import ANN, CARL, COLLECTIONS
from tests.connectors.files.world import FolderWorld
from tests.connectors.store import ids

HOME = f"customers/{ANN}"


def blocked(outcomes: tuple[Any, ...]) -> set[str]:
    return {one.reason for one in outcomes if one.fate is Fate.BLOCKED}


async def test_folders_that_bear_the_identifier_go_with_what_was_in_them(folder: FolderWorld) -> None:
    await erased(folder, await planned(folder))
    assert not (folder.root / HOME).exists()
    assert (folder.root / "customers").is_dir()
    assert (folder.root / f"customers/{CARL}").is_dir()
    assert (folder.root / "invoices" / "2012").is_dir(), "a year is nobody's"


async def test_a_folder_in_which_something_else_lies_stays(folder: FolderWorld) -> None:
    rules = {"all": {"pattern": "customers/{email}/papers/*.pdf", "category": "support"}}
    folder.put(f"{HOME}/papers/a.pdf", b"x")
    folder.put(f"{HOME}/papers/a.txt", b"of no pattern")
    folder.connector = FolderConnector.from_settings("files", {"path": str(folder.root), "collections": rules})
    await erased(folder, await planned(folder))
    assert sorted(one.name for one in (folder.root / HOME / "papers").iterdir()) == ["2024", "a.txt"]


async def test_an_empty_folder_with_their_name_is_found_and_goes(folder: FolderWorld) -> None:
    await erased(folder, await planned(folder))
    (folder.root / HOME / "left").mkdir(parents=True)
    plan = await planned(folder)
    assert {one.collection for one in plan.objects} == {"invoices", "uploads"}
    await erased(folder, plan)
    assert not (folder.root / HOME).exists()


async def test_a_run_that_ended_before_the_folders_went_is_finished(folder: FolderWorld) -> None:
    plan = await planned(folder)
    for place in (folder.root / HOME).rglob("*"):
        if place.is_file():
            place.unlink()
    said = await looked_at(folder, plan)
    assert Fate.FAILED in {one.fate for one in said if one.collection == "uploads"}, "their folder is still there"
    await erased(folder, plan)
    assert not (folder.root / HOME).exists()


async def test_a_link_is_removed_and_what_it_points_at_is_not(folder: FolderWorld) -> None:
    outside = folder.root.parent / "outside.txt"
    outside.write_text("somebody else's")
    (folder.root / HOME / "link.txt").symlink_to(outside)
    (folder.root / HOME / "pipe")
    os.mkfifo(folder.root / HOME / "pipe")
    found = await roots(folder)
    records = {str(one.data["name"]): one for one in await collected(folder.connector, found)}
    for name in ("link.txt", "pipe"):
        assert records[f"{HOME}/{name}"].data["kind"] == "link"
        assert not records[f"{HOME}/{name}"].files
    await erased(folder, await planned(folder))
    assert outside.read_text() == "somebody else's"
    assert not (folder.root / HOME).exists()


@pytest.mark.parametrize("place", [HOME, "customers"])
async def test_a_link_in_the_place_of_a_folder_stops_for_a_human(folder: FolderWorld, place: str) -> None:
    plan = await planned(folder)
    elsewhere = folder.root.parent / "elsewhere"
    (folder.root / place).rename(elsewhere)
    (folder.root / place).symlink_to(elsewhere, target_is_directory=True)
    for act in (folder.connector.locate(folder.person), folder.connector.confirm(plan, None)):
        with pytest.raises(Quarantine, match="link") as raised:
            await act
        assert ANN not in str(raised.value)
    with pytest.raises(Quarantine, match="link"):
        await folder.connector.erase(plan, None)
    assert [one for one in elsewhere.rglob("*") if one.is_file()]


async def test_a_file_with_another_name_stays_unless_that_goes_too(folder: FolderWorld) -> None:
    (folder.root / HOME / "copy.txt").hardlink_to(folder.root / HOME / "Ann-Arla.txt")
    backup = folder.root.parent / "backup.zip"
    backup.hardlink_to(folder.root / f"exports/{ANN}.zip")
    plan = await planned(folder)
    said = await carried_out(folder, plan)
    assert blocked(said) == {"hard_linked"}
    assert [one.collection for one in said if one.fate is Fate.BLOCKED] == ["exports"]
    assert blocked(await looked_at(folder, plan)) == {"hard_linked"}
    backup.unlink()
    assert not blocked(await erased(folder, plan))
    assert not (folder.root / f"exports/{ANN}.zip").exists()


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.EACCES, "no_permission"), (errno.EROFS, "read_only"), (errno.EBUSY, "in_use")],
)
async def test_what_the_disk_forbids_is_told_for_each(
    folder: FolderWorld, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def refuse(self: Tree, key: str) -> None:
        raise OSError(number, os.strerror(number), key)

    monkeypatch.setattr(Tree, "unlink", refuse)
    assert blocked(await carried_out(folder, await planned(folder))) == {reason}


async def test_an_error_of_the_disk_names_no_file(folder: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(number: int) -> Any:
        def fail(self: Tree, key: str, most: int) -> None:
            raise OSError(number, os.strerror(number), key)

        return fail

    found = await roots(folder)
    for number, kind in ((errno.EIO, Transient), (errno.EACCES, Terminal)):
        monkeypatch.setattr(Tree, "read", broken(number))
        with pytest.raises(kind) as raised:
            await collected(folder.connector, found)
        assert ANN not in str(raised.value) + repr(raised.value.__cause__)


async def test_a_disk_that_is_not_there_is_not_an_empty_one(folder: FolderWorld) -> None:
    plan = await planned(folder)
    (folder.root / "exports").rename(folder.root / "moved")
    for act in (
        folder.connector.locate(folder.person),
        folder.connector.erase(plan, None),
        folder.connector.confirm(plan, None),
    ):
        with pytest.raises(Terminal, match="exports/"):
            await act
    folder.root.rename(folder.root.parent / "unmounted")
    for again in (folder.connector.locate(folder.person), folder.connector.confirm(plan, None)):
        with pytest.raises(Transient, match="not be mounted"):
            await again
    health = await folder.connector.ping()
    assert not health.ok


async def test_what_was_written_between_the_look_and_the_deletion_stays(folder: FolderWorld) -> None:
    plan = await planned(folder)
    place = folder.root / HOME / "Ann-Arla.txt"
    before = place.stat()
    place.write_bytes(b"Hello, I am Ann Berg.")
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    answer = await erasure(folder, plan)
    assert isinstance(answer, Drifted)
    assert place.exists()


async def test_names_that_are_no_text_are_kept_apart(folder: FolderWorld) -> None:
    for odd in (b"\xff.txt", b"\xfe.txt", b"two\nlines.txt"):
        folder.put(f"{HOME}/{os.fsdecode(odd)}", odd)
    records = await collected(folder.connector, await roots(folder))
    assert {b"\xff.txt", b"\xfe.txt", b"two\nlines.txt"} <= {one.content for each in records for one in each.files}
    await erased(folder, await planned(folder))
    assert not (folder.root / HOME).exists()


@pytest.mark.parametrize("key", ['["../outside.txt"]', '["/etc/passwd"]', '["customers/../../x"]', "17", '[""]', "{"])
async def test_a_key_that_leads_elsewhere_is_refused(folder: FolderWorld, key: str) -> None:
    outside = folder.root.parent / "outside.txt"
    outside.write_text("somebody else's")
    plan = await planned(folder)
    wrong = plan.objects[0].model_copy(update={"key": key, "collection": "uploads", "treatment": Treatment.DELETE})
    with pytest.raises(ConnectorError):
        await folder.connector.erase(plan.model_copy(update={"objects": (wrong,), "roots": ()}), None)
    with pytest.raises(ConnectorError):
        await collected(folder.connector, (RecordRef(collection="uploads", key=key),))
    assert outside.exists()


async def test_health_names_what_is_missing(folder: FolderWorld, tmp_path: Path) -> None:
    assert (await folder.connector.ping()).ok
    bare = tmp_path / "bare"
    bare.mkdir()
    connector = FolderConnector.from_settings("files", {"path": str(bare), "collections": COLLECTIONS})
    health = await connector.ping()
    assert not health.ok
    assert all(f"no folder `{name}/`" in health.detail for name in ("customers", "invoices", "exports"))


async def test_a_plain_user_may_not_what_is_not_theirs(folder: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights as the system tells them; tests may run as root, to whom nothing is forbidden."""
    for rights, word in (((False, False), "may not read"), ((True, False), "may not delete")):
        monkeypatch.setattr(Tree, "may", lambda self, key, rights=rights: rights)
        health = await folder.connector.ping()
        assert not health.ok
        assert word in health.detail


async def test_whoever_has_no_files_is_not_found_by_a_folder_of_others(folder: FolderWorld) -> None:
    assert (await folder.connector.locate(ids(email="summary@example.org"))).matches == ()
