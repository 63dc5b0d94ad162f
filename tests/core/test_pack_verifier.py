"""A pack is checked by one file that needs nothing of ours: any one change, loss, swap or cut is found."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from habeas import pack_verifier
from habeas.evidence import Event, Tag, canonical, link
from habeas.evidence import verify as verify_chain
from habeas.pack_verifier import (
    FIRST_ANCHOR,
    FORMAT,
    MANIFEST,
    SIGNATURE,
    anchor_hash,
    archive,
    check_anchors,
    check_chain,
    is_signed,
    leaf,
    path_of,
    root_by,
    root_of,
    verify,
)
from tests.core.test_evidence import REQUEST, START, chains

often = settings(deadline=None, max_examples=60)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
OTHERS = [leaf(f"HB-0000-0000-000{number}", 1, "0" * 64) for number in range(4)]


def events() -> list[Event]:
    made: list[Event] = []
    for n, (tag, facts) in enumerate(
        (
            (Tag.REQUEST_OPENED, {"right": "access"}),
            (Tag.LETTER_QUEUED, {"letter": "acknowledgement", "digest": "d" * 64}),
            (Tag.REQUEST_STAGE, {"stage": "locating"}),
            (Tag.REQUEST_CLOSED, {"outcome": "fulfilled"}),
        ),
        start=1,
    ):
        before = made[-1].hash if made else None
        made.append(link(before, request_id=REQUEST, n=n, at=START, tag=tag, facts=dict(facts)))
    return made


def as_json(event: Event) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(canonical(event))
    return {**{name: value for name, value in content.items() if name != "v"}, "hash": event.hash}


def anchored(chain: list[Event]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two anchors, the first over event 2 and the second over the last; and the proofs of both."""
    anchors: list[dict[str, Any]] = []
    proofs = []
    for number, n in enumerate((2, len(chain)), start=1):
        leaves = [*OTHERS[:2], leaf(REQUEST, n, chain[n - 1].hash), *OTHERS[2:]]
        content = {
            "number": number,
            "at": "2026-01-01T00:00:00.000000Z",
            "previous": anchors[-1]["hash"] if anchors else FIRST_ANCHOR,
            "root": root_of(leaves),
            "heads": len(leaves),
            "events": 7,
        }
        anchors.append({**content, "hash": anchor_hash(content)})
        proofs.append({"number": number, "n": n, "index": 2, "path": path_of(leaves, 2)})
    return anchors, proofs


def contents() -> dict[str, bytes]:
    chain = events()
    anchors, proofs = anchored(chain)
    report = {
        "timeline": [{"n": event.n, "hash": event.hash} for event in chain],
        "letters": [{"event": 2, "digest": "d" * 64}],
    }
    return {
        "evidence.jsonl": b"".join(pack_verifier.canonical(as_json(event)) + b"\n" for event in chain),
        "anchors.json": pack_verifier.canonical({"anchors": anchors, "proofs": proofs}) + b"\n",
        "report.json": pack_verifier.canonical(report) + b"\n",
        "index.html": b"<!doctype html><title>Evidence</title>\n",
    }


def signed(files: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """The files with a manifest that fits them, and its signature."""
    chain = events()
    manifest = {
        "format": FORMAT,
        "request_id": REQUEST,
        "made_at": "2026-01-02T00:00:00+00:00",
        "events": len(chain),
        "head": chain[-1].hash,
        "key": PUBLIC,
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()
        },
        **changes,
    }
    written = pack_verifier.canonical(manifest)
    signature = KEY.sign(FORMAT.encode() + b"\n" + written).hex().encode()
    return {**files, MANIFEST: written, SIGNATURE: signature}


WHOLE = signed(contents())
PACK = archive(WHOLE)
OUTSIDE = b"".join(pack_verifier.canonical(one) + b"\n" for one in anchored(events())[0])


def found(data: bytes, **known: Any) -> set[tuple[str, str]]:
    return {(one.where, one.kind) for one in verify(data, **known).findings}


def test_a_whole_pack_has_no_findings() -> None:
    verdict = verify(PACK, key=PUBLIC, anchors=OUTSIDE)
    assert verdict.findings == ()
    assert (verdict.request_id, verdict.events, verdict.head) == (REQUEST, 4, events()[-1].hash)
    assert (verdict.anchored, verdict.key) == (4, PUBLIC)


# One mutation of the pack, whatever it is.


