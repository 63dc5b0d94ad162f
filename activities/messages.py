"""What a person sends to their request after it was opened, and the codes by which they come back to it. Sealed."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from habeas.model import Frozen, Identifier

__all__ = ["MESSAGES", "Message", "MessageKind", "SentFile", "VisitCode", "file_name", "visit_code_name"]

MESSAGES = "message/"
"""Beginning of the names of sealed messages; each file lies beside its message (`file_name`)."""


class MessageKind(StrEnum):
    """What a message is."""

    OPENING = "opening"
    """What came with the form that opened the request, or with a second one that asked the same."""
    ANSWER = "answer"
    """Words, or files, on the person's page: an answer to a question, most of all."""
    IDENTIFIER = "identifier"
    """One more way to know the person. Staff decide on it: it leads to whoever bears it."""
    REPORT = "report"
    """From another program: a help desk passes on what the person wrote there."""


class SentFile(Frozen):
    """A file of a message; what is in it is sealed beside it."""

    name: str = Field(repr=False, min_length=1, max_length=200)
    media_type: str
    size: int
    """Bytes."""


class Message(Frozen):
    """One thing that was sent."""

    id: str
    kind: MessageKind
    at: AwareDatetime
    proven: bool
    """Whether who sent it had given a code from the address on record."""
    text: str = Field(default="", repr=False, max_length=20_000)
    situation: str | None = Field(default=None, repr=False, max_length=20_000)
    """Why they object or want it restricted; of a complaint or an appeal, what was wrong."""
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False, max_length=10)
    files: tuple[SentFile, ...] = Field(default=(), repr=False, max_length=20)
    source: str | None = None
    """The program that passed it on, by its name in the settings."""


class VisitCode(Frozen):
    """The code of one visit, for its letter."""

    code: str = Field(repr=False)
    expires_at: AwareDatetime


def file_name(message_id: str, number: int) -> str:
    """The name of the sealed document that holds a message's file."""
    return f"sent/{message_id}/{number}"


def visit_code_name(visit_id: str) -> str:
    """The name of the sealed `VisitCode` of a visit."""
    return f"letter/visit/{visit_id}"
