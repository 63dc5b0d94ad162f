"""Files from outside: read into memory within a bound, and known by what is in them, not by their names."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import AsyncGenerator, Iterable
from pathlib import PurePath

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from activities.task_model import FoundFile
from habeas.errors import BadInput

MOST_NAME = 120

_MAGIC = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
)
_OFFICE = {
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "word/document.xml": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
}
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
}
_TYPES = "[Content_Types].xml"
_MOST_DECLARED = 512 * 1024
"""Bytes in which an office file says what its parts are; who needs more hides something."""
_MACROS = re.compile(r"vbaproject|vbadata|macroenabled|macrosheet|activex", re.IGNORECASE)
_MARKUP = re.compile(r"<\s*(?:!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)
_LOOKED_AT = 4096
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def prints(files: Iterable[FoundFile]) -> list[tuple[str, str]]:
    """The names of files and what is in them, as digests: by these the same form with another file is another one."""
    return [(one.name, hashlib.sha256(one.content).hexdigest()) for one in files]


class TooLarge(BadInput):
    """The answer is larger than it may be."""

    kept: FormData = FormData()
    """What was typed, as far as it was read; files are not in it. Personal: to be shown to who typed it, only."""


class _InMemory(MultiPartParser):
    """Nothing of it is written to a disk: what processors send is personal, and temporary files are not sealed.

    Of files that are too large together nothing more is kept, and what was typed is read to its end.
    """

    spool_max_size = 2**31

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], *, most: int, **bounds: int) -> None:
        super().__init__(headers, stream, max_part_size=most, **bounds)
        self._room = most
        self.too_large = False

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Count, and keep what there is room for."""
        self._room -= end - start
        if self._room < 0 and self._current_part.file is not None:
            self.too_large = True
            return
        super().on_part_data(data, start, end)


async def read_form(request: Request, most: int, fields: int, files: int, drained: int | None = None) -> FormData:
    """A form, with its files, in memory.

    Args:
        request: whose body was not read yet.
        most: bytes of the whole body.
        fields: how many fields at most.
        files: how many files at most.
        drained: bytes up to which a body that is too large is read to its end, so that what was typed can be shown
            again; unset to refuse it unread.

    Raises:
        TooLarge: the body is larger than that.
        BadInput: it is no form that can be read, or has more in it.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    stream = _bounded(request, drained or most)
    try:
        if content_type == "multipart/form-data":
            parser = _InMemory(request.headers, stream, most=most, max_files=files, max_fields=fields)
            form = await parser.parse()
            return await _kept(form) if parser.too_large else form
        if content_type == "application/x-www-form-urlencoded":
            # A form without files is small: where it may be drained, all of it was typed.
            form = await FormParser(Headers(), stream, max_fields=fields, max_part_size=drained or most).parse()
            return await _kept(form) if _length(request) > most else form
    except (MultiPartException, ClientDisconnect, KeyError):
        raise BadInput("The form cannot be read.", field="form") from None
    raise BadInput("The form cannot be read.", field="form")


async def _kept(form: FormData) -> FormData:
    await form.close()
    error = TooLarge("The answer is too large.", field="file_size")
    error.kept = FormData([(name, value) for name, value in form.multi_items() if isinstance(value, str)])
    raise error


def _length(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise TooLarge("The answer is too large.", field="file_size")
    got = 0
    async for chunk in request.stream():
        got += len(chunk)
        if got > most:
            raise TooLarge("The answer is too large.", field="file_size")
        yield chunk


async def found_files(form: FormData, name: str, most: int) -> tuple[FoundFile, ...]:
    """The files of one field that hold anything.

    Raises:
        BadInput: one is too large, or of a kind that is not taken; ``facts["field"]`` says which.
    """
    sent = [each for each in form.getlist(name) if isinstance(each, UploadFile)]
    read = [(each.filename or "", await each.read()) for each in sent]
    return tuple(_file(called, content, most) for called, content in read if content)


def _file(name: str, content: bytes, most: int) -> FoundFile:
    if len(content) > most:
        raise TooLarge("A file is too large.", field="file_size")
    known = kind_of(content)
    if known is None:
        raise BadInput("A file is of a kind that is not taken.", field="file_type")
    media_type, ending = known
    stem = PurePath(name.replace("\\", "/")).stem[:MOST_NAME].strip() or "file"
    if media_type == "text/plain":
        ending = PurePath(name).suffix.lower()[1:] if re.search(r"\.(csv|tsv|md|log|eml|vcf)$", name.lower()) else "txt"
    return FoundFile(name=f"{stem}.{ending}", media_type=media_type, content=content)


def kind_of(content: bytes) -> tuple[str, str] | None:
    """Media type and ending of a file by what is in it; None for a kind that is not taken.

    Taken is what a person can open without running anything: PDF, pictures, text, JSON, office files and ZIP. A page
    of HTML, SVG or XML is not: it could run in the browser of whoever opens it.
    """
    for magic, media_type, ending in _MAGIC:
        if content.startswith(magic):
            return media_type, ending
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    return _text(content)


def _zipped(content: bytes) -> tuple[str, str] | None:
    """Its table of contents is read, and where an office file says what its parts are; never what it unpacks to."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if _runs(archive, names):
                return None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError):
        return None
    for marker, known in _OFFICE.items():
        if marker in names:
            return known
    # An OpenDocument's first entry is its type, stored as it is.
    for media_type, ending in _OPEN_DOCUMENT.items():
        if media_type in content[:200] and "mimetype" in names:
            return media_type.decode(), ending
    return "application/zip", "zip"


def _runs(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Whether it is an office file that has macros: whatever their part is called, it is declared as one."""
    lower = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in f"/{name}" for name in lower):
        return True
    if "mimetype" in names:  # OpenDocument
        return any(name.startswith(("basic/", "scripts/")) for name in lower)
    if _TYPES not in names:
        return False
    for name in (_TYPES, *(one for one in names if one.lower().endswith(".rels"))):
        with archive.open(name) as part:
            said = part.read(_MOST_DECLARED + 1)
        if len(said) > _MOST_DECLARED or _MACROS.search(html.unescape(said.replace(b"\0", b"").decode("latin-1"))):
            return True
    return False


def _text(content: bytes) -> tuple[str, str] | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text) or _MARKUP.search(text[:_LOOKED_AT]):
        return None
    if text.lstrip()[:1] in {"{", "["}:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return "text/plain", "txt"
        return "application/json", "json"
    return "text/plain", "txt"
