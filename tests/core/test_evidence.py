"""The evidence chain: any single change, removal or swap shows; nothing unfit ever gets in."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from habeas.acts import ActKind
from habeas.evidence import Event, FindingKind, Tag, canonical, genesis, link, verify

REQUEST = "HB-7K3M-91XZ-4QWE"
OTHER = "HB-7K3M-91XZ-4QWF"
often = settings(deadline=None, max_examples=40)

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@\0"), max_size=12)
facts = st.dictionaries(
    words,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)
START = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 10**15).map(lambda micros: START + timedelta(microseconds=micros))


@st.composite
def chains(draw: st.DrawFn, least: int = 1) -> list[Event]:
    events: list[Event] = []
    for n in range(1, draw(st.integers(least, 7)) + 1):
        events.append(
            link(
                events[-1].hash if events else None,
                request_id=REQUEST,
                n=n,
                at=draw(instants),
                tag=draw(st.sampled_from(Tag)),
                actor=draw(st.sampled_from(["engine", "subject", "0123456789abcdef"])),
                facts=draw(facts),
            )
        )
    return events


def kinds(events: list[Event], head: str | None = None) -> set[FindingKind]:
    return {finding.kind for finding in verify(events, head)}


@often
@given(chains())
def test_a_whole_chain_has_no_findings(events: list[Event]) -> None:
    assert verify(events) == ()
    assert verify(iter(events), events[-1].hash) == ()


@often
@given(chains())
def test_an_event_survives_json_and_another_zone(events: list[Event]) -> None:
    again = [Event.model_validate_json(event.model_dump_json()) for event in events]
    there = timezone(timedelta(hours=-7))
    moved = [Event.model_validate({**event.model_dump(), "at": event.at.astimezone(there)}) for event in again]
    assert moved == events
    assert [canonical(event) for event in moved] == [canonical(event) for event in events]
    assert verify(moved) == ()


def changed(event: Event, field: str) -> Event:
    values: dict[str, Any] = {
        "request_id": OTHER,
        "n": event.n + 1,
        "at": event.at + timedelta(microseconds=1),
        "tag": Tag.REQUEST_CLOSED if event.tag is not Tag.REQUEST_CLOSED else Tag.REQUEST_OPENED,
        "actor": "somebody",
        "facts": {**event.facts, "more": 1},
        "previous": "0" * 64,
        "hash": "0" * 64,
    }
    return event.model_copy(update={field: values[field]})


@often
@given(chains(), st.data())
def test_any_single_change_shows(events: list[Event], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(events) - 1))
    field = data.draw(st.sampled_from(list(Event.model_fields)))
    events[at] = changed(events[at], field)
    assert FindingKind.CHANGED in kinds(events)


@often
@given(chains(least=2), st.data())
def test_a_change_with_its_hash_made_anew_shows(events: list[Event], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(events) - 1))
    head = events[-1].hash
    old = events[at]
    fields: dict[str, Any] = old.model_dump(exclude={"hash", "previous"})
    events[at] = link(None if at == 0 else old.previous, **{**fields, "actor": "forger"})
    if at < len(events) - 1:
        assert kinds(events) == {FindingKind.BROKEN}
        assert verify(events)[0].n == at + 2
    else:
        assert kinds(events) == set(), "the last one needs the head"
        assert kinds(events, head) == {FindingKind.END_CUT}


@often
@given(chains(least=2), st.data())
def test_any_removal_shows(events: list[Event], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(events) - 1))
    head, last = events[-1].hash, len(events) - 1
    del events[at]
    if at == 0:
        assert kinds(events, head) == {FindingKind.FRONT_CUT}
    elif at == last:
        assert kinds(events) == set()
        assert kinds(events, head) == {FindingKind.END_CUT}
    else:
        assert kinds(events, head) == {FindingKind.GAP}


@often
@given(chains(least=2), st.data())
def test_any_swap_shows(events: list[Event], data: st.DataObject) -> None:
    one, other = data.draw(st.sets(st.integers(0, len(events) - 1), min_size=2, max_size=2))
    events[one], events[other] = events[other], events[one]
    assert FindingKind.REORDERED in kinds(events)


@often
@given(chains(), st.data())
def test_any_repetition_shows(events: list[Event], data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(events))
    events.insert(data.draw(st.integers(0, len(events))), event)
    assert FindingKind.DUPLICATE in kinds(events)


@often
@given(chains(least=2), st.data())
def test_an_event_of_another_request_shows(events: list[Event], data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(events) - 1))
    old = events[at]
    events[at] = link(old.previous, **{**old.model_dump(exclude={"hash", "previous"}), "request_id": OTHER})
    assert FindingKind.FOREIGN in kinds(events)


def test_a_whole_chain_under_another_request_does_not_begin_right() -> None:
    first = link(None, request_id=REQUEST, n=1, at=START, tag=Tag.REQUEST_OPENED)
    fields = {**first.model_dump(), "request_id": OTHER}
    moved = Event.model_validate(fields)
    forged = moved.model_copy(update={"hash": hashlib.sha256(canonical(moved)).hexdigest()})
    assert kinds([forged]) == {FindingKind.BROKEN}


def test_nothing_is_whole_only_if_nothing_was_expected() -> None:
    assert verify([]) == ()
    assert [finding.kind for finding in verify([], "0" * 64)] == [FindingKind.END_CUT]


def test_the_canonical_form_is_what_the_docs_say() -> None:
    """Worked out with the standard library alone, as an auditor would; the hash is pinned, since chains outlive us."""
    event = link(
        None,
        request_id=REQUEST,
        n=1,
        at=datetime(2026, 1, 31, 10, 30, tzinfo=timezone(timedelta(hours=1))),
        tag=Tag.REQUEST_OPENED,
        facts={"right": "access", "é": ["ø", None, True, 3]},
    )
    first = hashlib.sha256(f"habeas evidence 1 {REQUEST}".encode()).hexdigest()
    document = {
        "v": 1,
        "request_id": REQUEST,
        "n": 1,
        "at": "2026-01-31T09:30:00.000000Z",
        "tag": "request:opened",
        "actor": "engine",
        "facts": {"right": "access", "é": ["ø", None, True, 3]},
        "previous": first,
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(event) == text.encode()
    assert event.hash == hashlib.sha256(text.encode()).hexdigest()
    assert event.hash == "8d04511c97b7b3a5beef1b07a52835fe21a30402c8b8728922dc19707a8904f9"
    assert event.previous == genesis(REQUEST) == first


@pytest.mark.parametrize(
    "unfit",
    [
        {"share": 0.5},
        {"list": [1, {"deep": float("nan")}]},
        {"big": 2**53},
        {"nul": "a\0b"},
        {"half": "\ud800"},
        {"address": "write to ann@example.com"},
        {"ann@example.com": 1},
    ],
)
def test_unfit_facts_are_refused_without_repeating_them(unfit: dict[str, JsonValue]) -> None:
    with pytest.raises(ValueError, match="facts hold no") as refused:
        link(
            None,
            request_id=REQUEST,
            n=1,
            at=START,
            tag=Tag.REQUEST_OPENED,
            facts=unfit,
        )
    assert "ann@" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n": 2}, "genesis"),
        ({"n": 0, "previous": "0" * 64}, "greater than 0"),
        ({"n": 2, "previous": "0" * 63}, "pattern"),
        ({"at": START.replace(tzinfo=None)}, "timezone"),
        ({"actor": "ann@example.com"}, "pattern"),
        ({"actor": "Ann Example"}, "pattern"),
        ({"request_id": "ann"}, "pattern"),
        ({"previous": "0" * 64}, "genesis"),
        ({"tag": "request:invented"}, "request:opened"),
    ],
)
def test_a_wrong_link_is_refused(wrong: dict[str, Any], words: str) -> None:
    right: dict[str, Any] = {"request_id": REQUEST, "n": 1, "at": START, "tag": Tag.REQUEST_OPENED}
    assert link(None, **right).n == 1
    with pytest.raises(ValueError, match=words):
        link(**{"previous": None, **right, **wrong})


def test_tags_are_subject_and_action_and_every_act_has_one() -> None:
    assert all(re.fullmatch(r"[a-z_]+:[a-z_]+", tag) for tag in Tag)
    assert {f"act:{kind}" for kind in ActKind} <= set(Tag)
