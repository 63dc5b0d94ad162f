"""The shapes of Salesforce's answers, as far as they are read; the guides that document them are named at the calls."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from activities.connectors.api.shapes import lenient

__all__ = ["DESCRIBED", "PAGE", "PARTS", "RECORDS"]

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$")]


@lenient
class _Attributes(TypedDict):
    type: str


@lenient
class _Record(TypedDict):
    Id: _Id
    attributes: _Attributes


@lenient
class _Page(TypedDict):
    records: list[_Record]
    nextRecordsUrl: NotRequired[str | None]


@lenient
class _Field(TypedDict):
    name: str
    type: str
    referenceTo: NotRequired[list[str] | None]


@lenient
class _Child(TypedDict):
    childSObject: str
    field: NotRequired[str | None]


@lenient
class _Described(TypedDict):
    fields: list[_Field]
    childRelationships: list[_Child]


@lenient
class _Part(TypedDict):
    httpStatusCode: int
    body: Any


@lenient
class _Parts(TypedDict):
    compositeResponse: list[_Part]


DESCRIBED = TypeAdapter(_Described)
PAGE = TypeAdapter(_Page)
PARTS = TypeAdapter(_Parts)
RECORDS = TypeAdapter(list[_Record | None])
