"""How objects and fields are described."""

from dataclasses import dataclass, replace
from typing import Literal

FieldType = Literal[
    "id",
    "string",
    "email",
    "phone",
    "boolean",
    "reference",
    "datetime",
    "date",
    "picklist",
    "textarea",
    "int",
    "double",
    "url",
    "base64",
    "anyType",
]


@dataclass(frozen=True)
class Field:
    """One field; ``required`` means that it cannot be null."""

    name: str
    type: FieldType = "string"
    length: int = 0
    createable: bool = True
    updateable: bool = True
    required: bool = False
    filterable: bool = True
    values: tuple[str, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None

    def read_only(self) -> "Field":
        """The same, but nobody writes it."""
        return replace(self, createable=False, updateable=False)


@dataclass(frozen=True)
class Object:
    """One object. ``needs`` is the permission without which nobody sees it."""

    name: str
    prefix: str
    fields: tuple[Field, ...]
    tracked: tuple[str, ...] = ()
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    needs: str | None = None

    def field(self, name: str) -> Field | None:
        """The field, whatever the case of its name."""
        return next((each for each in self.fields if each.name.lower() == name.lower()), None)

    def by_relationship(self, name: str) -> Field | None:
        """The reference whose relationship has the name (``Account`` of ``Account.Name``)."""
        return next((each for each in self.fields if (each.relationship or "").lower() == name.lower()), None)


def text(name: str, length: int = 255, *, required: bool = False) -> Field:
    """A line of text."""
    return Field(name, "string", length, required=required)


def texts(*names: str, length: int = 255) -> tuple[Field, ...]:
    """Lines of text."""
    return tuple(text(name, length) for name in names)


def area(name: str, length: int = 32_000) -> Field:
    """Text that no query can filter by."""
    return Field(name, "textarea", length, filterable=False)


def email(name: str) -> Field:
    """An address."""
    return Field(name, "email", 80)


def phones(*names: str) -> tuple[Field, ...]:
    """Phone numbers."""
    return tuple(Field(name, "phone", 40) for name in names)


def flags(*names: str) -> tuple[Field, ...]:
    """Yes or no, and never null."""
    return tuple(Field(name, "boolean", required=True) for name in names)


def picked(name: str, *values: str) -> Field:
    """One of these values."""
    return Field(name, "picklist", 255, values=values)


def lookup(name: str, *to: str, relationship: str | None = None) -> Field:
    """A reference to another record; the relationship is named like the field without its ``Id``."""
    return Field(name, "reference", 18, reference_to=to, relationship=relationship or name.removesuffix("Id"))


SYSTEM = (
    Field("Id", "id", 18, required=True).read_only(),
    Field("IsDeleted", "boolean", required=True).read_only(),
    Field("CreatedDate", "datetime", required=True).read_only(),
    lookup("CreatedById", "User").read_only(),
    Field("LastModifiedDate", "datetime", required=True).read_only(),
    lookup("LastModifiedById", "User").read_only(),
    Field("SystemModstamp", "datetime", required=True).read_only(),
)
OWNER = lookup("OwnerId", "User")
NAME = Field("Name", "string", 121, required=True).read_only()
