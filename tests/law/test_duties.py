"""Beside the dates: fees, remedies, recipients, proof of identity, free requests, holds, grounds of refusal."""

from datetime import date

import pytest

from habeas.errors import BadInput
from habeas.fields import SensitiveType
from habeas.law import (
    fee_rule,
    free_requests,
    hold_after_refusal,
    kept_after_refusal,
    recipients_duty,
    records_kept,
    refusal_grounds,
    regime,
    regimes,
    remedies,
    right_known,
    rights,
    undisclosed,
    verification,
)
from habeas.law.compute import compute
from habeas.model import REMEDIES, Right
from tests.law.kit import case

EVERYWHERE = [(law.code, place) for law in regimes().values() for place in law.places]


def test_a_state_s_refusal_names_the_state_s_own_act() -> None:
    for place in regimes()["US-STATE"].places:
        assert "the state's act" not in regime("US-STATE", place).model_dump_json()
    assert {one.cite for one in refusal_grounds("US-STATE", "US-VA", Right.ERASURE)} == {"Va. Code 59.1-577"}
    assert remedies("US-STATE", "US-VA", Right.ERASURE).cite == "Va. Code 59.1-577"


def test_a_state_s_law_is_named_by_the_state_where_it_is_not_in_force_yet() -> None:
    with pytest.raises(BadInput, match="The law of Oklahoma is in force from 2027-01-01"):
        compute(case("US-STATE", "US-OK", "access", "2026-12-31"))
    with pytest.raises(BadInput, match="EU-GDPR is in force from 2018-05-25"):
        compute(case("EU-GDPR", "DK", "access", "2018-05-24"))


def test_california_and_minnesota_name_what_they_never_let_out_and_no_other_law_does() -> None:
    found = {
        (place, right): {rule.cite for rule in rules.values()}
        for code, place in EVERYWHERE
        for right in (Right.ACCESS, Right.PORTABILITY)
        if (rules := undisclosed(code, place, right))
    }
    assert found == {
        ("US-CA", Right.ACCESS): {"11 CCR 7024(d)"},
        ("US-CA", Right.PORTABILITY): {"11 CCR 7024(d)"},
        ("US-MN", Right.ACCESS): {"Minn. Stat. 325M.14 subd. 4(i)"},
        ("US-MN", Right.PORTABILITY): {"Minn. Stat. 325M.14 subd. 4(i)"},
    }
    assert undisclosed("US-CCPA", "US-CA", Right.ACCESS).keys() == set(SensitiveType)


def test_who_must_keep_requests_on_record_and_for_how_long() -> None:
    found = {
        place: (rule.months, rule.rights, rule.cite, rule.mark)
        for code, place in EVERYWHERE
        for rule in records_kept(code, place)
    }
    assert found == {
        "US-CA": (24, (), "11 CCR 7101", "P"),
        "US-CO": (24, (), "4 CCR 904-3 r.6.11", "S"),
        "US-MN": (24, (Right.APPEAL,), "Minn. Stat. 325M.14", "S/K"),
    }


@pytest.mark.parametrize(("code", "place", "law"), [("EU-GDPR", "DK", "GDPR"), ("UK-GDPR", "GB-ENG", "UK GDPR")])
def test_recipients_are_told_by_article_19_and_by_no_other(code: str, place: str, law: str) -> None:
    cites = {right: duty.cite for right in Right if (duty := recipients_duty(code, place, right))}
    assert cites == dict.fromkeys((Right.RECTIFICATION, Right.ERASURE, Right.RESTRICTION), f"{law} 19")
    # What was made public is told to whoever processes it, and not to those whom we gave the data.
    (published,) = (rule for rule in regime(code, place).rules if rule.item == "made_public")
    assert published.cite == f"{law} 17(2)"


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_every_right_of_every_place_is_answered(code: str, place: str) -> None:
    law = regime(code, place)
    for right in rights(code, place):
        assert any(fee.covers(right) for fee in law.fees), right
        assert any(rule.covers(right) for rule in law.verification), right
        found = remedies(code, place, right)
        assert found.authority
        assert found.text
        assert found.cite
        if right not in REMEDIES:
            assert refusal_grounds(code, place, right), right


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_nothing_is_said_of_a_right_that_the_law_does_not_give(code: str, place: str) -> None:
    law, given = regime(code, place), rights(code, place) | {Right.OBJECTION, Right.RECTIFICATION, Right.APPEAL}
    tables = (law.fees, law.remedies, law.recipients, law.verification, law.denials)
    # What must be kept is kept of an erasure that only a policy promises, too.
    assert {right for each in law.grounds for right in each.rights} <= given | {Right.ERASURE}
    assert {right for table in tables for each in table for right in each.rights} <= given
    assert sum(not each.rights and not each.marketing for each in law.verification) <= 1


