"""A whole policy, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Self, get_args

from pydantic import Field, PrivateAttr, model_validator

from habeas import law
from habeas.errors import BadInput, UnknownRegime
from habeas.languages import Language, nearest
from habeas.model import Frozen, Right, SystemName
from habeas.policy.rules import problems
from habeas.policy.sections import (
    Applicable,
    Authority,
    Category,
    Channel,
    ClockPolicy,
    Code,
    Controller,
    ErasurePolicy,
    IdentityPolicy,
    Jurisdiction,
    LettersPolicy,
    Promise,
    PromiseLine,
    Purpose,
    PurposeKind,
    Recipient,
    RecordPolicy,
    RegimeCode,
    RegimeEntry,
    ReleasePolicy,
    ReviewPolicy,
    StaffPolicy,
    Words,
)


class Policy(Frozen):
    """One controller's policy. Made by `habeas.policy.load_policy`."""

    controller: Controller
    regimes: tuple[RegimeEntry, ...] = Field(min_length=1)
    systems: tuple[SystemName, ...] = Field(min_length=1)
    rights: tuple[Right, ...] | None = None
    """The rights offered; unset for all that the regime knows."""
    promise: Promise = Promise()
    identity: IdentityPolicy = IdentityPolicy()
    review: ReviewPolicy = ReviewPolicy()
    erasure: ErasurePolicy = ErasurePolicy()
    clock: ClockPolicy = ClockPolicy()
    release: ReleasePolicy = ReleasePolicy()
    record: RecordPolicy
    letters: LettersPolicy | None = None
    authorities: Mapping[Jurisdiction, Authority] = Field(default_factory=dict)
    categories: tuple[Category, ...] = Field(min_length=1)
    recipients: tuple[Recipient, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[Channel, ...] = ()
    staff: StaffPolicy = StaffPolicy()
    promises: tuple[PromiseLine, ...] = ()
    """Every promise of the published policy, by line."""
    words: Mapping[Language, Mapping[Words, Words]] = Field(default_factory=dict)
    """By language: a phrase that is written only once (a recipient's name that is no proper name) -> as it is there."""
    provisions: Mapping[RegimeCode, Mapping[Code, Words]] = Field(default_factory=dict)
    """By regime: the article for a reason that its law, as Habeas knows it, has none for; else another than that."""
    open: Mapping[str, Words] = Field(default_factory=dict)
    """By dotted key: why the published text leaves it open, so that the installation had to fill it in."""

    _origin: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _rules(self) -> Self:
        found = problems(self.model_dump(mode="json", exclude_none=True))
        if found:
            raise ValueError("; ".join(f"{problem.key}: {problem.message}" for problem in found))
        return self

    @property
    def id(self) -> str:
        """The controller's id."""
        return self.controller.id

    @property
    def origin(self) -> Path | None:
        """The file that this policy was read from."""
        return self._origin

    def came_from(self, path: Path) -> Self:
        """Remember the file, so that a later error can name it."""
        self._origin = path
        return self

    def category(self, category_id: str) -> Category:
        """One category.

        Raises:
            BadInput: the policy does not describe it.
        """
        for category in self.categories:
            if category.id == category_id:
                return category
        raise BadInput(f"The policy of {self.id} has no category {category_id!r}.")

    def recipient(self, recipient_id: str) -> Recipient:
        """One recipient.

        Raises:
            BadInput: the policy does not describe it.
        """
        for recipient in self.recipients:
            if recipient.id == recipient_id:
                return recipient
        raise BadInput(f"The policy of {self.id} has no recipient {recipient_id!r}.")

    def language(self, wanted: str | None) -> str:
        """The controller's language nearest to the wanted one (``da-DK`` -> ``da``), else its first."""
        return nearest(wanted, self.controller.languages)

    def text(self, text: Mapping[str, str], language: str | None = None) -> str:
        """One of the policy's texts in the nearest language."""
        return text[self.language(language)]

    def texts(self, texts: Mapping[str, tuple[str, ...]], language: str | None = None) -> tuple[str, ...]:
        """Several of the policy's texts in the nearest language."""
        return texts[self.language(language)]

    def said(self, phrase: str, language: str | None = None) -> str:
        """A phrase that is written only once, in the nearest language; as written where there are no words for it."""
        return self.words.get(self.language(language), {}).get(phrase, phrase)

    def provision(self, regime: str, jurisdiction: str, right: Right, reason: str) -> str | None:
        """By which article data is withheld or kept for a reason; None where neither policy nor law says one.

        Args:
            regime: of the request.
            jurisdiction: where the person lives.
            right: what they ask.
            reason: a code of `habeas.law.reason_codes`.

        Raises:
            UnknownRegime: as `habeas.law.regime`.
        """
        own = self.provisions.get(regime, {}).get(reason)
        return own or law.provision(regime, self.answered_in(regime, jurisdiction), right, reason)

    def offers(self, right: Right) -> bool:
        """Whether the controller offers this right, as far as its policy says; the regime has a word too."""
        return self.rights is None or right in self.rights

    @property
    def sells(self) -> bool:
        """Whether data is sold, or shared for advertising, so that there is something to opt out of."""
        return any(one.opted_out for one in self.categories) or any(
            PurposeKind.SALE in one.kinds for one in self.purposes
        )

    def authority(self, jurisdiction: str) -> Authority | None:
        """The policy's own entry for a jurisdiction, else for its country, else None: the regime's then holds."""
        return self.authorities.get(jurisdiction) or self.authorities.get(jurisdiction.split("-")[0])

    def applicable(self, jurisdiction: str, right: Right | None = None, on: date | None = None) -> Applicable:
        """The regime for a person who lives there, and the jurisdiction whose calendar counts its term.

        The nearest listed jurisdiction wins (``CA-QC`` before ``CA``). For anybody else the law of the establishment
        holds; so it does for a right that only it gives, where it binds the controller whoever asks (GDPR art. 3(1)).

        Args:
            jurisdiction: where the person lives.
            right: what they ask; unset for the law that holds in general.
            on: the day of receipt: a law that is not in force then holds nowhere. Unset for any day.

        Raises:
            UnknownRegime: neither the jurisdiction nor the establishment is covered.
        """
        covered = [self._covered(place) for place in (jurisdiction, self.controller.establishment)]
        found = [one for one in covered if one]
        if not found:
            raise UnknownRegime(f"The policy of {self.id} covers neither {jurisdiction!r} nor its own establishment.")
        there = [one for one in found if on is None or one.law.in_force <= on] or found
        first, home = there[0], there[-1]
        if right and home.law.reach and home.gives(right, on) and not first.gives(right, on):
            return home.model_copy(update={"instead_of": first.regime})
        return first

    def answered_in(self, regime: str, jurisdiction: str) -> str:
        """The place whose law and calendar hold for a request under this regime of a person who lives there."""
        for place in (jurisdiction, self.controller.establishment):
            if found := self._covered(place, regime):
                return found.jurisdiction
        return jurisdiction

    def _covered(self, place: str, regime: str | None = None) -> Applicable | None:
        """What is listed for a place or else its country, under this regime or any."""
        for candidate in (place, place.split("-")[0]):
            for entry in self.regimes:
                if candidate in entry.jurisdictions and regime in (None, entry.code):
                    return Applicable(regime=entry.code, jurisdiction=entry.calendar or place)
        return None

    def default_regime(self, jurisdiction: str) -> str:
        """The code of the regime for a person who lives there; see `applicable`."""
        return self.applicable(jurisdiction).regime


def field_names(where: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that may stand at a place of the file, to suggest one for a misspelt key."""
    model: type[Frozen] | None = Policy
    for key in (part for part in where if isinstance(part, str)):
        field = model.model_fields.get(key) if model else None
        model = next(_models(field.annotation), None) if field else None
    return tuple(model.model_fields) if model else ()


def _models(annotation: object) -> Iterator[type[Frozen]]:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
