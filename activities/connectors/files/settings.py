"""What the settings say of files, wherever they lie, and what is wrong with it: that is refused at the start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, StringConstraints

from activities.connectors.files.pattern import DATES, Pattern
from activities.connectors.files.search import Patterns, Spelling
from activities.connectors.settings import (
    CollectionSettings,
    Region,
    SpokenSettings,
    Words,
    raise_faults,
    read_settings,
)
from habeas.connector import Collection, Treatment
from habeas.model import NAME_KINDS, IdentifierKind

__all__ = ["Anchor", "FileSettings", "FilesSettings", "collections_of", "kinds_of", "patterns_of", "read"]

_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]


class Anchor(StrEnum):
    """Where the date that a retention runs from is read."""

    MODIFIED = "modified"
    """When it was last written."""
    NAME = "name"
    """In its name: ``{date}``, or ``{year}``, ``{month}`` and ``{day}``."""


class FileSettings(CollectionSettings):
    """One kind of files: which names they have, and what erasure does to them."""

    pattern: str = Field(repr=False)
    """See `activities.connectors.files.pattern.Pattern`."""
    anchor: Anchor = Anchor.MODIFIED
    yields: tuple[IdentifierKind, ...] = ()
    """Placeholders whose values in a name that was found become identifiers of the person."""
    without_content: Words | None = None
    """Why a copy names these files and does not hold them, as the person reads it; unset: it holds them."""
    review: bool = True
    """A human looks at what is in them before anything is released: files may name others."""


class FilesSettings(SpokenSettings):
    """What is the same for a bucket and for a folder."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    title: str | None = Field(default=None, min_length=1)
    ignore_case: bool | None = None
    """Whether ``A`` and ``a`` are the same in names; unset: in e-mail addresses only."""
    shapes: Mapping[_Kind, Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        default_factory=dict
    )
    """By placeholder, a regular expression of what it fits: ``customer_id = "[0-9]+"``."""
    phone_region: Region | None = None
    """The country of numbers in names without its code. Unset: such a number is nobody's who has one with a code."""
    max_names: int = Field(default=1_000_000, ge=1000)
    """So many names are looked through for one pattern, at most."""
    collections: Mapping[_Name, FileSettings] = Field(min_length=1)
    """In the order in which their patterns are tried."""

    @property
    def spelling(self) -> Spelling:
        """How identifiers are written in names."""
        return Spelling(self.ignore_case, self.phone_region)


F = TypeVar("F", bound=FilesSettings)


def read(model: type[F], system: str, settings: Mapping[str, Any]) -> F:
    """The settings, if files can be treated so.

    Raises:
        ConfigurationError: a setting is missing or wrong; names each.
    """
    found = read_settings(model, system, settings)
    raise_faults(system, [*_faults(found)], lambda: collections_of(found))
    return found


def patterns_of(system: str, settings: FilesSettings) -> Patterns:
    """The patterns, ready to search by."""
    made = {name: Pattern(one.pattern, _shapes(settings)) for name, one in settings.collections.items()}
    return Patterns(system, made, settings.spelling, settings.max_names)


def kinds_of(settings: FilesSettings) -> tuple[str, ...]:
    """Every kind of identifier that names are searched by."""
    made = [Pattern(one.pattern, _shapes(settings)) for one in settings.collections.values()]
    return tuple(sorted({kind for one in made for kind in one.kinds}))


def collections_of(settings: FilesSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    return tuple(
        one.collection(
            name,
            anchor="modified" if one.anchor is Anchor.MODIFIED else "name",
            file_field="content",
            withheld={"content": one.without_content} if one.without_content else {},
            free_text=("content", "metadata", "tags") if one.review else (),
        )
        for name, one in settings.collections.items()
    )


def _shapes(settings: FilesSettings) -> Mapping[str, re.Pattern[str]]:
    return {kind: re.compile(shape) for kind, shape in settings.shapes.items()}


def _faults(settings: FilesSettings) -> Iterator[str]:
    for kind, shape in settings.shapes.items():
        try:
            re.compile(shape)
        except re.error as error:
            yield f"shapes.{kind}: it is no regular expression ({error.msg})"
            return
    for name, one in settings.collections.items():
        yield from (f"collections.{name}: {fault}" for fault in _faults_of(one, _shapes(settings)))


def _faults_of(one: FileSettings, shapes: Mapping[str, re.Pattern[str]]) -> Iterator[str]:
    try:
        pattern = Pattern(one.pattern, shapes)
    except ValueError as error:
        yield f"its pattern cannot be used: {error}"
        return
    for kind in sorted(NAME_KINDS & {*pattern.kinds}):
        yield f"{{{kind}}}: nobody is found by a name"
    if one.anchor is Anchor.NAME and not pattern.dated:
        yield "anchor = 'name' wants {date} or {year} in the pattern"
    if one.treatments & {Treatment.ANONYMISE}:
        yield "a file is deleted or retained; nobody can anonymise it here"
    unknown = sorted(set(one.yields) - pattern.kinds)
    if unknown or set(one.yields) & DATES.keys():
        yield f"yields: there is no placeholder {', '.join(unknown) or 'of an identifier'} in the pattern"
