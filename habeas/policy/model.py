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
from habeas.law.data import Regime
from habeas.model import REMEDIES, Frozen, PauseReason, Right, SystemName
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
        found = problems(self.model_dump(mode="json", exclude_none=True, by_alias=True))
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
        raise BadInput(f"The policy of {self.id} has no category {category_id!r}.", field="category")

    def recipient(self, recipient_id: str) -> Recipient:
        """One recipient.

        Raises:
            BadInput: the policy does not describe it.
        """
        for recipient in self.recipients:
            if recipient.id == recipient_id:
                return recipient
        raise BadInput(f"The policy of {self.id} has no recipient {recipient_id!r}.", field="recipient")

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
            raise UnknownRegime(
                f"The policy of {self.id} covers neither {jurisdiction!r} nor its own establishment.",
                field="jurisdiction",
            )
        there = [one for one in found if on is None or one.law.in_force <= on] or found
        first, home = there[0], there[-1]
        if right and home.law.reach and home.gives(right, on) and not first.gives(right, on):
            return home.model_copy(update={"instead_of": first.regime})
        return first

    @property
    def home(self) -> Applicable | None:
        """The law of the establishment; None where no law is known there that could be listed."""
        return self._covered(self.controller.establishment)

    def binding_too(self, regime: str, right: Right, on: date) -> Applicable | None:
        """The establishment's law, where it binds the controller beside the one that a request is answered under.

        Whoever is established in the Union answers by the GDPR wherever the person lives (art. 3(1)): their own law may
        give them more, and no longer term. What decides over an earlier answer is for the law of that answer alone.

        Args:
            regime: that the request is answered under.
            right: what is asked.
            on: the day of receipt.
        """
        home = self.home
        if home is None or home.regime == regime or right in REMEDIES or not home.law.reach:
            return None
        return home if home.gives(right, on) else None

    def pauses(self, regime: str, jurisdiction: str, right: Right, on: date) -> frozenset[PauseReason]:
        """What the clock of a request may wait for: what each law that binds here waits for, as it is read here.

        Days that a law gives the person to confirm something hold no clock still, and need no other law's leave.

        Args:
            regime: of the request.
            jurisdiction: where the person lives.
            right: what they ask.
            on: the day of receipt.

        Raises:
            UnknownRegime: as `habeas.law.regime`.
        """
        read = self.law_read(regime, jurisdiction)
        allowed, home = law.pauses_allowed(read, right), self.binding_too(regime, right, on)
        if home is None:
            return allowed
        too = law.pauses_allowed(home.law.read_as(self.options(home.regime)), right)
        return frozenset(one for one in allowed if one in too or law.reflection_days(read, right, one) is not None)

    def extension_grounds(self, regime: str, jurisdiction: str, right: Right, on: date) -> tuple[str, ...]:
        """What the term of a request may be extended for: what each law that binds here takes for a ground.

        A ground that only the law of where the person lives knows moves no day of the establishment's, which comes no
        later: to extend by it would be a notice that gives no time.

        Args:
            regime: of the request.
            jurisdiction: where the person lives.
            right: what they ask.
            on: the day of receipt.

        Raises:
            UnknownRegime: as `habeas.law.regime`.
        """
        place = self.answered_in(regime, jurisdiction)
        if not law.extension_allowed(regime, right, place):
            return ()
        grounds, home = law.extension_grounds(regime, place), self.binding_too(regime, right, on)
        if home is None:
            return grounds
        too = law.extension_allowed(home.regime, right, home.jurisdiction)
        known = law.extension_grounds(home.regime, home.jurisdiction) if too else ()
        return tuple(ground for ground in grounds if ground in known)

    def options(self, regime: str) -> tuple[str, ...]:
        """The readings of a law that the controller chose; none of a law that is not among its own."""
        return next((entry.options for entry in self.regimes if entry.code == regime), ())

    def target_days(self, regime: str) -> int | None:
        """By when staff aim to answer where a law names no day; None: by when the law's practice suggests."""
        return next((entry.target_days for entry in self.regimes if entry.code == regime), None)

    def law_read(self, regime: str, jurisdiction: str) -> Regime:
        """The law of a request as the controller reads it: see `options`.

        Args:
            regime: of the request.
            jurisdiction: where the person lives.

        Raises:
            UnknownRegime: as `habeas.law.regime`.
        """
        return law.regime(regime, self.answered_in(regime, jurisdiction)).read_as(self.options(regime))

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
