"""The data map of a SQL store: what each table and column is, how rows belong to a person, what erasure does to them.

One reviewed TOML file per store. Nothing in it is guessed at run time: what is not decided is named by
``habeas system map check``, and no process starts on it.
"""

from habeas.datamap.finding import Finding
from habeas.datamap.load import load_map, parse_map, require_decided
from habeas.datamap.model import (
    ColumnRule,
    DataMap,
    Effect,
    FileRule,
    IdentifierRule,
    Link,
    MapRetention,
    MatchBy,
    RestrictRule,
    StopRule,
    TableRule,
)
from habeas.datamap.problems import problems

__all__ = [
    "ColumnRule",
    "DataMap",
    "Effect",
    "FileRule",
    "Finding",
    "IdentifierRule",
    "Link",
    "MapRetention",
    "MatchBy",
    "RestrictRule",
    "StopRule",
    "TableRule",
    "load_map",
    "parse_map",
    "problems",
    "require_decided",
]
