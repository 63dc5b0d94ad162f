"""The shapes of HubSpot's answers, as far as they are read; the pages that document them are named at the calls."""

from __future__ import annotations

from typing import Annotated, Any, Generic, NotRequired, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from activities.connectors.api import Answer
from habeas.errors import Transient

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
    "read",
]

T = TypeVar("T")
_Id = Annotated[str, Field(pattern="^[0-9]+$")]
_lenient = with_config(ConfigDict(extra="allow", coerce_numbers_to_str=True))
"""What is not read may be anything; ids are numbers in some answers, and text in others."""


@_lenient
class _After(TypedDict):
    after: NotRequired[str | None]


@_lenient
class _Paging(TypedDict):
    next: NotRequired[_After | None]


@_lenient
class _Results(TypedDict, Generic[T]):
    results: list[T]
    errors: NotRequired[list[dict[str, Any]] | None]
    paging: NotRequired[_Paging | None]


@_lenient
class _Found(TypedDict):
    id: _Id


@_lenient
class _Object(_Found):
    properties: dict[str, Any]


@_lenient
class _Property(TypedDict):
    name: str
    type: str
    modificationMetadata: NotRequired[dict[str, Any] | None]


@_lenient
class _Linked(TypedDict):
    toObjectId: _Id


# "from" is no name that a class may use.
_Link = TypedDict("_Link", {"from": _Found, "to": list[_Linked], "paging": NotRequired[_Paging | None]})


@_lenient
class _Association(TypedDict):
    fromObjectTypeId: str
    toObjectTypeId: str


@_lenient
class _Schema(TypedDict):
    name: str
    associations: list[_Association]


@_lenient
class _Choice(TypedDict):
    subscriptionId: str
    status: str


@_lenient
class _Status(TypedDict):
    status: str


@_lenient
class _Statuses(TypedDict):
    statuses: list[_Choice]


@_lenient
class _Wide(TypedDict):
    wideStatuses: list[_Status]


@_lenient
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


def read(answer: Answer, shape: TypeAdapter[Any]) -> Any:
    """What was answered, ids as text.

    Raises:
        Transient: it is of another shape; of what it says nothing is quoted.
    """
    try:
        return shape.validate_python(answer.json)
    except ValidationError:
        raise Transient(f"It answered something of another shape (status {answer.status}).") from None
