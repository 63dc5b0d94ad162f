"""The attachments are what they say they are."""

import re
import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from workers.samples import files


@given(st.integers(0, 255), st.integers(1, 24))
def test_png_has_chunks_with_right_sums_and_all_its_pixels(shade: int, side: int) -> None:
    data = files.png(shade, side)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, kinds, pixels = 8, [], b""
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(kind + body),)
        kinds.append(kind)
        pixels += zlib.decompress(body) if kind == b"IDAT" else b""
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    assert len(pixels) == side * (1 + 3 * side)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_pdf_points_at_its_objects(lines: list[str]) -> None:
    data = files.pdf(*lines)
    start = int(data.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert data[start:].startswith(b"xref\n0 6\n")
    for number, offset in enumerate(re.findall(rb"^(\d{10}) 00000 n ", data[start:], re.MULTILINE), start=1):
        assert data[int(offset) :].startswith(b"%d 0 obj\n" % number)


def test_pdf_escapes_and_keeps_latin_letters() -> None:
    assert b"(S\xf8ren \\(junior\\))" in files.pdf("Søren (junior)")
    assert b"(??)" in files.pdf("佐藤")


def test_text_has_as_many_entries_as_asked_for() -> None:
    assert files.text("K100001", 3).decode().splitlines() == [
        "# K100001",
        "20:00 link down",
        "20:01 link up",
        "20:02 link down",
    ]
