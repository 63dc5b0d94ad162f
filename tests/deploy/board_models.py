"""Whether Grafana's own models take a board: run by the Python that has them. Prints what they do not know."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KNOWN = ("titleFormat", "textFormat")
"""Of Prometheus' annotations, which the models leave to the data source."""


def lost(was: Any, made: Any, place: str = "board") -> Iterator[str]:
    """Where what was written is not what the models made of it."""
    if isinstance(was, dict) and isinstance(made, dict):
        for key, value in was.items():
            if key in made:
                yield from lost(value, made[key], f"{place}.{key}")
            elif value not in (None, [], {}, "", False) and key not in KNOWN:
                yield f"{place}.{key}"
    elif isinstance(was, list) and isinstance(made, list) and len(was) == len(made):
        for number, (one, other) in enumerate(zip(was, made, strict=True)):
            yield from lost(one, other, f"{place}[{number}]")
    elif was != made:
        yield place


def main(path: str) -> None:
    """Print what is lost of a board, a place on each line."""
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    plugins.register_default_plugins()
    was = json.loads(Path(path).read_text(encoding="utf-8"))
    made = json.loads(JSONEncoder().encode(Dashboard.from_json(was)))
    sys.stdout.writelines(f"{one}\n" for one in lost(was, made))


if __name__ == "__main__":
    main(sys.argv[1])
