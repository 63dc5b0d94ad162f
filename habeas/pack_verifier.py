"""Checks an evidence pack of Habeas, offline and alone: this one file and Python 3.11, nothing to install or to trust.

    python verify.py PACK.zip [--key HEX] [--anchors FILE]

It says of the archive, of each file, of the chain of events, of the anchors and of the signature what is wrong and
where. Ends with 0 if all is whole, with 1 if something is wrong, with 2 if it was called wrongly.

What is inside of a pack cannot vouch for itself. Take this file and the key from the company that made the pack by
another way than the pack, and the anchors from the place where they are kept (``--anchors``): without these two, a pack
that was made anew from end to end looks whole.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Finding", "Verdict", "archive", "canonical", "check_anchors", "check_chain", "main", "root_of", "verify"]

FORMAT = "habeas evidence pack 1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
EVIDENCE, ANCHORS, REPORT, PERSONAL = "evidence.jsonl", "anchors.json", "report.json", "personal.json"
EVENT = ("actor", "at", "facts", "n", "previous", "request_id", "tag")
ANCHOR = ("at", "events", "heads", "number", "previous", "root")
FIRST_ANCHOR = hashlib.sha256(b"habeas anchor 1").hexdigest()
_LARGEST = 1 << 30
_YEAR = (1980, 1, 1, 0, 0, 0)


class Finding(NamedTuple):
    """One thing that is wrong."""

    where: str
    """A file of the pack, with the number of the event or the anchor where there is one: ``evidence.jsonl:7``."""
    kind: str
    detail: str


class Verdict(NamedTuple):
    """What was found, and what a whole pack shows."""

    findings: tuple[Finding, ...]
    request_id: str = ""
    events: int = 0
    head: str = ""
    anchored: int = 0
    """Up to which event anchors cover it."""
    key: str = ""
    """The key that signed it, in hex."""


class Unfit(Exception):
    """A file of the pack is not of its form."""


# The archive: a ZIP file of stored members in the order of their names, which can be written in one way only. So a
# changed bit is found wherever it is.


def archive(files: Mapping[str, bytes]) -> bytes:
    """The bytes of the pack that holds these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as pack:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _YEAR)
            member.create_system, member.external_attr = 3, 0o644 << 16
            pack.writestr(member, files[name])
    return made.getvalue()


def _opened(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            members = pack.infolist()
            if any(one.compress_type != zipfile.ZIP_STORED or one.flag_bits for one in members):
                raise Unfit("a member is not stored as it is")
            if sum(one.file_size for one in members) > min(len(data), _LARGEST):
                raise Unfit("its members are larger than it is")
            files = {one.filename: pack.read(one) for one in members}
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError, RuntimeError) as error:
        raise Unfit(f"it cannot be read as a ZIP file ({type(error).__name__}): cut off or changed") from None
    if archive(files) != data:
        raise Unfit("its bytes are not those that its members make")
    return files


# Events: the same checks as `habeas.evidence.verify`, worked out anew.


def canonical(content: object) -> bytes:
    """One JSON object in UTF-8: keys sorted, no white space, nothing escaped but what JSON demands."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def event_hash(event: Mapping[str, Any]) -> str:
    """The hash that an event must have."""
    return hashlib.sha256(canonical({"v": 1, **{name: event.get(name) for name in EVENT}})).hexdigest()


def genesis(request_id: str) -> str:
    """What the first event of a request follows."""
    return hashlib.sha256(f"habeas evidence 1 {request_id}".encode()).hexdigest()


def check_chain(events: Iterable[Mapping[str, Any]], head: str | None = None) -> Iterator[tuple[int, str, str]]:
    """What is wrong with one request's events: number, kind, detail."""
    seen: set[int] = set()
    before: Mapping[str, Any] | None = None
    for event in events:
        n = event["n"]
        if event_hash(event) != event["hash"]:
            yield n, "changed", "its content does not have its hash"
        if before is None:
            if n != 1:
                yield n, "front_cut", f"the chain begins with number {n}"
            elif event["previous"] != genesis(event["request_id"]):
                yield n, "broken", "the first event does not follow the genesis hash of its request"
        else:
            yield from _after(event, before, seen)
        seen.add(n)
        before = event
    if head is not None and head != (before["hash"] if before else None):
        yield (before["n"] if before else 0), "end_cut", "the last event is not the expected head"


