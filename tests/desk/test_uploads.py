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


def office(types: str, rels: str = "") -> bytes:
    """A workbook that declares its parts."""
    parts = {"[Content_Types]_xml": types, "xl__workbook_xml": "x", "xl___rels__workbook_xml.rels": rels}
    return zipped(**parts)


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
        (office("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"), "xlsx"),
        (zipped(mimetype="application/vnd.oasis.opendocument.text", content_xml="x"), "odt"),
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
        zipped(xl__workbook_xml="x", xl__macrosheets__sheet1_xml="x"),
        zipped(mimetype="application/vnd.oasis.opendocument.text", Basic__Standard__x_xml="x"),
        zipped(mimetype="application/vnd.oasis.opendocument.text", Scripts__python__x="x"),
        office('<Override PartName="/xl/a.bin" ContentType="application/vnd.ms-office.vbaProject"/>'),
        office('<Override PartName="/xl/a.bin" ContentType="application/vnd.ms-office.&#118;baProject"/>'),
        office("application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        office("x" * 600_000),
        office("plain", rels="http://schemas.microsoft.com/office/2006/relationships/vbaProject"),
    ],
)
def test_what_is_not(content: bytes) -> None:
    assert kind_of(content) is None
