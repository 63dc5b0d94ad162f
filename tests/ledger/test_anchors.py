"""One chain over all evidence covers each event once, whoever writes, and shows what was done to the database."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.anchor_places import AnchorsDiffer, FilePlace, PlaceUnavailable, place_at, publish
from activities.auditing import all_anchors, audit
from activities.ledger import Ledger
from habeas.errors import ConfigurationError
from habeas.evidence import Tag, link
from habeas.pack_verifier import check_anchors, root_by
from tests.connectors.serving import served
from tests.ledger.conftest import NOW, NewRequestFactory
from workers.anchoring import Anchoring


async def write(ledger: Ledger, request_id: str, *names: str) -> None:
    for name in names:
        async with ledger.begin() as tx:
            await tx.record(request_id, Tag.REQUEST_STAGE, NOW, dedupe=name)


async def anchor(ledger: Ledger) -> int:
    async with ledger.begin() as tx:
        made = await tx.place_anchor(NOW)
    return made.number if made else 0


@pytest.fixture
async def three(ledger: Ledger, new_request: NewRequestFactory) -> list[str]:
    """Three requests with three events each, of which two are anchored."""
    async with ledger.begin() as tx:
        ids = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in range(3)]
    for one in ids:
        await write(ledger, one, "a", "b")
    assert await anchor(ledger) == 1
    await write(ledger, ids[0], "c")
    assert await anchor(ledger) == 2
    await write(ledger, ids[1], "c")
    await write(ledger, ids[2], "c")
    return sorted(ids)


async def test_an_anchor_covers_what_is_new_and_proves_it(ledger: Ledger, three: list[str]) -> None:
    anchors = await all_anchors(ledger)
    assert [(one.number, one.heads, one.events) for one in anchors] == [(1, 3, 6), (2, 1, 1)]
    assert await anchor(ledger) == 3
    assert await anchor(ledger) == 0, "nothing is new"
    for one in three:
        async with ledger.begin() as tx:
            covering, proofs = await tx.anchor_proofs(one)
            heads = dict(await tx.anchored_of(one))
        assert list(check_anchors([each.model_dump() for each in covering])) == []
        roots = {each.number: (each.root, each.heads) for each in covering}
        for proof in proofs:
            root, size = roots[proof.number]
            assert root_by(heads[proof.number].leaf(), proof.index, size, list(proof.path)) == root
        assert max(proof.n for proof in proofs) == 3
    async with ledger.only({"other"}).begin() as tx:
        assert await tx.anchor_proofs(three[0]) == ((), ())


async def test_every_event_is_covered_once_however_many_write_and_anchor_at_once(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    async with ledger.begin() as tx:
        ids = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in range(4)]
    names = [str(number) for number in range(6)]
    done = asyncio.Event()

    async def anchor_until_done() -> None:
        while not done.is_set():
            await anchor(ledger)

    anchoring = [asyncio.create_task(anchor_until_done()) for _ in range(2)]
    await asyncio.gather(*(write(ledger, one, *names) for one in ids))
    done.set()
    await asyncio.gather(*anchoring)
    await anchor(ledger)
    found = await audit(ledger, None)
    assert found.faults == ()
    assert (found.requests, found.events, found.uncovered) == (4, 24, 0)
    assert sum(one.events for one in await all_anchors(ledger)) == 24


async def test_what_is_being_written_is_left_for_the_next_anchor(ledger: Ledger, three: list[str]) -> None:
    async with ledger.begin() as tx:
        await tx.record(three[0], Tag.REQUEST_STAGE, NOW, dedupe="d")
        assert await anchor(ledger) == 3, "and nobody waits"
    assert await anchor(ledger) == 4
    assert (await audit(ledger, None)).uncovered == 0


SILENT = "SET session_replication_role = replica;"
"""Whoever owns the server can keep triggers from hearing of it."""


async def attack(ledger_url: str, request_id: str, *statements: str) -> None:
    connection = await asyncpg.connect(ledger_url)
    try:
        await connection.execute(SILENT + ";".join(statements).replace("ID", request_id))
    finally:
        await connection.close()


async def test_a_cut_off_end_shows_as_far_as_it_was_anchored(
    ledger: Ledger, ledger_url: str, three: list[str], tmp_path: Path
) -> None:
    place = FilePlace(tmp_path / "anchors.jsonl")
    await publish(place, await all_anchors(ledger))
    whole = await audit(ledger, await place.read())
    assert (whole.faults, whole.uncovered, whole.outside) == ((), 2, 2)
    await attack(ledger_url, three[0], "DELETE FROM evidence WHERE request_id = 'ID' AND n > 1")
    assert {(one.where, one.kind) for one in (await audit(ledger, None)).faults} >= {(f"{three[0]}:2", "end_cut")}
    # So thorough that the database itself is in order again.
    await attack(
        ledger_url,
        three[0],
        "UPDATE evidence_head SET n = 1, hash = evidence.hash FROM evidence WHERE evidence.request_id = 'ID' "
        "AND evidence_head.request_id = 'ID'",
        "UPDATE evidence_head SET anchored = 0",
        "DELETE FROM anchored_head",
        "DELETE FROM anchor",
    )
    await anchor(ledger)
    assert (await audit(ledger, None)).faults == ()
    found = (await audit(ledger, await place.read())).faults
    assert {(one.where, one.kind) for one in found} == {("anchor:1", "changed"), ("anchor:2", "end_cut")}
    with pytest.raises(AnchorsDiffer):
        await publish(place, await all_anchors(ledger))


async def test_a_chain_written_anew_from_some_event_shows(ledger: Ledger, ledger_url: str, three: list[str]) -> None:
    async with ledger.begin() as tx:
        old = (await tx.events(three[1]))[1]
    forged = link(old.previous, **{**old.model_dump(exclude={"hash", "previous"}), "actor": "somebody"})
    await attack(
        ledger_url,
        three[1],
        "UPDATE evidence SET actor = 'somebody', hash = 'HASH' WHERE request_id = 'ID' AND n = 2".replace(
            "HASH", forged.hash
        ),
        "DELETE FROM evidence WHERE request_id = 'ID' AND n > 2",
        "UPDATE evidence_head SET n = 2, hash = 'HASH' WHERE request_id = 'ID'".replace("HASH", forged.hash),
    )
    found = (await audit(ledger, None)).faults
    assert (f"{three[1]}:2", "changed") in {(one.where, one.kind) for one in found}


@pytest.mark.parametrize(
    ("statement", "where", "kind"),
    [
        ("UPDATE anchor SET events = 7 WHERE number = 1", "anchor:1", "changed"),
        ("DELETE FROM anchored_head WHERE number = 2", "anchor:2", "changed"),
        ("DELETE FROM anchor WHERE number = 1", "anchor:2", "front_cut"),
        ("DELETE FROM evidence; DELETE FROM evidence_head", "{}", "missing"),
    ],
)
async def test_whatever_is_done_to_the_anchors_shows(
    ledger: Ledger, ledger_url: str, three: list[str], statement: str, where: str, kind: str
) -> None:
    await attack(ledger_url, three[0], statement)
    found = (await audit(ledger, None)).faults
    assert (where.format(three[0]), kind) in {(one.where, one.kind) for one in found}


@pytest.mark.parametrize("table", ["anchor", "anchored_head"])
async def test_even_the_owner_cannot_change_anchors(
    ledger: Ledger, ledger_url: str, three: list[str], table: str
) -> None:
    connection = await asyncpg.connect(ledger_url)
    try:
        for statement in ("UPDATE TABLE SET number = 9", "DELETE FROM TABLE", "TRUNCATE TABLE CASCADE"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                await connection.execute(statement.replace("TABLE", table))
    finally:
        await connection.close()


async def test_a_worker_keeps_them_outside_and_goes_on_after_it_could_not(
    ledger: Ledger, three: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "not_there" / "anchors.jsonl"
    worker = Anchoring(ledger, place_at(file.as_uri()), timedelta(minutes=1))
    await worker.once()
    assert not file.exists()
    file.parent.mkdir()
    await asyncio.gather(*(worker.once() for _ in range(3)))
    before = file.read_bytes()
    assert before.count(b"\n") == 3
    await write(ledger, three[0], "e")
    await worker.once()
    assert file.read_bytes().startswith(before)
    assert (await audit(ledger, file.read_bytes())).faults == ()
    file.write_bytes(before.replace(b'"heads":3', b'"heads":4'))
    found = (await audit(ledger, file.read_bytes())).faults
    assert ("outside:1", "changed") in {(one.where, one.kind) for one in found}
    await worker.once()
    assert file.read_bytes().count(b"\n") == 3, "nothing is written after what is not ours"


async def test_a_place_is_a_file_and_one_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="anchors"):
        place_at("https://example.org/anchors")
    with pytest.raises(PlaceUnavailable):
        await FilePlace(tmp_path).read()


async def _openssl(folder: Path, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "openssl", *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


AUTHORITY = """
[tsa]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
[ext]
extendedKeyUsage = critical,timeStamping
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="missing part: openssl")
async def test_an_authority_stamps_what_is_new(ledger: Ledger, three: list[str], tmp_path: Path) -> None:
    (tmp_path / "tsa.cnf").write_text(AUTHORITY)
    (tmp_path / "serial").write_text("01\n")
    subject = ("-subj", "/CN=A time-stamping authority", "-config", "tsa.cnf", "-extensions", "ext")
    await _openssl(
        tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.pem", *subject
    )
    wrong = False

    async def stamp(request: Request) -> Response:
        (tmp_path / "asked.tsq").write_bytes(b"" if wrong else await request.body())
        if not wrong:
            reply = ("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "asked.tsq")
            await _openssl(tmp_path, *reply, "-out", "answer.tsr")
        return Response((tmp_path / "answer.tsr").read_bytes(), media_type="application/timestamp-reply")

    kept = tmp_path / "anchors.jsonl"
    async with served(Starlette(routes=[Route("/tsa", stamp, methods=["POST"])])) as address:
        worker = Anchoring(ledger, FilePlace(kept), timedelta(minutes=1), stamps=f"{address}/tsa")
        await worker.once()
        last = (await all_anchors(ledger))[-1]
        checked = ("ts", "-verify", "-digest", last.hash, "-in", f"anchors.{last.number}.tsr", "-CAfile", "tsa.pem")
        await _openssl(tmp_path, *checked)
        # An answer to another question is none; the anchors are kept all the same.
        wrong = True
        await write(ledger, three[0], "e")
        await worker.once()
    assert not (tmp_path / f"anchors.{last.number + 1}.tsr").exists()
    assert kept.read_bytes().count(b"\n") == last.number + 1