@pytest.mark.parametrize(
    ("code", "place", "right", "allowed", "first"),
    [
        ("EU-GDPR", "DK", "access", "unfounded_or_excessive", True),
        ("EU-GDPR", "DK", "withdraw_consent", "never", False),
        ("EEA-GDPR", "NO", "erasure", "unfounded_or_excessive", True),
        ("UK-GDPR", "GB-ENG", "rectification", "unfounded_or_excessive", True),
        ("CH-FADP", "CH", "access", "disproportionate_effort", True),
        ("CH-FADP", "CH", "erasure", "unstated", False),
        ("US-CCPA", "US-CA", "access", "unfounded_or_excessive", False),
        ("US-CCPA", "US-CA", "opt_out_sale", "never", False),
        ("US-STATE", "US-CO", "erasure", "unfounded_or_excessive", False),
        ("CA-PIPEDA", "CA-ON", "access", "minimal", True),
        ("CA-QC-25", "CA-QC", "access", "reasonable", True),
        ("CA-QC-25", "CA-QC", "rectification", "never", False),
        ("BR-LGPD", "BR", "access", "never", False),
        ("AU-APP", "AU", "access", "reasonable", False),
        ("AU-APP", "AU", "rectification", "never", False),
        ("IN-DPDP", "IN", "access", "unstated", False),
        ("ZA-PAIA", "ZA", "access", "reasonable", True),
        ("SG-PDPA", "SG", "access", "reasonable", True),
        ("JP-APPI", "JP", "access", "reasonable", False),
        ("KR-PIPA", "KR", "access", "actual_cost", False),
        ("CN-PIPL", "CN", "access", "unstated", False),
        ("NZ-PRIVACY", "NZ", "access", "reasonable", False),
    ],
)
def test_fees(code: str, place: str, right: str, allowed: str, first: bool) -> None:
    found = fee_rule(code, place, Right(right))
    assert (found.allowed, found.announces_first) == (allowed, first)


def test_fees_have_their_extras() -> None:
    assert fee_rule("EU-GDPR", "FR", Right.ACCESS).also == ("further_copies",)
    assert fee_rule("US-STATE", "US-VA", Right.ACCESS).also == ("beyond_free_requests",)
    assert fee_rule("CH-FADP", "CH", Right.PORTABILITY).most == "CHF 300"
    silent = fee_rule("SG-PDPA", "SG", Right.APPEAL)
    assert silent.allowed == "never"


