"""What an answer on the wire must say, although a connector in Python may leave it out.

Left out it would mean that there is nothing: nobody found, nowhere else to look, no files, nothing that must stay for
it. A service that answers something else, or nothing, would be believed. What only tells more of an object that is
there (`habeas.connector.Match.staff`, `habeas.connector.Record.shared`) may be left out, as the contract says.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from habeas.connector import Located, Match, Record
from habeas.outcomes import Awaiting, Done, Drifted, ObjectOutcome, Pending

__all__ = ["must_say", "says_all"]

_TOO: Mapping[type[BaseModel], frozenset[str]] = {
    Located: frozenset({"matches"}),
    Match: frozenset({"yields"}),
    Record: frozenset({"parents", "files"}),
    **dict.fromkeys((Done[tuple[ObjectOutcome, ...]], Done, Pending, Awaiting, Drifted), frozenset({"kind"})),
}


def must_say(model: type[BaseModel]) -> frozenset[str]:
    """The fields that such an answer, or such a part of one, has on the wire."""
    required = frozenset(name for name, field in model.model_fields.items() if field.is_required())
    return required | _TOO.get(model, frozenset())


def says_all(answer: object) -> bool:
    """Whether an answer that was read had all of them, and so had whatever is within it."""
    match answer:
        case BaseModel():
            said = _TOO.get(type(answer), frozenset()) <= answer.model_fields_set
            return said and all(says_all(value) for _, value in answer)
        case tuple():
            return all(map(says_all, answer))
        case _:
            return True
