"""The shapes of HubSpot's answers, as far as they are read; the pages that document them are named at the calls."""

from __future__ import annotations

from typing import Annotated, Any, Generic, NotRequired, TypeVar

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from activities.connectors.api.shapes import lenient

__all__ = [
    "ANYTHING",
    "CHOICES",
    "DEFINITIONS",
    "FOUND",
    "LINKS",
    "OWNERS",
    "PROPERTIES",
    "ROWS",
    "SCHEMAS",
    "SCOPES",
    "STATUSES",
    "WIDE",
]

T = TypeVar("T")
_Id = Annotated[str, Field(pattern="^[0-9]+$")]


@lenient
class _After(TypedDict):
    after: NotRequired[str | None]


@lenient
class _Paging(TypedDict):
    next: NotRequired[_After | None]


@lenient
class _Results(TypedDict, Generic[T]):
    results: list[T]
    errors: NotRequired[list[dict[str, Any]] | None]
    paging: NotRequired[_Paging | None]


@lenient
class _Found(TypedDict):
    id: _Id


@lenient
class _Object(_Found):
    properties: dict[str, Any]


@lenient
class _Property(TypedDict):
    name: str
    type: str
    modificationMetadata: NotRequired[dict[str, Any] | None]


@lenient
class _Linked(TypedDict):
    toObjectId: _Id


# "from" is no name that a class may use.
_Link = TypedDict("_Link", {"from": _Found, "to": list[_Linked], "paging": NotRequired[_Paging | None]})


@lenient
class _Association(TypedDict):
    fromObjectTypeId: str
    toObjectTypeId: str


@lenient
class _Schema(TypedDict):
    name: str
    associations: list[_Association]


@lenient
class _Choice(TypedDict):
    subscriptionId: str
    status: str


@lenient
class _Status(TypedDict):
    status: str


@lenient
class _Statuses(TypedDict):
    statuses: list[_Choice]


@lenient
class _Wide(TypedDict):
    wideStatuses: list[_Status]


@lenient
class _Scopes(TypedDict):
    scopes: list[str]


ANYTHING = TypeAdapter(_Results[Any])
CHOICES = TypeAdapter(_Results[_Choice])
DEFINITIONS = TypeAdapter(_Results[_Found])
FOUND = TypeAdapter(_Results[_Found])
LINKS = TypeAdapter(_Results[_Link])
OWNERS = TypeAdapter(_Results[dict[str, Any]])
PROPERTIES = TypeAdapter(_Results[_Property])
ROWS = TypeAdapter(_Results[_Object])
SCHEMAS = TypeAdapter(_Results[_Schema])
SCOPES = TypeAdapter(_Scopes)
STATUSES = TypeAdapter(_Results[_Statuses])
WIDE = TypeAdapter(_Results[_Wide])