@pytest.mark.parametrize(
    ("code", "place", "court", "controller", "time"),
    [
        ("EU-GDPR", "DK", True, False, None),
        ("EEA-GDPR", "NO", True, False, None),
        ("UK-GDPR", "GB-ENG", True, True, None),
        ("CH-FADP", "CH", True, False, None),
        ("US-CCPA", "US-CA", False, False, None),
        ("US-STATE", "US-CO", False, False, None),
        ("CA-PIPEDA", "CA-ON", True, False, "6_months"),
        ("CA-QC-25", "CA-QC", False, False, "30_days"),
        ("BR-LGPD", "BR", False, False, None),
        ("AU-APP", "AU", False, True, None),
        ("IN-DPDP", "IN", False, True, None),
        ("ZA-PAIA", "ZA", True, False, "180_days"),
        ("SG-PDPA", "SG", False, False, None),
        ("JP-APPI", "JP", True, False, None),
        ("KR-PIPA", "KR", False, True, None),
        ("CN-PIPL", "CN", True, False, None),
        ("NZ-PRIVACY", "NZ", False, False, None),
    ],
)
def test_remedies(code: str, place: str, court: bool, controller: bool, time: str | None) -> None:
    found = remedies(code, place, Right.ACCESS)
    assert (found.court, found.controller_complaint, found.time_limit) == (court, controller, time)


def test_what_the_remedy_is_called_and_from_when_it_is_counted() -> None:
    told = {code: remedies(code, place, Right.ACCESS) for code, place in EVERYWHERE}
    assert {code: found.name for code, found in told.items() if found.name} == {
        "CA-QC-25": "examination_of_disagreement",
        "CH-FADP": "report",
        "SG-PDPA": "review",
    }
    assert {code for code, found in told.items() if found.counted_from} == {"CA-PIPEDA", "CA-QC-25"}


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_remedies_agree_with_what_a_refusal_must_say(code: str, place: str) -> None:
    law, found = regime(code, place), remedies(code, place, Right.ACCESS)
    said = law.notices["refusal"]
    assert ("court" in said) is found.court, "what the law gives is told, and nothing else"
    assert not ("remedy_time" in said and found.time_limit is None)
    assert ("complaint_to_controller" in said) is (found.controller_complaint and "appeal" not in said)
    assert found.court or found.court_after is None


@pytest.mark.parametrize(
    ("place", "days", "more"),
    [("US-CO", 45, 60), ("US-MN", 45, 60), ("US-NJ", 45, None), ("US-OR", 45, None), ("US-VA", 60, None)],
)
def test_appeals_of_states(place: str, days: int, more: int | None) -> None:
    appeal = remedies("US-STATE", place, Right.ERASURE).appeal
    assert appeal is not None
    assert (appeal.within_days, appeal.extendable_days) == (days, more)


def test_no_appeal_where_there_is_none_and_none_against_an_appeal() -> None:
    assert remedies("US-STATE", "US-UT", Right.ACCESS).appeal is None
    assert remedies("US-STATE", "US-VT", Right.ACCESS).appeal is None
    assert remedies("US-STATE", "US-CO", Right.APPEAL).appeal is None
    assert remedies("EU-GDPR", "DK", Right.ACCESS).appeal is None
    assert remedies("UK-GDPR", "GB-SCT", Right.ACCESS).controller_complaint
    assert not remedies("UK-GDPR", "GB-SCT", Right.COMPLAINT).controller_complaint


@pytest.mark.parametrize(
    ("code", "place", "right", "whom", "months"),
    [
        ("EU-GDPR", "DK", "rectification", ("recipients",), None),
        ("EEA-GDPR", "IS", "erasure", ("recipients",), None),
        ("UK-GDPR", "GB-ENG", "restriction", ("recipients",), None),
        ("US-CCPA", "US-CA", "erasure", ("processors", "third_parties"), None),
        ("US-CCPA", "US-CA", "rectification", ("processors",), None),
        ("US-CCPA", "US-CA", "opt_out_sale", ("third_parties",), None),
        ("US-CCPA", "US-CA", "limit_sensitive", ("processors",), None),
        ("US-STATE", "US-TX", "erasure", ("processors",), None),
        ("CA-PIPEDA", "CA-ON", "rectification", ("third_parties",), None),
        ("CA-QC-25", "CA-QC", "rectification", ("recipients", "source"), 6),
        ("BR-LGPD", "BR", "erasure", ("controllers",), None),
        ("AU-APP", "AU", "rectification", ("third_parties",), None),
        ("IN-DPDP", "IN", "erasure", ("processors",), None),
        ("ZA-PAIA", "ZA", "erasure", ("recipients",), None),
        ("SG-PDPA", "SG", "rectification", ("recipients",), 12),
        ("NZ-PRIVACY", "NZ", "rectification", ("recipients",), None),
    ],
)
def test_who_else_is_told(code: str, place: str, right: str, whom: tuple[str, ...], months: int | None) -> None:
    duty = recipients_duty(code, place, Right(right))
    assert duty is not None
    assert (duty.whom, duty.look_back_months) == (whom, months)
    assert recipients_duty(code, place, Right.ACCESS) is None


