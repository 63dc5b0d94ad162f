"""A package, as somebody opens it."""

from __future__ import annotations

import html
import json
import zipfile
from typing import Any

Row = dict[str, Any]


class Package:
    """A package that is open before us."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self.zip = zipped
        self.names = tuple(zipped.namelist())

    def rows(self, system: str, table: str) -> list[Row]:
        """The records of one table."""
        found: list[Row] = self.json(f"data/{system}/{table}.json")
        return found

    def tables(self) -> set[str]:
        """``system/table`` of all that there is data of."""
        return {one[5:-5] for one in self.names if one.startswith("data/") and one.endswith(".json")}

    def json(self, name: str) -> Any:
        """One file."""
        return json.loads(self.zip.read(name))

    def text(self) -> str:
        """The page that people read."""
        return " ".join(html.unescape(self.zip.read("index.html").decode()).split())