@often
@given(st.integers(0, len(PACK) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, by: int) -> None:
    changed = bytearray(PACK)
    changed[at] ^= by
    assert verify(bytes(changed)).findings


@often
@given(st.integers(0, len(PACK) - 1), st.binary(max_size=3))
def test_any_cut_and_anything_behind_the_end_is_found(at: int, rest: bytes) -> None:
    assert verify(PACK[:at]).findings
    assert verify(PACK[:at] + rest + PACK[at:]).findings or not rest


@often
@given(st.sampled_from(sorted(WHOLE)), st.sampled_from(sorted(WHOLE)))
def test_any_file_that_is_dropped_swapped_or_added_is_found(one: str, other: str) -> None:
    assert verify(archive({name: data for name, data in WHOLE.items() if name != one})).findings
    assert verify(archive({**WHOLE, "more.txt": WHOLE[one]})).findings
    if one != other:
        assert verify(archive({**WHOLE, one: WHOLE[other], other: WHOLE[one]})).findings


# Somebody who can make the manifest anew, and sign it: what is inside still does not fit.


def lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


@often
@given(st.data())
def test_events_that_are_changed_dropped_swapped_or_repeated_are_found_and_where(data: st.DataObject) -> None:
    there = lines(WHOLE["evidence.jsonl"])
    at = data.draw(st.integers(0, len(there) - 1))
    what = data.draw(st.sampled_from(["change", "drop", "swap", "repeat"]))
    if what == "change":
        event = json.loads(there[at])
        field, value = data.draw(
            st.sampled_from(
                [("actor", "somebody"), ("tag", "act:refuse"), ("facts", {"a": 1}), ("at", "2027"), ("n", 9)]
            )
        )
        there[at] = pack_verifier.canonical({**event, field: value}) + b"\n"
    elif what == "drop":
        del there[at]
    elif what == "swap":
        other = data.draw(st.integers(0, len(there) - 1).filter(lambda number: number != at))
        there[at], there[other] = there[other], there[at]
    else:
        there.insert(at, there[at])
    changed = signed({**contents(), "evidence.jsonl": b"".join(there)})
    assert any(where.startswith("evidence.jsonl") for where, _ in found(archive(changed), key=PUBLIC))


def test_a_chain_that_is_made_anew_to_its_end_is_not_in_the_anchors() -> None:
    chain = events()[:3]
    chain.append(link(chain[-1].hash, request_id=REQUEST, n=4, at=START, tag=Tag.REQUEST_CLOSED, actor="somebody"))
    files = contents()
    files["evidence.jsonl"] = b"".join(pack_verifier.canonical(as_json(event)) + b"\n" for event in chain)
    report = json.loads(files["report.json"])
    report["timeline"][3]["hash"] = chain[-1].hash
    files["report.json"] = pack_verifier.canonical(report) + b"\n"
    made = archive(signed(files, head=chain[-1].hash))
    assert found(made, key=PUBLIC) == {("anchors.json:2", "unproven")}
    # With anchors that were made anew, too, only those from outside tell.
    anchors, proofs = anchored(chain)
    files["anchors.json"] = pack_verifier.canonical({"anchors": anchors, "proofs": proofs}) + b"\n"
    made = archive(signed(files, head=chain[-1].hash))
    assert found(made, key=PUBLIC) == set()
    assert found(made, key=PUBLIC, anchors=OUTSIDE) == {("anchors.json:2", "changed")}
    assert found(PACK, anchors=lines(OUTSIDE)[0]) == {("anchors.json:2", "missing")}
    assert found(PACK, anchors=lines(OUTSIDE)[1]) == {("outside:2", "front_cut"), ("anchors.json:1", "missing")}


def test_a_pack_that_another_key_signed_is_found_by_who_knows_the_key() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    files = {name: data for name, data in WHOLE.items() if name != SIGNATURE}
    files[MANIFEST] = files[MANIFEST].replace(PUBLIC.encode(), other.public_key().public_bytes_raw().hex().encode())
    files[SIGNATURE] = other.sign(FORMAT.encode() + b"\n" + files[MANIFEST]).hex().encode()
    assert found(archive(files)) == set()
    assert found(archive(files), key=PUBLIC) == {(SIGNATURE, "signature")}


@pytest.mark.parametrize(
    ("file", "old", "new", "where"),
    [
        ("report.json", b'"n":3', b'"n":5', "report.json"),
        ("report.json", b'"digest":"dd', b'"digest":"ee', "report.json:letters:1"),
        ("anchors.json", b'"events":7', b'"events":8', "anchors.json:1"),
        ("anchors.json", b'"index":2', b'"index":1', "anchors.json:1"),
    ],
)
def test_what_does_not_fit_the_events_is_found(file: str, old: bytes, new: bytes, where: str) -> None:
    files = contents()
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    assert where in {place for place, _ in found(archive(signed(files)))}


def test_a_letter_that_is_shown_must_be_the_one_that_was_noted() -> None:
    salt, content = "5a" * 32, {"subject": "s", "text": "t", "to": "a@b.example"}
    personal = {"letters": [{"event": 2, "salt": salt, "content": content}]}
    files = {**contents(), "personal.json": pack_verifier.canonical(personal)}
    assert found(archive(signed(files))) == {("personal.json:letters:1", "changed")}


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"PK",
        b"[]",
        b"null",
        b'{"a":' * 3000,
        b'{"anchors":[5],"proofs":[]}',
        b'{"anchors":[],"proofs":[{"number":1,"n":[],"index":{},"path":5}]}',
        b'{"timeline":[5],"letters":[]}',
        b'{"a":' + b'{"a":' * 700 + b"1" + b"}" * 701,
    ],
)
def test_what_is_no_pack_is_said_to_be_none(hostile: bytes) -> None:
    assert verify(hostile).findings
    for name in WHOLE.keys() - {"index.html"}:
        assert verify(archive(signed({**contents(), name: hostile}) | {name: hostile})).findings