def test_nobody_is_told_where_the_law_asks_for_none() -> None:
    assert recipients_duty("EU-GDPR", "DK", Right.OBJECTION) is None
    assert recipients_duty("CH-FADP", "CH", Right.ERASURE) is None
    assert recipients_duty("JP-APPI", "JP", Right.ERASURE) is None
    only_then = recipients_duty("AU-APP", "AU", Right.RECTIFICATION)
    assert only_then is not None
    assert only_then.on_request
    european = recipients_duty("EU-GDPR", "DK", Right.ERASURE)
    assert european is not None
    assert (european.if_practicable, european.may_ask_who) == (True, True)


@pytest.mark.parametrize(
    ("code", "right", "need"),
    [
        ("EU-GDPR", "access", "reasonable"),
        ("EU-GDPR", "objection", "reasonable"),
        ("EU-GDPR", "withdraw_consent", "none"),
        ("UK-GDPR", "complaint", "none"),
        ("US-CCPA", "access", "required"),
        ("US-CCPA", "opt_out_sale", "none"),
        ("US-CCPA", "limit_sensitive", "none"),
        ("US-STATE", "opt_out_sale", "none"),
        ("US-STATE", "access", "required"),
        ("CA-QC-25", "access", "required"),
        ("NZ-PRIVACY", "access", "required"),
        ("CH-FADP", "access", "required"),
        ("CA-PIPEDA", "access", "reasonable"),
    ],
)
def test_proof_of_identity(code: str, right: str, need: str) -> None:
    assert verification(code, Right(right)) == need


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_opting_out_needs_no_proof(code: str, place: str) -> None:
    freely = {Right.OPT_OUT_SALE, Right.LIMIT_SENSITIVE, Right.WITHDRAW_CONSENT} & rights(code, place)
    assert all(verification(code, right, place) == "none" for right in freely)


def test_marketing_needs_no_proof() -> None:
    assert verification("EU-GDPR", Right.OBJECTION, marketing=True) == "none"
    assert verification("UK-GDPR", Right.OBJECTION, "GB-NIR", marketing=True) == "none"
    assert verification("EU-GDPR", Right.ACCESS, marketing=True) == "reasonable"


def test_free_requests() -> None:
    counts = {
        place: found.count for place in regimes()["US-STATE"].places if (found := free_requests("US-STATE", place))
    }
    twice = {"US-VA", "US-TX", "US-FL", "US-IA", "US-NE", "US-TN", "US-MN", "US-KY"}
    assert {place for place, count in counts.items() if count == 2} == twice
    assert len(counts) == 19
    assert free_requests("US-STATE", "US-VT") is None
    assert free_requests("EU-GDPR", "DK") is None
    california = free_requests("US-CCPA", "US-CA")
    assert california is not None
    assert (california.count, california.months, california.rights) == (2, 12, (Right.ACCESS, Right.PORTABILITY))


def test_refused_information_is_held() -> None:
    held = {code: hold_after_refusal(code, law.places[0]) for code, law in regimes().items()}
    assert {code: rule.days for code, rule in held.items() if rule} == {
        "CA-PIPEDA": None,
        "CA-QC-25": None,
        "SG-PDPA": 30,
    }


