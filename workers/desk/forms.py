"""Forms of staff's pages: one control per field, and what was typed read back, each slip named by its field."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple, TypeVar

from annotated_types import MaxLen
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from activities.letters.wording import Words
from habeas.errors import BadInput, HabeasError
from habeas.model import Frozen
from workers.office.explained import at_field, refused

__all__ = [
    "Choice",
    "Control",
    "Sent",
    "Slip",
    "asked_for",
    "most_of",
    "new_act_id",
    "sent_of",
    "slip_of",
    "slips_of",
    "text_of",
    "typed",
    "unsure",
]

M = TypeVar("M", bound=Frozen)
Sort = Literal["text", "area", "date", "choice", "select", "check", "hidden"]

OWN = frozenset({"csrf", "step", "act_id", "seen"})
"""Fields that belong to the form and not to what is said in it."""


class Choice(NamedTuple):
    """One of several."""

    value: str
    text: str
    article: str = ""
    """The law's, as it is usually written."""


class Control(NamedTuple):
    """One field of a form."""

    name: str
    label: str
    sort: Sort
    required: bool = True
    choices: tuple[Choice, ...] = ()
    most: int | None = None
    """Characters."""
    hint: str = ""
    lines: int = 3
    kind: str = "text"
    """Of a line of text: what a phone's keyboard shows."""
    days: tuple[date, date] | None = None
    """Of a date: the first and the last that can be."""


class Slip(NamedTuple):
    """What is not right with a field, and what to do; the field may be empty for the whole."""

    field: str
    text: str
    english: bool = False
    """The engine says it, in English: no other shape of it is known."""


class Sent(NamedTuple):
    """What a form says of itself."""

    step: str
    act_id: str
    seen: int
    """Number of the newest event that the page knew of."""


def new_act_id() -> str:
    """An act's id, made with its form: however often the form is sent, it is one act."""
    return str(uuid.uuid4())


def sent_of(form: FormData) -> Sent:
    """What a form says of itself; a form that says nothing usable is a new one."""
    seen, act_id = text_of(form, "seen", 12), text_of(form, "act_id", 40)
    try:
        act_id = str(uuid.UUID(act_id))
    except ValueError:
        act_id = new_act_id()
    return Sent(text_of(form, "step", 20), act_id, int(seen) if seen.isdecimal() else 0)


def typed(form: FormData) -> dict[str, str]:
    """Everything that was typed, to be shown again; files aside."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str) and name not in OWN}


def text_of(form: FormData, name: str, most: int = 20_000) -> str:
    """One field, without white space around it; empty where it was not sent."""
    value = form.get(name)
    return value[:most].replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def asked_for(model: type[M], values: Mapping[str, Any]) -> M:
    """What was said, as its model.

    Raises:
        ValidationError: something is missing, or cannot be; see `slips_of`.
    """
    return model.model_validate({name: value for name, value in values.items() if value not in ("", None)})


def most_of(field: FieldInfo) -> int | None:
    """How long a field may be."""
    return next((one.max_length for one in field.metadata if isinstance(one, MaxLen)), None)


def slips_of(error: ValidationError, controls: Iterable[Control], say: Words) -> tuple[Slip, ...]:
    """What is wrong, in words, each once, in the order of the page."""
    known = {one.name: one for one in controls}
    found: dict[str, Slip] = {}
    for each in error.errors(include_url=False, include_input=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        control = known.get(name)
        label = control.label if control else say.named("fields", name)
        found.setdefault(name, Slip(name, say.text(f"slips.{_what(each['type'])}", field=label, **_facts(each))))
    order = [*known]
    return tuple(sorted(found.values(), key=lambda one: order.index(one.field) if one.field in order else -1))


def _what(sort: str) -> str:
    if sort in {"missing", "string_too_short", "too_short"}:
        return "missing"
    if sort in {"string_too_long", "too_long"}:
        return "too_long"
    if sort.startswith("date"):
        return "date"
    return "choice" if sort in {"enum", "literal_error"} else "unusable"


def _facts(each: Mapping[str, Any]) -> dict[str, object]:
    return {"most": each.get("ctx", {}).get("max_length", "")}


def slip_of(error: BadInput, fields: Collection[str], names: Mapping[str, str], say: Words) -> Slip:
    """What the office says is wrong, at the field that it names, in the language of the page where it is known.

    Args:
        error: as the office raised it.
        fields: those that the page has.
        names: what the office calls a field -> what the page calls it.
        say: the page's texts.
    """
    said = str(error.facts.get("field", ""))
    name = names.get(said, said)
    return slip_in(error, name if name in fields else "", say)


def slip_in(error: HabeasError, field: str, say: Words) -> Slip:
    """What an error says, at a field of the page or at none."""
    said = refused(error.detail or str(error), say.language)
    text = at_field(said.text) if field and said.language == "en" else said.text
    return Slip(field, text, english=said.language != say.language)


def unsure(say: Words) -> Slip:
    """That nobody knows whether it was done, and what to do about it."""
    return Slip("", f"{say.text('forms.unsure')}. {say.text('forms.unsure_hint')}")
