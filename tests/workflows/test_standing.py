"""What of a person stands in records of somebody else's: so much may be told to whoever has them."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from activities.standing import Standing, Stands
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
    assert wanted().look(record(note="ada@person.example called, 40721 is hers", n=None, yes=True)) == Stands(False)


def test_every_spelling_counts_wherever_in_the_record_it_stands() -> None:
    found = wanted().look(record(to={"all": ["ADA@person.example", "+45 12 34 56 78"]}, no=40721, who=" ada  TEST "))
    assert found.found
    assert found.identifiers == (MAIL, PHONE, NUMBER)
    assert found.name == "Ada Test"


def test_a_correction_is_told_to_whoever_has_the_wrong_value_alone() -> None:
    assert wanted().look(record(street="old road 1", birthday=None)) == Stands(False, corrections=(MOVED,))


def test_in_several_records_stands_what_stands_in_any() -> None:
    found = wanted().look(record(mail="ada@person.example"))
    assert found.and_in(wanted().look(record(number="40721"))).identifiers == (MAIL, NUMBER)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"phones": ["+4512345678", "+4587654321"], "mail": "ada@person.example"}, (MAIL,)),
        ({"home": "+45 12 34 56 78", "work": "0045 87654321"}, ()),
        ({"home": "+45 12 34 56 78", "also": "87 65 43 21"}, ()),
        ({"home": "+45 12 34 56 78", "again": "0045 12345678", "day": "2026-11-02", "id": 4711}, (PHONE,)),
        ({"mails": [{"of": "ada@person.example"}, {"of": "bob@person.example"}], "no": "40721"}, (NUMBER,)),
        ({"mail": "ada@person.example", "keeper": "Shop@keeper.example"}, (MAIL,)),
        ({"numbers": ["40721", "40722"]}, ()),
        ({"numbers": [40721, "A-1"]}, ()),
        ({"number": 40721, "next": 55555}, ()),
        ({"number": 40721, "next": 555}, (NUMBER,)),
    ],
)
def test_which_of_several_in_a_record_is_the_person_s_is_not_told(
    data: dict[str, JsonValue], told: tuple[Identifier, ...]
) -> None:
    found = wanted().look(record(**data), "shop@keeper.example")
    assert found.found
    assert found.identifiers == told


def test_a_wrong_number_is_not_told_where_it_is_one_of_several() -> None:
    wrong = Correction(what="phone", old="+45 12 34 56 78", new="+45 99 99 99 99")
    looks = Standing((MAIL,), corrections=(wrong,))
    assert looks.look(record(mail="ada@person.example", phone="+4512345678", day="2026-11-02")).corrections == ()
    assert looks.look(record(mail="ada@person.example", phone="+45 12 34 56 78")).corrections == (wrong,)
    assert looks.look(record(phones=["+45 12 34 56 78", "+45 87 65 43 21"])).corrections == ()
    assert looks.look(record(home="+45 12 34 56 78", work="+45 87 65 43 21")).corrections == ()
    mail = Correction(what="mail", old="ada@person.example", new="new@person.example")
    kept = record(mail="ada@person.example", keeper="shop@keeper.example")
    assert Standing((MAIL,), corrections=(mail,)).look(kept, "shop@keeper.example").corrections == (mail,)
    street = Standing((MAIL,), corrections=(MOVED,))
    assert street.look(record(streets=["Old Road 1", "New Road 2"])).corrections == ()


def test_which_of_several_names_in_a_list_is_the_person_s_is_not_told() -> None:
    assert wanted().look(record(mail="ada@person.example", who=["Ada Test", "Ben Test"])).name is None
    assert wanted().look(record(mail="ada@person.example", who=["Ada Test"])).name == "Ada Test"
