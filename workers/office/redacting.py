"""From what a reviewer points at to the redaction that is meant, if what they point at is there."""

from __future__ import annotations

from pydantic import Field, ValidationError

from activities.stated import Stated
from habeas.connector import File, Record, RecordRef
from habeas.errors import BadInput
from habeas.matching import Place
from habeas.model import Frozen
from habeas.redaction import Redaction, Redactor, Standing, digest_of, pointer, texts
from workers.office.collected import Reader

__all__ = ["RedactionAsked", "attachment_of", "understood"]


class RedactionAsked(Frozen):
    """What is to be taken out. Only an object: all of that record. Only a text: wherever it occurs. Personal."""

    object: str | None = Field(default=None, max_length=120)
    """A record, as `Reviewing.collected` names it."""
    field: str | None = Field(default=None, min_length=1, max_length=2000, repr=False)
    """A field's name, or a JSON Pointer to what is inside of one."""
    text: str | None = Field(default=None, min_length=1, max_length=100_000, repr=False)
    """A passage, to the letter."""
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=1)
    """Or where in the field the passage is: characters from 0, the last one not included."""
    file: int | None = Field(default=None, ge=1)
    """An attachment's number."""
    stated: Stated | None = Field(default=None, repr=False)
    """What the law asks to be stated of the ground."""


async def understood(reader: Reader, asked: RedactionAsked) -> Redaction:
    """What is meant, if it is there.

    Raises:
        BadInput: it is not; the message says which part of it.
    """
    if asked.object is None:
        return _made(text=asked.text, path=asked.field, start=asked.start, file=asked.file)
    found = await reader.one(asked.object)
    record = found.record
    place = Place(system=found.system, record=RecordRef(collection=record.collection, key=record.key))
    if asked.file is not None:
        file = attachment_of(record, asked.file)
        return _made(place=place, path=asked.field, text=asked.text, file=file.name, sha256=digest_of(file))
    path = _path(asked.field)
    text = asked.text if asked.end is None else _between(record, path, asked)
    made = _made(place=place, path=path, text=text, start=asked.start)
    if not _meets(made, found.system, record):
        where, what = (
            ("text", "the passage does not occur there") if text else ("field", "the record has no such field")
        )
        raise BadInput(f"{where}: {what}, to the letter.", field=where)
    return made


def attachment_of(record: Record, number: int) -> File:
    """A record's attachment by its number, from 1.

    Raises:
        BadInput: it has none of this number.
    """
    if not 1 <= number <= len(record.files):
        raise BadInput(f"file: the record has {len(record.files)} attachments.", field="file")
    return record.files[number - 1]


def _made(**parts: object) -> Redaction:
    try:
        return Redaction.model_validate(parts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = str(first["loc"][0]) if first["loc"] else "object"
        raise BadInput(f"{where}: {first['msg'].removeprefix('Value error, ')}.", field=where) from None


def _path(name: str | None) -> str | None:
    return name if name is None or name.startswith("/") else pointer("", name)


def _between(record: Record, path: str | None, asked: RedactionAsked) -> str:
    value = next((value for at, value in texts(record.data) if at == path), None)
    start, end = asked.start, asked.end
    if not isinstance(value, str) or start is None or end is None or not start < end <= len(value):
        raise BadInput("start, end: where in a text of the record the passage is, in characters from 0.", field="start")
    if asked.text is not None and asked.text != value[start:end]:
        raise BadInput("text: this is not what stands there.", field="text")
    return value[start:end]


def _meets(redaction: Redaction, system: str, record: Record) -> bool:
    """Whether there is anything in the record for it to take out."""
    nobody = "00000000-0000-0000-0000-000000000000"
    trial = Redactor([Standing(id=nobody, ground="", redaction=redaction)], lambda ground: "")
    trial.redacted(system, record)
    return trial.met[nobody] > 0
