"""What a person would read in another language than theirs, and words of the map that nobody would read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from habeas.datamap.finding import Finding, finding
from habeas.datamap.model import DataMap, TomlPath
from habeas.phrases import Part, Spoken, spoken


def untranslated(data_map: DataMap) -> Iterator[Finding]:
    """Each phrase once for every language that lacks it; languages and phrases that the map does not have."""
    places: dict[str, TomlPath] = {}
    for one in spoken(data_map.manifest()):
        places.setdefault(one.phrase, _place(one))
    for language in dict.fromkeys(data_map.languages):
        yield from _missing(data_map, language, places)
    for language in data_map.words:
        yield from _unused(data_map, language, places)


def _missing(data_map: DataMap, language: str, places: Mapping[str, TomlPath]) -> Iterator[Finding]:
    # Of what is undecided nothing else is asked: the phrase may become another one.
    open_ = set(data_map.undecided)
    for phrase in data_map.manifest().glossary.lacking(places, language):
        where = places[phrase]
        if where in open_ or ("words", language, phrase) in open_:
            continue
        problem = f"{_quoted(phrase)} has no words in {language!r}"
        write = f'write {_quoted(phrase)} = "…" under [words.{language}]'
        table = str(where[1]) if where[0] == "tables" else None
        column = str(where[3]) if where[2:3] == ("columns",) else None
        yield finding(data_map, problem, write, table, column, *(where[2:] if table else where))


def _unused(data_map: DataMap, language: str, places: Mapping[str, TomlPath]) -> Iterator[Finding]:
    place = ("words", language)
    if language == data_map.language:
        problem = f"the map itself is in {language!r}"
        yield finding(data_map, problem, "write the phrase itself as it should be read", None, None, *place)
        return
    if language not in data_map.languages:
        problem = f"there are words in {language!r}, which is none of its languages"
        yield finding(data_map, problem, f'add "{language}" to languages, or remove them', None, None, *place)
    for phrase in data_map.words[language]:
        if phrase not in places:
            near = difflib.get_close_matches(phrase, places, n=1)
            write = f"write it as the map does: {_quoted(near[0])}" if near else "remove it"
            problem = f"words.{language}: nothing in the map is called {_quoted(phrase)}"
            yield finding(data_map, problem, write, None, None, *place, phrase)


def _place(one: Spoken) -> TomlPath:
    """Where the map writes a phrase; where it does not, its line is that of the nearest thing around it."""
    if one.collection is None:
        return ("title",)
    table: TomlPath = ("tables", one.collection)
    match one.part:
        case Part.TITLE:
            return (*table, "title")
        case Part.LAW:
            return (*table, "retention", "law")
        case Part.SHARED:
            return (*table, "shared", "law")
        case Part.LABEL | Part.BECAUSE:
            return (*table, "columns", str(one.field), one.part.value)


def _quoted(phrase: str) -> str:
    """As it may stand for a key in TOML."""
    return json.dumps(phrase, ensure_ascii=False)
