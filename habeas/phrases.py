"""What a person reads of a connected system: every phrase of its manifest that letters and packages may show."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from habeas.connector import Collection, Manifest

__all__ = ["Part", "Spoken", "lacking", "spoken", "unused"]


class Part(StrEnum):
    """What a phrase is of its system, collection or field."""

    TITLE = "title"
    LAW = "law"
    """By which something is retained."""
    SHARED = "shared"
    """By which something stays that is somebody else's too."""
    LABEL = "label"
    BECAUSE = "because"
    """Why a field is withheld."""


class Spoken(NamedTuple):
    """One phrase that the person reads, and where it stands."""

    phrase: str
    part: Part
    collection: str | None = None
    field: str | None = None


def spoken(manifest: Manifest) -> Iterator[Spoken]:
    """Every phrase, in the manifest's order; one that stands in several places comes several times."""
    yield Spoken(manifest.title, Part.TITLE)
    for one in manifest.collections:
        yield from _of(one)
    for law in manifest.keeps:
        yield Spoken(law, Part.LAW)


def _of(one: Collection) -> Iterator[Spoken]:
    yield Spoken(one.called, Part.TITLE, one.name)
    if one.retention:
        yield Spoken(one.retention.law, Part.LAW, one.name)
    if one.shared:
        yield Spoken(one.shared, Part.SHARED, one.name)
    for field in dict.fromkeys((*one.labels, *one.withheld, *one.rectifiable)):
        yield Spoken(one.label(field), Part.LABEL, one.name, field)
        if field in one.withheld:
            yield Spoken(one.withheld[field], Part.BECAUSE, one.name, field)


def lacking(manifest: Manifest, language: str) -> tuple[str, ...]:
    """The phrases that somebody who reads this language would be told in another one."""
    return manifest.glossary.lacking((one.phrase for one in spoken(manifest)), language)


def unused(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Language and phrase of all words for what nothing in the manifest is called."""
    known = {one.phrase for one in spoken(manifest)}
    for language, words in manifest.glossary.words.items():
        yield from ((language, phrase) for phrase in words if phrase not in known)