# Its parts agree with ours.


@often
@given(chains(), st.data())
def test_it_says_of_a_chain_what_habeas_says(chain: list[Event], data: st.DataObject) -> None:
    there = list(chain)
    head = data.draw(st.sampled_from([None, chain[-1].hash, "0" * 64]))
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, max(0, len(there) - 1)))
        match data.draw(st.sampled_from(["drop", "repeat", "actor", "foreign", "previous"])):
            case "drop" if there:
                del there[at]
            case "repeat" if there:
                there.append(there[at])
            case "actor" if there:
                there[at] = there[at].model_copy(update={"actor": "somebody"})
            case "foreign" if there:
                there[at] = there[at].model_copy(update={"request_id": "HB-7K3M-91XZ-4QWF"})
            case "previous" if there:
                there[at] = there[at].model_copy(update={"previous": "0" * 64})
    ours = [(one.n, one.kind.value, one.detail) for one in verify_chain(there, head)]
    assert list(check_chain([as_json(event) for event in there], head)) == ours


@often
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50), st.data())
def test_it_checks_signatures_as_the_library_makes_them(seed: bytes, message: bytes, data: st.DataObject) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    assert is_signed(public, message, bytes(signature))
    assert not is_signed(public, message + b"!", bytes(signature))
    signature[data.draw(st.integers(0, 63))] ^= data.draw(st.integers(1, 255))
    assert not is_signed(public, message, bytes(signature))


@often
@given(st.integers(1, 40), st.data())
def test_a_path_leads_from_its_own_leaf_at_its_own_place_only(size: int, data: st.DataObject) -> None:
    leaves = [leaf(REQUEST, number, "0" * 64) for number in range(1, size + 1)]
    index = data.draw(st.integers(0, size - 1))
    path = path_of(leaves, index)
    assert root_by(leaves[index], index, size, path) == root_of(leaves)
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_by(leaves[other], index, size, path) != root_of(leaves)
        assert root_by(leaves[index], other, size, path) != root_of(leaves)
    assert root_by(leaves[index], index, size, [*path, "0" * 64]) != root_of(leaves)


def test_a_chain_of_anchors_has_no_gap() -> None:
    one, two = anchored(events())[0]
    assert list(check_anchors([one, two])) == []
    assert [kind for _, kind, _ in check_anchors([two])] == ["front_cut"]
    assert list(check_anchors([two], whole=False)) == []
    three = {**two, "number": 3}
    assert [kind for _, kind, _ in check_anchors([one, {**three, "hash": anchor_hash(three)}])] == ["gap"]
    assert [kind for _, kind, _ in check_anchors([two, one], whole=False)] == ["gap"]


# Alone.


def test_it_imports_the_standard_library_and_nothing_else() -> None:
    tree = ast.parse(Path(pack_verifier.__file__).read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names


def test_it_runs_alone_on_a_file(tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(Path(pack_verifier.__file__).read_bytes())
    (tmp_path / "pack.zip").write_bytes(PACK)
    (tmp_path / "cut.zip").write_bytes(PACK[:-1])
    (tmp_path / "anchors.jsonl").write_bytes(OUTSIDE)

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603  # the file under test
            [sys.executable, "-I", "-S", "verify.py", *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert run("pack.zip", "--key", PUBLIC, "--anchors", "anchors.jsonl")[0] == 0
    code, said = run("pack.zip")
    assert code == 0
    assert "By its own word alone" in said
    code, said = run("cut.zip")
    assert code == 1
    assert "the pack: archive:" in said
    assert run("nothing.zip")[0] == 2
    (tmp_path / "moves.zip").write_bytes(archive({**WHOLE, "\x1b[2Jmore": b""}))
    code, said = run("moves.zip")
    assert (code, "\x1b" in said, "[2Jmore: added" in said) == (1, False, True)
