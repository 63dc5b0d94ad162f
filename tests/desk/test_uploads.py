"""Files are known by what is in them."""

import io
import zipfile

import pytest

from workers.desk.uploads import kind_of


def zipped(**files: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), text)
    return into.getvalue()


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b"%PDF-1.4", "pdf"),
        (b"\x89PNG\r\n\x1a\n\x00", "png"),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"II*\x00", "tif"),
        ("navn;by\nÅse;Ærø\n".encode(), "txt"),
        (b'\xef\xbb\xbf{"a": 1}', "json"),
        (b"{not json", "txt"),
        (b"[" * 100_000, "txt"),
        (zipped(xl__workbook_xml="x"), "xlsx"),
        (zipped(word__document_xml="x"), "docx"),
        (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "ods"),
        (zipped(letters="x"), "zip"),
    ],
)
def test_what_is_taken(content: bytes, ending: str) -> None:
    known = kind_of(content)
    assert known is not None
    assert known[1] == ending


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>x",
        b"  <SVG onload=alert(1)>",
        b"text first <script>alert(1)</script>",
        b"<?xml version='1.0'?><a/>",
        b"MZ\x90\x00",
        b"\x7fELF\x02\x01",
        b"GIF89a\x00",
        b"caf\xe9",
        b"PK\x03\x04 no archive",
        zipped(xl__workbook_xml="x", xl__vbaProject_bin="x"),
    ],
)
def test_what_is_not(content: bytes) -> None:
    assert kind_of(content) is None
