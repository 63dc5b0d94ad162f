"""Small real files to be attached: a picture, a document, a log. The same bytes for the same arguments, anywhere."""

from __future__ import annotations

import struct
import zlib

__all__ = ["pdf", "png", "text"]


def png(shade: int, side: int = 16) -> bytes:
    """A square picture of one colour that fades: a photo of a router's lights, if you squint."""
    rows = b"".join(
        b"\0" + b"".join(bytes((shade & 255, (shade * 7 + y * 9) & 255, (x * 15) & 255)) for x in range(side))
        for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    # Level 0 stores: other levels may give other bytes with another zlib.
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pdf(*lines: str) -> bytes:
    """One page with these lines in Helvetica; what Latin-1 cannot write becomes a question mark."""
    shown = b" T* ".join(b"(" + _escaped(line) + b") Tj" for line in lines)
    content = b"BT /F1 14 Tf 18 TL 60 760 Td " + shown + b" ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def _escaped(line: str) -> bytes:
    raw = line.encode("cp1252", errors="replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def text(name: str, entries: int) -> bytes:
    """A log as a device writes it."""
    lines = [f"# {name}"] + [
        f"{20 + n // 60:02d}:{n % 60:02d} link {'up' if n % 2 else 'down'}" for n in range(entries)
    ]
    return ("\n".join(lines) + "\n").encode()