@pytest.mark.parametrize(
    ("code", "place", "right", "until"),
    [
        ("CA-PIPEDA", "CA-ON", Right.ACCESS, date(2026, 9, 27)),  # six months and 30 days
        ("CA-QC-25", "CA-QC", Right.ACCESS, date(2026, 4, 29)),
        ("SG-PDPA", "SG", Right.ACCESS, date(2026, 3, 30)),
        ("SG-PDPA", "SG", Right.RECTIFICATION, None),
        ("EU-GDPR", "DK", Right.ACCESS, None),
    ],
)
def test_refused_information_is_held_until_the_recourse_has_run_out(
    code: str, place: str, right: Right, until: date | None
) -> None:
    assert kept_after_refusal(code, place, right, date(2026, 2, 28)) == until


@pytest.mark.parametrize(
    ("code", "place", "right", "wanted"),
    [
        ("EU-GDPR", "DK", "rectification", {"accurate", "manifestly_unfounded", "excessive", "cannot_identify"}),
        ("EU-GDPR", "DK", "erasure", {"still_needed", "legal_obligation", "legal_claims"}),
        ("EU-GDPR", "DK", "restriction", {"conditions_not_met"}),
        ("EU-GDPR", "DK", "objection", {"compelling_grounds", "conditions_not_met"}),
        ("UK-GDPR", "GB-ENG", "withdraw_consent", {"not_based_on_consent"}),
        ("US-STATE", "US-CO", "appeal", {"late"}),
        ("US-STATE", "US-CO", "opt_out_sale", {"fraud"}),
        ("US-CCPA", "US-CA", "rectification", {"accurate", "same_as_before"}),
        ("CA-QC-25", "CA-QC", "rectification", {"accurate"}),
        ("KR-PIPA", "KR", "restriction", {"complete_transaction"}),
    ],
)
def test_each_right_has_its_grounds(code: str, place: str, right: str, wanted: set[str]) -> None:
    assert wanted <= {ground.code for ground in refusal_grounds(code, place, Right(right))}


def test_grounds_against_access_are_not_offered_for_correction() -> None:
    for code, place in (("CA-PIPEDA", "CA"), ("ZA-PAIA", "ZA"), ("CH-FADP", "CH"), ("CA-QC-25", "CA-QC")):
        assert "rights_of_others" not in {one.code for one in refusal_grounds(code, place, Right.RECTIFICATION)}
        assert "rights_of_others" in {one.code for one in refusal_grounds(code, place, Right.ACCESS)}


@pytest.mark.parametrize(
    ("code", "place", "right", "on", "known"),
    [
        ("EU-GDPR", "DK", "access", "2018-05-25", True),
        ("EU-GDPR", "DK", "access", "2018-05-24", False),
        ("EU-GDPR", "DK", "opt_out_sale", "2027-01-01", False),
        ("UK-GDPR", "GB-ENG", "complaint", "2026-06-18", False),
        ("UK-GDPR", "GB-ENG", "complaint", "2026-06-19", True),
        ("US-STATE", "US-UT", "rectification", "2026-06-30", False),
        ("US-STATE", "US-UT", "appeal", "2027-01-01", False),
        ("US-STATE", "US-VT", "access", "2027-12-31", False),
        ("US-STATE", "US-VT", "access", "2028-01-01", True),
        ("US-CCPA", "US-CA", "objection", "2026-12-31", False),
        ("IN-DPDP", "IN", "access", "2027-01-01", False),
    ],
)
def test_whether_a_right_is_known_on_a_day(code: str, place: str, right: str, on: str, known: bool) -> None:
    assert right_known(code, place, Right(right), date.fromisoformat(on)) is known


def test_an_appeal_that_a_state_does_not_give_is_said_so() -> None:
    utah = compute(case("US-STATE", "US-UT", "appeal", "2027-03-01"))
    assert not utah.right_known
    assert "gives no appeal" in utah.citation
    vermont = compute(case("US-STATE", "US-VT", "appeal", "2028-03-01"))
    assert "not read yet" in vermont.citation
