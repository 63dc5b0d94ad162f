"""Read a data map. A fault has its file and line; what is only undecided is kept for `problems` to name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from habeas.datamap.model import DataMap, TomlPath
from habeas.datamap.problems import problems
from habeas.errors import DataMapError
from habeas.policy.lines import key_lines, line_of

UNDECIDED = "?"
"""A value that begins with it is a guess that nobody has confirmed yet; alone it is not even a guess."""


def load_map(path: Path) -> DataMap:
    """Read a map's file; its undecided places stay visible in `DataMap.undecided`.

    Raises:
        DataMapError: there is no such file, it is not TOML, or not in the form of a data map; names file and lines.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataMapError(f"There is no data map {path}: `habeas system map init` drafts one.") from None
    except UnicodeDecodeError:
        raise DataMapError(f"{path}: the file is not in UTF-8.") from None
    except OSError as error:
        raise DataMapError(f"The data map {path} cannot be read: {error.strerror}.") from None
    return parse_map(text, str(path))


def parse_map(text: str, origin: str = "the data map") -> DataMap:
    """As `load_map`, from the text itself."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataMapError(f"{origin}: not valid TOML: {error}.") from None
    lines = key_lines(text)
    undecided: list[TomlPath] = []
    try:
        data_map = DataMap.model_validate(_without_marks(raw, (), undecided))
    except ValidationError as error:
        faults = [
            f"{origin}:{line_of(lines, details['loc'])}: {'.'.join(map(str, details['loc']))}: {details['msg']}"
            for details in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise DataMapError("\n".join(faults), system=raw.get("system", "")) from None
    data_map._undecided, data_map._lines, data_map._origin = tuple(undecided), lines, origin
    return data_map


def require_decided(data_map: DataMap) -> DataMap:
    """The same map, if nothing in it is undecided or contradictory.

    Raises:
        DataMapError: lists everything that is, with lines.
    """
    found = problems(data_map)
    if found:
        listed = "\n".join(f"{data_map.origin}: {one}" for one in found)
        raise DataMapError(listed, system=data_map.system, findings=found)
    return data_map


def _without_marks(value: Any, path: TomlPath, undecided: list[TomlPath]) -> Any:
    """The value with guesses taken as they stand, and where they stood noted. A bare mark falls away altogether."""
    if isinstance(value, dict):
        items = {key: _without_marks(one, (*path, key), undecided) for key, one in value.items()}
        return {key: one for key, one in items.items() if one is not None}
    if isinstance(value, list):
        listed = [_without_marks(one, (*path, number), undecided) for number, one in enumerate(value)]
        return [one for one in listed if one is not None]
    if isinstance(value, str) and value.startswith(UNDECIDED):
        undecided.append(path)
        return value.removeprefix(UNDECIDED) or _stand_in(path)
    return value


def _stand_in(path: TomlPath) -> str | None:
    """A map is read only with some rule for a column, some law for what is shared; both are reported all the same."""
    if len(path) > 3 and path[2] == "columns" and path[-1] in (path[3], "erase"):
        return "keep"
    return "not decided" if path[2:] == ("shared", "law") else None