def _after(event: Mapping[str, Any], before: Mapping[str, Any], seen: set[int]) -> Iterator[tuple[int, str, str]]:
    n, last = event["n"], before["n"]
    if event["request_id"] != before["request_id"]:
        yield n, "foreign", "it belongs to another request than the event before"
    if n in seen:
        yield n, "duplicate", f"number {n} is there twice"
    elif n < last:
        yield n, "reordered", f"number {n} comes after number {last}"
    elif n > last + 1:
        yield n, "gap", f"number {n} comes right after number {last}"
    elif event["previous"] != before["hash"]:
        yield n, "broken", f"it does not follow the hash of number {last}"


def _events(data: bytes) -> list[dict[str, Any]]:
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise Unfit("its last line has no end")
    return [_event(line, number) for number, line in enumerate(lines, start=1)]


def _event(line: bytes, number: int) -> dict[str, Any]:
    event = _object(line)
    texts = [event.get(name) for name in ("actor", "at", "hash", "previous", "request_id", "tag")]
    fits = set(event) == {*EVENT, "hash"} and isinstance(event["facts"], dict) and type(event["n"]) is int
    if not fits or not all(isinstance(text, str) for text in texts) or canonical(event) != line:
        raise Unfit(f"line {number} is no event")
    return event


# Anchors: a chain over all requests. Each is the root of a Merkle tree (RFC 9162) over the heads that it covers.


def anchor_hash(anchor: Mapping[str, Any]) -> str:
    """The hash that an anchor must have."""
    return hashlib.sha256(canonical({"v": 1, **{name: anchor.get(name) for name in ANCHOR}})).hexdigest()


def leaf(request_id: str, n: int, head: str) -> bytes:
    """The leaf of one request: its event of this number has this hash."""
    return hashlib.sha256(b"\0" + canonical({"hash": head, "n": n, "request_id": request_id})).digest()


def root_of(leaves: list[bytes]) -> str:
    """The root over leaves, in hex."""
    return _tree(leaves).hex()


def path_of(leaves: list[bytes], index: int) -> list[str]:
    """What one leaf needs to show that it is in the tree, from the leaf to the root, in hex."""
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    left, right = leaves[:half], leaves[half:]
    if index < half:
        return [*path_of(left, index), _tree(right).hex()]
    return [*path_of(right, index - half), _tree(left).hex()]


def root_by(found: bytes, index: int, size: int, path: list[str]) -> str:
    """The root that a leaf at its place leads to by its path, in hex; empty where the path does not fit the place."""
    sides = []
    while size > 1:
        half = _half(size)
        sides.append(index < half)
        index, size = (index, half) if index < half else (index - half, size - half)
    if len(sides) != len(path) or index:
        return ""
    for is_left, other in zip(reversed(sides), path, strict=True):
        beside = bytes.fromhex(other)
        found = _node(found, beside) if is_left else _node(beside, found)
    return found.hex()


