"""Which recipients of a policy a law's duty to tell reaches."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from habeas import law
from habeas.connector import Choice
from habeas.model import Right
from habeas.policy import (
    Category,
    ControlledBy,
    LegalBasis,
    Origin,
    Policy,
    Purpose,
    PurposeKind,
    Recipient,
    RecipientRole,
    load_policy,
)
from habeas.policy.lawful import faults_in_law
from habeas.policy.told import involved, reached, told_since

ASKED, TODAY = date(2026, 9, 10), date(2026, 10, 8)
ROLES = tuple(RecipientRole)
DEMO = Path(__file__).parents[2] / "deploy" / "controllers" / "demo.toml"


def _policy(regimes: tuple[tuple[str, str], ...] = (("EU-GDPR", "DK"),), **changes: Any) -> Policy:
    """One category, which a recipient of every role got but the source, who gave it."""
    policy = load_policy(DEMO)
    recipients = tuple(
        Recipient(id=role.value, name=role.value, role=role, country="DK", email=f"{role.value}@others.example")
        for role in ROLES
        if role is not RecipientRole.AUTHORITY
    )
    authority = Recipient(id="authority", name="authority", role=RecipientRole.AUTHORITY, country="DK")
    got = tuple(role.value for role in ROLES if role is not RecipientRole.SOURCE)
    category = policy.categories[0].model_copy(
        update={"recipients": got, "sources": ("source",), "sold": True, "sensitive": True}
    )
    entries = tuple(
        policy.regimes[0].model_copy(update={"code": code, "jurisdictions": (place,), "calendar": None})
        for code, place in regimes
    )
    base = {"categories": (category,), "recipients": (*recipients, authority), "regimes": entries}
    return policy.model_copy(update=base | changes)


def _told(policy: Policy, code: str, place: str, right: Right) -> set[str]:
    duty = law.recipients_duty(code, place, right)
    since = told_since(duty, ASKED, TODAY)
    found = reached(policy, right, duty, {policy.categories[0].id}, since)
    return {one.recipient.id for one in found if one.in_time}


ALL = {"processor", "controller", "joint_controller"}
OTHERS = {"controller", "joint_controller"}


@pytest.mark.parametrize(
    ("code", "place", "right", "told"),
    [
        ("EU-GDPR", "DK", Right.ERASURE, ALL),
        ("EU-GDPR", "DK", Right.OBJECTION, set()),
        ("EU-GDPR", "DK", Right.ACCESS, set()),
        ("US-CCPA", "US-CA", Right.ERASURE, ALL),
        ("US-CCPA", "US-CA", Right.RECTIFICATION, {"processor"}),
        ("US-CCPA", "US-CA", Right.OPT_OUT_SALE, OTHERS),
        ("US-CCPA", "US-CA", Right.LIMIT_SENSITIVE, {"processor"}),
        ("US-STATE", "US-TX", Right.OPT_OUT_SALE, {"processor"}),
        ("IN-DPDP", "IN", Right.WITHDRAW_CONSENT, {"processor"}),
        ("CA-QC-25", "CA-QC", Right.RECTIFICATION, ALL | {"source"}),
        ("BR-LGPD", "BR", Right.ERASURE, ALL),  # the processor erases what it holds for us, law or not
        ("CH-FADP", "CH", Right.ERASURE, {"processor"}),
    ],
)
def test_who_is_told_follows_the_law(code: str, place: str, right: Right, told: set[str]) -> None:
    assert _told(_policy(), code, place, right) == told


def test_an_authority_is_told_where_the_policy_gives_its_address() -> None:
    policy = _policy()
    addressed = tuple(one.model_copy(update={"email": "in@authority.example"}) for one in policy.recipients)
    told = _told(policy.model_copy(update={"recipients": addressed}), "EU-GDPR", "DK", Right.ERASURE)
    assert told == ALL | {"authority"}


@pytest.mark.parametrize(
    ("code", "place", "right", "first_day"),
    [
        ("CA-QC-25", "CA-QC", Right.RECTIFICATION, date(2026, 4, 8)),
        ("SG-PDPA", "SG", Right.RECTIFICATION, date(2025, 10, 8)),
        ("US-CCPA", "US-CA", Right.OPT_OUT_SALE, ASKED),
        ("EU-GDPR", "DK", Right.ERASURE, None),
    ],
)
def test_who_had_it_before_the_laws_time_is_not_told(
    code: str, place: str, right: Right, first_day: date | None
) -> None:
    assert told_since(law.recipients_duty(code, place, right), ASKED, TODAY) == first_day
    for day, told in ((first_day, True), (date(2020, 1, 1), first_day is None)):
        policy = _policy()
        recipients = tuple(one.model_copy(update={"received_until": day}) for one in policy.recipients)
        policy = policy.model_copy(update={"recipients": recipients})
        assert ("controller" in _told(policy, code, place, right)) is told
    if right is Right.RECTIFICATION:
        assert "processor" in _told(policy, code, place, right), "it holds the data for us, however long"


def test_only_what_may_be_stopped_is_involved() -> None:
    policy = _policy()
    other = policy.categories[0].model_copy(update={"id": "other", "sold": False, "sensitive": False})
    sale = Purpose(id="ads", title={"en": "Ads"}, kinds=(PurposeKind.SALE, PurposeKind.CONSENT))
    policy = policy.model_copy(update={"categories": (*policy.categories, other), "purposes": (sale,)})
    first = policy.categories[0].id
    assert involved(policy, Right.OPT_OUT_SALE, {"ads"}) == {first}
    assert involved(policy, Right.OPT_OUT_SALE, ()) == frozenset()
    named = sale.model_copy(update={"categories": ("other",)})
    assert involved(policy.model_copy(update={"purposes": (named,)}), Right.OPT_OUT_SALE, {"ads"}) == {"other"}
    by = ControlledBy(who={"en": "them"}, field="owner")
    theirs = policy.categories[0].model_copy(update={"controlled_by": by})
    policy = policy.model_copy(update={"categories": (theirs, other)})
    assert involved(policy, Right.OPT_OUT_SALE, {"ads"}) == frozenset()
    assert involved(policy, Right.OPT_OUT_SALE, {"ads"}, {first}) == {first}, "of which some is the controller's own"


def _faults(policy: Policy) -> dict[str, str]:
    """By section and number."""
    return {"{}[{}]".format(*each.path[:2]): each.remedy for each in faults_in_law(policy)}


def _silent(recipients: tuple[Recipient, ...], faults: dict[str, str]) -> set[str]:
    return {one.id for n, one in enumerate(recipients) if f"recipients[{n}]" in faults}


def test_the_check_demands_an_address_for_whom_any_duty_means() -> None:
    policy = _policy((("US-CCPA", "US-CA"),))
    silent = tuple(one.model_copy(update={"email": None}) for one in policy.recipients)
    found = _faults(policy.model_copy(update={"recipients": silent}))
    where = _silent(silent, found)
    assert where == ALL
    quebec = _policy((("CA-QC-25", "CA-QC"),), recipients=silent)
    where = _silent(silent, _faults(quebec))
    assert where == ALL | {"source"}


def test_the_check_demands_the_sources_where_they_must_be_told() -> None:
    def faults(**changes: object) -> dict[str, str]:
        policy = _policy((("CA-QC-25", "CA-QC"),))
        category: Category = policy.categories[0].model_copy(update=changes)
        return _faults(policy.model_copy(update={"categories": (category,)}))

    assert "add sources" in faults(origin=Origin.THIRD_PARTY, sources=())["categories[0]"]
    assert "categories[0]" not in faults(origin=Origin.THIRD_PARTY)
    assert "categories[0]" not in faults(origin=Origin.PERSON, sources=())


def test_the_check_demands_what_a_purpose_uses_where_others_must_hear_of_its_end() -> None:
    sale = Purpose(id="ads", title={"en": "Ads"}, kinds=(PurposeKind.SALE,))
    policy = _policy((("US-CCPA", "US-CA"),), purposes=(sale,))
    unsold = policy.categories[0].model_copy(update={"sold": False, "legal_bases": (LegalBasis.CONTRACT,)})
    assert "purposes[0]" not in _faults(policy)
    policy = policy.model_copy(update={"categories": (unsold,)})
    assert "add categories" in _faults(policy)["purposes[0]"]
    named = sale.model_copy(update={"categories": (unsold.id,)})
    assert "purposes[0]" not in _faults(policy.model_copy(update={"purposes": (named,)}))


@pytest.mark.parametrize(
    ("chosen", "told", "unsure"),
    [({}, set(), {"controller"}), ({"ads": False}, set(), set()), ({"ads": True}, {"controller"}, set())],
)
def test_who_gets_data_by_choice_is_told_where_the_choice_stands(
    chosen: dict[str, bool], told: set[str], unsure: set[str]
) -> None:
    policy = _policy()
    one = policy.categories[0].model_copy(update={"recipients": ("controller",), "only_with": {"controller": "ads"}})
    policy = policy.model_copy(update={"categories": (one,)})
    duty = law.recipients_duty("EU-GDPR", "DK", Right.ERASURE)
    found = tuple(reached(policy, Right.ERASURE, duty, {one.id}, None, chosen))
    assert {each.recipient.id for each in found if not each.unsure} == told
    assert {each.recipient.id for each in found if each.unsure} == unsure


def test_who_gets_something_in_any_case_is_told_of_that_alone() -> None:
    policy = _policy()
    first = policy.categories[0].model_copy(update={"recipients": ("controller",)})
    second = first.model_copy(update={"id": "ads", "only_with": {"controller": "ads"}})
    policy = policy.model_copy(update={"categories": (first, second)})
    duty = law.recipients_duty("EU-GDPR", "DK", Right.ERASURE)
    (found,) = reached(policy, Right.ERASURE, duty, {first.id, second.id}, None)
    assert (found.categories, found.unsure) == ((first.id,), False)


@pytest.mark.parametrize(
    ("choice", "data", "stands"),
    [
        ({"stopped": "false"}, {"ads": True}, True),
        ({"stopped": "false"}, {"ads": False}, False),
        ({"stopped": "false"}, {"ads": None}, None),
        ({"stopped": "false"}, {}, None),
        ({"any_value": True}, {"ads": None}, True),
        ({"any_value": True}, {"ads": "2026-01-01"}, False),
        ({}, {"ads": None}, False),
        ({}, {"ads": "2026-01-01"}, True),
        ({"stopped": "off", "where": {"topic": "ads"}}, {"ads": "on", "topic": "ads"}, True),
        ({"stopped": "off", "where": {"topic": "ads"}}, {"ads": "on", "topic": "news"}, None),
    ],
)
def test_a_record_says_whether_a_choice_stands(
    choice: dict[str, Any], data: dict[str, JsonValue], stands: bool | None
) -> None:
    assert Choice(purpose="ads", field="ads", **choice).stands(data) is stands
