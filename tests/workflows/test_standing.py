"""What of a person stands in records of somebody else's: so much may be told to whoever has them."""

from __future__ import annotations

from pydantic import JsonValue

from activities.standing import Standing
from habeas.connector import Record
from habeas.model import Identifier
from habeas.particulars import Correction

MAIL, PHONE, NUMBER = (
    Identifier(kind="email", value="ada@person.example"),
    Identifier(kind="phone", value="+4512345678"),
    Identifier(kind="customer_number", value="40721"),
)
MOVED = Correction(what="address", old="Old Road 1", new="Hidden Lane 9", evidence="the contract")
MISSING = Correction(what="birthday", new="1990-01-01")


def record(**data: JsonValue) -> Record:
    """One of theirs."""
    return Record(collection="rows", key="[1]", data=data, fingerprint="0")


def wanted() -> Standing:
    """All that is known of one person."""
    return Standing((MAIL, PHONE, NUMBER), "Ada Test", (MOVED, MISSING))


def test_what_stands_nowhere_is_not_told() -> None:
    found = wanted()
    assert not found.look(record(note="ada@person.example called, 40721 is hers", n=None, yes=True))
    assert (found.identifiers, found.name, found.corrections) == ((), None, ())


def test_every_spelling_counts_wherever_in_the_record_it_stands() -> None:
    found = wanted()
    assert found.look(record(to={"all": ["ADA@person.example", "+45 12 34 56 78"]}, no=40721, who=" ada  TEST "))
    assert found.identifiers == (MAIL, PHONE, NUMBER)
    assert found.name == "Ada Test"


def test_a_correction_is_told_to_whoever_has_the_wrong_value_alone() -> None:
    found = wanted()
    assert not found.look(record(street="old road 1", birthday=None)), "by no identifier"
    assert found.corrections == (MOVED,)


def test_another_starts_with_nothing_met() -> None:
    found = wanted()
    found.look(record(mail="ada@person.example"))
    other = found.another()
    assert other.look(record(number="40721"))
    assert found.identifiers == (MAIL,)
    assert other.identifiers == (NUMBER,)