def _tree(leaves: list[bytes]) -> bytes:
    level = list(leaves)
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = [_node(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0]


def _half(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def check_anchors(anchors: Iterable[Mapping[str, Any]], *, whole: bool = True) -> Iterator[tuple[int, str, str]]:
    """What is wrong with a chain of anchors: number, kind, detail. Unless it is ``whole``, it may begin anywhere."""
    before: Mapping[str, Any] | None = None
    for one in anchors:
        number = one["number"]
        if anchor_hash(one) != one["hash"]:
            yield number, "changed", "its content does not have its hash"
        if before is None:
            if whole and (number, one["previous"]) != (1, FIRST_ANCHOR):
                yield number, "front_cut", f"the anchors begin with number {number}"
        elif number != before["number"] + 1:
            yield number, "gap", f"number {number} comes right after number {before['number']}"
        elif one["previous"] != before["hash"]:
            yield number, "broken", f"it does not follow the hash of number {before['number']}"
        before = one


def read_anchors(data: bytes) -> list[dict[str, Any]]:
    """Anchors as the place outside keeps them: one JSON object a line."""
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise Unfit("its last line has no end")
    return [_anchor(_object(line)) for line in lines]


def _anchor(one: Mapping[str, Any]) -> dict[str, Any]:
    numbers = all(type(one.get(name)) is int for name in ("events", "heads", "number"))
    texts = all(isinstance(one.get(name), str) for name in ("at", "hash", "previous", "root"))
    if not numbers or not texts:
        raise Unfit("an anchor is not of its form")
    return {name: one[name] for name in (*ANCHOR, "hash")}


# The signature: Ed25519 (RFC 8032), in the standard library's own numbers.

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Point = tuple[int, int, int, int]


def _add(one: _Point, other: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % _P, (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(count: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while count:
        total = _add(total, point) if count & 1 else total
        point, count = _add(point, point), count >> 1
    return total


def _point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P if y < _P else -1
    if square < 0:
        return None
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key signed this message so."""
    if len(key) != 32 or len(signature) != 64 or _BASE is None:
        return False
    whose, r, s = _point(key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if whose is None or r is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    left, right = _times(s, _BASE), _add(r, _times(h, whose))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


# The pack.


def verify(data: bytes, *, key: str | None = None, anchors: bytes | None = None) -> Verdict:
    """Check a whole pack.

    Args:
        data: the bytes of the ZIP file.
        key: what must have signed it, in hex, known from elsewhere; without it only that its own key did.
        anchors: the anchors from the place outside, one a line; without them only those in the pack.
    """
    try:
        files = _opened(data)
    except Unfit as error:
        return Verdict((Finding("", "archive", str(error)),))
    try:
        manifest = _manifest(files)
    except Unfit as error:
        return Verdict((Finding(MANIFEST, "form", str(error)),))
    findings = [*_check_files(files, manifest), *_check_signature(files, manifest, key)]
    anchored = 0
    try:
        events = _events(files.get(EVIDENCE, b""))
        findings += _check_events(events, manifest)
        found, anchored = _check_in_anchors(files, events, manifest["request_id"], anchors)
        findings += [*found, *_check_report(files, events)]
    except (Unfit, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        findings.append(Finding("", "form", f"a file is not of its form: {error}"))
    head = manifest["head"]
    return Verdict(tuple(findings), manifest["request_id"], manifest["events"], head, anchored, manifest["key"])


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Unfit("it is not JSON") from None
    if not isinstance(found, dict):
        raise Unfit("it is no JSON object")
    return found


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    if MANIFEST not in files:
        raise Unfit("it is missing")
    manifest = _object(files[MANIFEST])
    if manifest.get("format") != FORMAT:
        raise Unfit(f"it is not of the format '{FORMAT}'")
    texts = all(isinstance(manifest.get(name), str) for name in ("request_id", "made_at", "head", "key"))
    if not texts or type(manifest.get("events")) is not int or not isinstance(manifest.get("files"), dict):
        raise Unfit("something is missing in it")
    return manifest


def _check_files(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[Finding]:
    listed = manifest["files"]
    for name in sorted(listed.keys() - files.keys()):
        yield Finding(name, "missing", "the manifest lists it")
    for name in sorted(files.keys() - listed.keys() - {MANIFEST, SIGNATURE}):
        yield Finding(name, "added", "the manifest does not list it")
    for name in sorted(files.keys() & listed.keys()):
        if {"sha256": hashlib.sha256(files[name]).hexdigest(), "size": len(files[name])} != listed[name]:
            yield Finding(name, "changed", "its content does not have the hash that the manifest lists")
    for name in sorted({EVIDENCE, ANCHORS, REPORT} - files.keys() - listed.keys()):
        yield Finding(name, "missing", "every pack has it")


def _check_signature(files: Mapping[str, bytes], manifest: Mapping[str, Any], key: str | None) -> Iterator[Finding]:
    try:
        whose, signature = bytes.fromhex(manifest["key"]), bytes.fromhex(files.get(SIGNATURE, b"").decode())
    except ValueError:
        whose = signature = b""
    if not is_signed(whose, FORMAT.encode() + b"\n" + files[MANIFEST], signature):
        yield Finding(SIGNATURE, "signature", "the manifest's key did not sign the manifest")
    if key is not None and key.strip().lower() != manifest["key"]:
        yield Finding(SIGNATURE, "signature", "another key signed it than the one that was given")


def _check_events(events: list[dict[str, Any]], manifest: Mapping[str, Any]) -> Iterator[Finding]:
    for n, kind, detail in check_chain(events, manifest["head"]):
        yield Finding(f"{EVIDENCE}:{n}", kind, detail)
    if len(events) != manifest["events"]:
        yield Finding(EVIDENCE, "end_cut", f"{len(events)} events instead of {manifest['events']}")
    if any(event["request_id"] != manifest["request_id"] for event in events):
        yield Finding(EVIDENCE, "foreign", "events of another request than the manifest says")


def _check_in_anchors(
    files: Mapping[str, bytes], events: list[dict[str, Any]], request_id: str, outside: bytes | None
) -> tuple[list[Finding], int]:
    """What is wrong, and up to which event the chain is anchored."""
    inside = _object(files.get(ANCHORS, b""))
    anchors = {one["number"]: one for one in map(_anchor, inside["anchors"])}
    hashes = {event["n"]: event["hash"] for event in events}
    findings = [
        Finding(f"{ANCHORS}:{number}", kind, detail)
        for number, kind, detail in check_anchors(map(_anchor, inside["anchors"]), whole=False)
    ]
    anchored = 0
    for proof in inside["proofs"]:
        anchor, n = anchors.get(proof["number"]), proof["n"]
        found = leaf(request_id, n, hashes.get(n, ""))
        if anchor is None or anchor["root"] != root_by(found, proof["index"], anchor["heads"], proof["path"]):
            findings.append(Finding(f"{ANCHORS}:{proof['number']}", "unproven", f"event {n} is not in this anchor"))
        else:
            anchored = max(anchored, n)
    if outside is not None:
        findings += _compare(anchors, outside)
    return findings, anchored


def _compare(anchors: Mapping[int, Mapping[str, Any]], outside: bytes) -> Iterator[Finding]:
    kept = read_anchors(outside)
    for number, kind, detail in check_anchors(kept):
        yield Finding(f"outside:{number}", kind, detail)
    known = {one["number"]: one for one in kept}
    for number, one in sorted(anchors.items()):
        if number not in known:
            yield Finding(f"{ANCHORS}:{number}", "missing", "the place outside does not have this anchor")
        elif known[number]["hash"] != one["hash"]:
            yield Finding(f"{ANCHORS}:{number}", "changed", "the place outside has another anchor of this number")


def _check_report(files: Mapping[str, bytes], events: list[dict[str, Any]]) -> Iterator[Finding]:
    """The report tells of these events and no others, and letters are those that the events name."""
    report = _object(files.get(REPORT, b""))
    if [(one["n"], one["hash"]) for one in report["timeline"]] != [(one["n"], one["hash"]) for one in events]:
        yield Finding(REPORT, "changed", "its timeline is not that of the events")
    queued = {event["n"]: event["facts"].get("digest") for event in events if event["tag"] == "letter:queued"}
    for number, letter in enumerate(report["letters"], start=1):
        if letter["event"] is not None and queued.get(letter["event"], "") != letter["digest"]:
            yield Finding(f"{REPORT}:letters:{number}", "foreign", "its event does not note a letter of this digest")
    digests = {letter["event"]: letter["digest"] for letter in report["letters"]}
    shown = _object(files[PERSONAL])["letters"] if PERSONAL in files else []
    for number, letter in enumerate(shown, start=1):
        made = hmac.new(bytes.fromhex(letter["salt"]), canonical(letter["content"]), hashlib.sha256).hexdigest()
        if digests.get(letter["event"]) not in (None, made):
            yield Finding(f"{PERSONAL}:letters:{number}", "changed", "its content does not have its digest")


def _shown(text: str) -> str:
    """What a hostile pack says, without what would move a terminal's cursor."""
    return text.encode("unicode_escape").decode()


def main(words: list[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Check an evidence pack of Habeas, offline.")
    parser.add_argument("pack", type=Path, help="the ZIP file")
    parser.add_argument("--key", metavar="HEX", help="the company's key, known from elsewhere")
    parser.add_argument("--anchors", type=Path, metavar="FILE", help="the anchors, from the place where they are kept")
    asked = parser.parse_args(words)
    try:
        anchors = asked.anchors.read_bytes() if asked.anchors else None
        verdict = verify(asked.pack.read_bytes(), key=asked.key, anchors=anchors)
    except OSError as error:
        sys.stderr.write(f"{error.strerror}: {error.filename}\n")
        return 2
    for where, kind, detail in verdict.findings:
        sys.stdout.write(f"{_shown(where) or 'the pack'}: {kind}: {_shown(detail)}\n")
    if verdict.findings:
        sys.stdout.write("NOT WHOLE\n")
        return 1
    sys.stdout.write(f"Whole: {verdict.events} events of {verdict.request_id}, last hash {verdict.head}\n")
    sys.stdout.write(f"Anchored up to event {verdict.anchored}; signed by {verdict.key}\n")
    if asked.key is None or asked.anchors is None:
        sys.stdout.write("By its own word alone: compare key and anchors with those from elsewhere.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
