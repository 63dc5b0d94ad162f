"""Whoever is answered in another language than the data maps are in reads nothing of the maps as it is written there.

What is looked for is every phrase of the maps of a controller: a new one is looked for as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from habeas.connector import Manifest
from habeas.model import Right
from habeas.phrases import Part, spoken
from tests.policies.world import Asked, Installation

Reader = tuple[str, str, str]
"""A controller, the language of somebody who asks it, and where they live."""

_READERS = [("dimpo", "fr", "CA-QC"), ("dialogra", "fr", "FR"), ("opendims", "da", "DK")]
readers = pytest.mark.parametrize("reader", _READERS, ids=lambda one: f"{one[0]}-{one[1]}")
_CORRECTION = ("full name: Ada Test => Ada Byron",)
_CORRECTED = {"fr": "Nom complet", "da": "Fulde navn"}
_DATA = frozenset({"td", "dd", "time", "style", "code"})
_PROPER = re.compile(r"Example \w+")
"""Recipients, as the answers name them."""


def manifests(world: Installation, controller: str) -> dict[str, Manifest]:
    """What the controller's systems say of themselves."""
    return {name: world.parts.connector(name).manifest for name in world.policy(controller).systems}


def foreign(world: Installation, controller: str, language: str) -> set[str]:
    """Every phrase of the maps that is another one in this language, and no word of it; never none."""
    written, read = set[str](), set[str]()
    for manifest in manifests(world, controller).values():
        phrases = {one.phrase for one in spoken(manifest)}
        written |= phrases
        read |= {manifest.glossary.say(one, language) for one in phrases}
    assert len(written - read) > 20
    return written - read


def told(world: Installation, controller: str, language: str, part: Part) -> Iterator[str]:
    """Every phrase of a kind, as it is read in this language."""
    for manifest in manifests(world, controller).values():
        yield from (manifest.glossary.say(one.phrase, language) for one in spoken(manifest) if one.part is part)


def assert_none_in(letter: str, phrases: set[str]) -> None:
    """None of the phrases stands there by itself."""
    text = _PROPER.sub("", letter)
    found = {one for one in phrases if re.search(rf"(?<![\w’'./-]){re.escape(one)}(?![\w’'./-])", text)}
    assert not found, letter


class _Page(HTMLParser):
    """What a page says in its own words: all texts that are not data, whole and in their parts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.said: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "br"}:
            self._open.append(tag)
        self.said |= {value for name, value in attrs if name in {"aria-label", "data-label"} and value}

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not _DATA.intersection(self._open):
            self.said |= {one.strip() for one in (data, *re.split("[:;,]", data)) if one.strip()}


async def answered(world: Installation, reader: Reader, right: Right, **words: Any) -> Asked:
    """A new person's request, carried to its end in the reader's language."""
    controller, language, lives = reader
    person = await world.settle(controller)
    return await world.through(controller, person, right, jurisdiction=lives, language=language, **words)


@readers
async def test_a_copy_names_systems_and_fields_in_the_readers_language(world: Installation, reader: Reader) -> None:
    controller, language, _ = reader
    phrases = foreign(world, controller, language)
    case = await answered(world, reader, Right.ACCESS)
    letter = case.letter("/d/")
    assert_none_in(letter, phrases)
    for reason in told(world, controller, language, Part.BECAUSE):
        assert reason in letter
    package = await case.package()
    said = _Page(package.zip.read("index.html").decode()).said
    assert not said & phrases
    for system, manifest in manifests(world, controller).items():
        for one in manifest.collections:
            if f"{system}/{one.name}" in package.tables():
                assert manifest.glossary.say(one.called, language) in said
    fields = package.json("withheld.json")["fields"]
    assert not phrases & {text for one in fields for text in (one["label"], one["reason"])}


@readers
async def test_an_erasure_names_systems_and_laws_in_the_readers_language(world: Installation, reader: Reader) -> None:
    controller, language, _ = reader
    letter = (await answered(world, reader, Right.ERASURE)).letter()
    assert_none_in(letter, foreign(world, controller, language))
    for law in told(world, controller, language, Part.LAW):
        assert law in letter


@readers
async def test_a_correction_names_fields_in_the_readers_language(world: Installation, reader: Reader) -> None:
    controller, language, _ = reader
    case = await answered(world, reader, Right.RECTIFICATION, corrections=_CORRECTION)
    letter = case.letter()
    assert _CORRECTED[language] in letter
    assert_none_in(letter, foreign(world, controller, language))
