"""What people read and type: references, sentences, words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from habeas.errors import BadInput
from habeas.evidence import Event, Tag, link
from habeas.model import REFERENCE
from workers.office import new_reference, read_reference
from workers.office.intake import words
from workers.office.sentences import sentence

REQUEST = "HB-7K2M-X4QT-90AB"


def event(tag: Tag, **facts: JsonValue) -> Event:
    return link(None, request_id=REQUEST, n=1, at=datetime(2026, 3, 2, tzinfo=UTC), tag=tag, facts=facts)


def test_references_are_well_formed_and_never_the_same() -> None:
    made = {new_reference() for _ in range(1000)}
    assert len(made) == 1000
    assert all(REFERENCE.fullmatch(each) for each in made)


@pytest.mark.parametrize("typed", ["hb-7k2m-x4qt-90ab", " HB 7K2M X4QT 90AB ", "HB7K2MX4QT9OAB", "HB–7K2M–X4QT–90AB"])
def test_a_reference_is_read_as_people_type_it(typed: str) -> None:
    assert read_reference(typed) == REQUEST


@given(st.text(max_size=40))
def test_anything_else_is_refused_or_a_reference(typed: str) -> None:
    try:
        assert REFERENCE.fullmatch(read_reference(typed))
    except BadInput:
        return


@pytest.mark.parametrize("tag", list(Tag))
def test_every_event_is_a_sentence(tag: Tag) -> None:
    said = sentence(event(tag))
    assert said.endswith(".")
    assert ":" not in said.removesuffix(".").split(" ")[0]
    assert str(tag) not in said


def test_facts_stand_in_the_sentence_once() -> None:
    digest = "ab" * 32
    told = sentence(event(Tag.PLAN_DRAFTED, plan=digest, delete=3, retain=0))
    assert told == f"The plan was drafted (plan {digest[:12]}, delete 3, retain 0)."
    moved = sentence(event(Tag.CLOCK_PAUSED, reason="identity", **{"from": "2026-03-02"}))
    assert moved == "The clock was paused: identity (from 2026-03-02)."
    code = sentence(event(Tag.IDENTITY_CODE_SENT, number=1, to="on_record", expires_at="2026-03-02T10:30:00+00:00"))
    assert code == "One-time code 1 was sent to the address on record (expires at 2026-03-02 10:30 UTC)."


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.none() | st.booleans() | st.integers(0, 9)))
def test_no_facts_make_a_sentence_fall_over(facts: dict[str, JsonValue]) -> None:
    for tag in Tag:
        assert sentence(event(tag, **facts))


@given(st.text(max_size=50))
def test_words_are_clean_or_refused(text: str) -> None:
    try:
        clean = words("reason", text)
    except BadInput:
        return
    assert clean
    assert clean == clean.strip()
    assert clean.isprintable() or not clean.isascii()
