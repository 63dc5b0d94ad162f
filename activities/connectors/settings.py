"""How a connector's table in the settings is read: every fault named by its key, and no value repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from habeas.connector import Collection, ReasonCode, Retention, Treatment
from habeas.errors import ConfigurationError
from habeas.glossary import Glossary, Phrase
from habeas.languages import Language
from habeas.model import Frozen
from habeas.plan import undecided
from habeas.written import REGIONS

__all__ = [
    "CollectionSettings",
    "KeptSettings",
    "Region",
    "SpokenSettings",
    "Words",
    "collection_faults",
    "raise_faults",
    "read_settings",
]

M = TypeVar("M", bound=BaseModel)

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


def _known(region: str) -> str:
    if region not in REGIONS:
        raise ValueError('must be a country by its two letters: "DK"')
    return region


Region = Annotated[str, AfterValidator(_known)]
"""The country of phone numbers that are written without its code."""


class SpokenSettings(Frozen):
    """What a system's settings write that a person reads, in other languages."""

    language: Language = "en"
    """Of titles and laws."""
    words: Mapping[Language, Mapping[Phrase, Phrase]] = Field(default_factory=dict)
    """By language: a title or a law as written here -> what it is there."""

    @property
    def glossary(self) -> Glossary:
        """The same, as the manifest has it."""
        return Glossary(language=self.language, words=self.words)


class KeptSettings(Frozen):
    """A duty to keep, as the settings write it."""

    law: Words
    ground: ReasonCode | None = None
    years: int = Field(default=0, ge=0)
    months: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)
    to: Literal["year_end"] | None = None

    def retention(self, anchor: str) -> Retention:
        """The same, in the contract's words."""
        return Retention(**self.model_dump(), anchor=anchor)


class CollectionSettings(Frozen):
    """What the controller decides about one kind of object in a system: its category, and what erasure does to it."""

    title: Words | None = None
    """For people; without one its name is made readable."""
    category: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]
    treatment: Treatment = Treatment.DELETE
    retention: KeptSettings | None = None
    after: Treatment = Treatment.DELETE
    """Instead of RETAIN, once the term is over."""

    @property
    def treatments(self) -> set[Treatment]:
        """All that can become of such an object."""
        return {self.treatment, self.after} if self.treatment is Treatment.RETAIN else {self.treatment}

    def collection(self, name: str, *, anchor: str, **more: Any) -> Collection:
        """As a plan reads it.

        Args:
            name: the collection's.
            anchor: the field that a retention runs from.
            more: the other fields of `Collection`, which the connector knows and nobody sets.
        """
        kept = self.retention.retention(anchor) if self.retention else None
        given = self.model_dump(include={"title", "category", "treatment", "after"})
        return Collection(name=name, retention=kept, **given, **more)


def read_settings(model: type[M], system: str, settings: Mapping[str, Any]) -> M:
    """A connector's settings in its own model.

    Raises:
        ConfigurationError: a setting is missing, unknown or wrong; names each by its key, without its value.
    """
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        raise ConfigurationError(_explain(system, error), system=system) from None


def collection_faults(
    vendor: str, possible: Mapping[str, tuple[Treatment, ...]], decided: Mapping[str, CollectionSettings]
) -> Iterator[str]:
    """What is wrong with the decisions on a vendor's kinds of objects, a sentence each, without its full stop.

    Args:
        vendor: how the vendor is called in these sentences.
        possible: each kind, and what the vendor lets be done to it.
        decided: what the settings say.
    """
    for name in [name for name in possible if name not in decided]:
        yield f"collections.{name} is missing: say what it is and what erasure does to it"
    for name in [name for name in decided if name not in possible]:
        yield f"collections.{name}: {vendor} has no such collection here; there are {', '.join(possible)}"
    for name in [name for name in possible if name in decided]:
        for treatment in sorted(decided[name].treatments - set(possible[name])):
            yield f"collections.{name}: {vendor} cannot {treatment} it; it can {' or '.join(possible[name])}"


def raise_faults(system: str, faults: Sequence[str], collections: Callable[[], Iterable[Collection]]) -> None:
    """Stop if there are any, or if no plan can be made of the collections.

    Raises:
        ConfigurationError: names each.
    """
    told = faults or [f"collections: {fault}" for fault in undecided(collections())]
    if told:
        raise ConfigurationError(" ".join(f"systems.{system}.{fault}." for fault in told), system=system)


def _explain(system: str, error: ValidationError) -> str:
    told = []
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        key = ".".join(["systems", system, *(str(part) for part in detail["loc"])])
        if detail["type"] == "missing":
            told.append(f"`{key}` is missing.")
        elif detail["type"] == "extra_forbidden":
            told.append(f"There is no setting `{key}`.")
        else:
            told.append(f"`{key}`: {detail['msg']}.")
    return " ".join(told)
