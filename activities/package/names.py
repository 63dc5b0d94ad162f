"""Names of members of a package: safe to unpack on any system, whatever a file was called where it came from."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["Names", "safe_name"]

_LIMIT = 120
"""Bytes of UTF-8 that a name may have: with folders, far below the 260 characters that Windows allows a path."""

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
# What a double click would run, or a browser would run from the person's own disk: opened as text instead.
_ACTIVE = re.compile(
    r"app|application|bat|chm|cmd|com|cpl|desktop|exe|gadget|hlp|hta|s?html?|inf|jar|jse?|lnk|mht(ml)?|mjs|ms[cip]|pif"
    r"|ps1|py|reg|scf|scr|sh|svgz?|url|vb[es]?|ws[fh]|xht(ml)?|xml|xslt?",
    re.IGNORECASE,
)


def safe_name(name: str, fallback: str = "file") -> str:
    """A harmless file name made of this one.

    No folders, no control or invisible or direction-changing characters, no name that a system reserves, at most 120
    bytes, never hidden, never something that runs when opened.
    """
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = "".join(c if c.isspace() or unicodedata.category(c)[0] not in "CZ" else "" for c in text)
    text = _FORBIDDEN.sub("_", " ".join(text.split())).strip(". ")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 12:
        stem, extension = text, ""
    if _ACTIVE.fullmatch(extension):
        extension = f"{extension}.txt"
    ending = f".{extension}" if extension else ""
    stem = _shorten(stem, _LIMIT - len(ending.encode())).strip(". ") or fallback
    return f"_{stem}{ending}" if _RESERVED.match(f"{stem}{ending}") else f"{stem}{ending}"


def _shorten(text: str, octets: int) -> str:
    return text.encode()[:octets].decode(errors="ignore")


class Names:
    """Hands out each name once, also for eyes and disks that know no upper case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, name: str) -> str:
        """The path ``folder/name``, with a number added to the name if it is taken."""
        stem, dot, ending = name.rpartition(".")
        if not stem:
            stem, dot, ending = name, "", ""
        path, n = f"{folder}{name}", 1
        while path.casefold() in self._taken:
            n += 1
            path = f"{folder}{stem}-{n}{dot}{ending}"
        self._taken.add(path.casefold())
        return path
