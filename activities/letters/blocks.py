"""What a letter is made of: blocks of plain words, rendered to HTML and to text from the same source."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from habeas.model import Frozen

__all__ = ["Block", "Draft", "Element"]


class Element(StrEnum):
    """What the laws ask a notice to contain; blocks carry the one they fulfil."""

    RECEIPT = "receipt"
    INVESTIGATED = "investigated"
    VERIFICATION = "verification"
    EXPECTED_DATE = "expected_date"
    WHY_DOUBT = "why_doubt"
    WHAT_IS_NEEDED = "what_is_needed"
    CLOCK = "clock"
    CONFIRM_BY = "confirm_by"
    """Until when something is to be confirmed, and that silence withdraws the request."""
    CLOCK_RUNS = "clock_runs"
    REASONS = "reasons"
    NEW_DATE = "new_date"
    PROVISION = "provision"
    AUTHORITY = "authority"
    ABOUT_EXTENSION = "about_extension"
    COURT = "court"
    CONTROLLER_COMPLAINT = "controller_complaint"
    APPEAL = "appeal"
    APPEAL_OR_NONE = "appeal_or_none"
    REMEDY_NAME = "remedy_name"
    """What the authority is asked for, in the law's own word."""
    TIME_LIMIT = "time_limit"
    TIME_START = "time_start"
    """From when that is counted."""
    PROCEDURE = "procedure"
    HELP = "help"
    DONE = "done"
    ACTION_TAKEN = "action_taken"
    COPY_OR_ATTESTATION = "copy_or_attestation"
    RECIPIENTS = "recipients"
    RECORD_KEPT = "record_kept"
    OPT_OUT_STATUS = "opt_out_status"
    OFFER = "offer"
    DENIAL = "denial"
    """What the law wants said with a denial besides its reasons and remedies."""


class Block(Frozen):
    """One paragraph, heading, list, code, button or quiet link. Its text is plain: escaping is the renderer's."""

    kind: Literal["paragraph", "heading", "bullets", "code", "button", "link", "small"]
    text: str = Field(default="", repr=False)
    items: tuple[str, ...] = Field(default=(), repr=False)
    url: str | None = Field(default=None, repr=False)
    language: str | None = None
    """BCP 47; unset for the letter's own."""
    elements: frozenset[Element] = frozenset()


class Draft(Frozen):
    """A letter before it is laid out."""

    subject: str
    greeting: str = Field(repr=False)
    blocks: tuple[Block, ...]

    @property
    def elements(self) -> frozenset[Element]:
        """What of the checklists this letter fulfils."""
        return frozenset().union(*(block.elements for block in self.blocks))
