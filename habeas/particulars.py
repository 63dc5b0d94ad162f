"""What a request asks in particular, besides its right. Personal: lives sealed in the ledger with the subject."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from habeas.model import Frozen, RequestId, Right, Subject

__all__ = [
    "BESIDE",
    "LANGUAGE_ASKED",
    "Beside",
    "CategoryId",
    "Correction",
    "LanguageAsked",
    "Particulars",
    "PurposeId",
    "Scope",
]

PurposeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]
"""A purpose of processing, by the id that the controller's policy and the systems' manifests give it."""


CategoryId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]
"""A category of data, by the id that the controller's policy gives it."""


class Scope(StrEnum):
    """How much an access request asks for (California tells the two apart: Civ. Code 1798.110, 11 CCR 7024)."""

    COPY = "copy"
    """The specific pieces of data."""
    CATEGORIES = "categories"
    """Which categories are held, from whom, for what and who gets them; no piece of data."""


class Correction(Frozen):
    """One value that the person says is wrong (GDPR art. 16)."""

    what: str = Field(min_length=1, max_length=200, repr=False)
    """The field's name or what it is, in the person's words: ``email``, ``date of birth``."""
    old: str | None = Field(default=None, max_length=2000, repr=False)
    """The wrong value, as the person knows it; None for one that is missing."""
    new: str = Field(min_length=1, max_length=2000, repr=False)
    evidence: str | None = Field(default=None, max_length=2000, repr=False)
    """What the person shows for it."""


BESIDE = "beside"
"""Name of the sealed document that says which other request the same objection became."""


class Beside(Frozen):
    """The other request of an objection that is partly carried out at once and partly weighed."""

    request_id: RequestId
    purposes: tuple[PurposeId, ...]
    """What the other one is about."""


LANGUAGE_ASKED = "language_asked"
"""Name of the sealed document that says in which language the person wanted letters, where they go in another."""


class LanguageAsked(Frozen):
    """The language that was asked for."""

    language: str
    """BCP 47."""


class Particulars(Frozen):
    """The particulars of a request; which of them count depends on its right."""

    corrections: tuple[Correction, ...] = Field(default=(), max_length=50, repr=False)
    """Rectification."""
    purposes: tuple[PurposeId, ...] = Field(default=(), max_length=50)
    """Objection and withdrawal of consent: to which purposes; empty for all that the right can mean."""
    categories: tuple[CategoryId, ...] = Field(default=(), max_length=100)
    """Erasure, access and portability: only these categories of data; empty for everything that is held."""
    before_erasure: bool = False
    """Access and portability: the person wants it answered before anything of theirs is erased, whenever asked."""
    situation: str | None = Field(default=None, max_length=5000, repr=False)
    """Objection: the particular situation (art. 21(1)); restriction: why (art. 18(1)); appeal: what was wrong."""
    scope: Scope = Scope.COPY
    """Access."""
    called: Right | None = None
    """What the person called it, where it is carried out as another right: an objection as a withdrawal of consent."""
    about: RequestId | None = None
    """Appeal, complaint and grievance: the request whose handling is complained of."""

    @classmethod
    def of(cls, subject: Subject) -> Particulars:
        """What the person asked in particular."""
        return cls.model_validate(subject.details)
