"""The dates that staff plan by and the notice of delay, without an engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from activities.authority import authorities
from activities.clockface import Dated, PauseSpan, dated, first_due_on, working_day
from habeas.model import PauseReason, Request, Right
from habeas.policy import Policy, load_policy
from habeas.policy.sections import RegimeEntry, Strength
from tests.workflows.conftest import POLICY
from workers.office.explained import explained


def _request(day: str, right: Right = Right.ACCESS) -> Request:
    return Request(
        id="HB-0000-0000-0000",
        controller="demo",
        right=right,
        regime="EU-GDPR",
        jurisdiction="DK",
        language="en",
        received_at=datetime.fromisoformat(f"{day}T09:00:00+00:00"),
    )


def _promising(**promise: object) -> Policy:
    policy = load_policy(POLICY)
    return policy.model_copy(update={"promise": policy.promise.model_copy(update=promise)})


@pytest.mark.parametrize(
    ("day", "place", "planned"),
    [
        ("2026-11-20", "DK", "2026-11-20"),  # a Friday
        ("2026-11-22", "DK", "2026-11-20"),  # a Sunday
        ("2026-12-27", "DK", "2026-12-24"),  # two days of Christmas, the second a Saturday, and a Sunday
        ("2027-01-01", "FR", "2026-12-31"),
    ],
)
def test_what_falls_on_a_closed_day_is_planned_for_the_working_day_before(day: str, place: str, planned: str) -> None:
    assert working_day(date.fromisoformat(day), place).isoformat() == planned


def test_a_promise_that_ends_on_a_sunday_is_planned_for_friday_and_told_of_before() -> None:
    # 2 November 2026 and 20 days: Sunday 22 November.
    policy = _promising(days=20, delay_notice=True, delay_days_before=1)
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    face = dated(_request("2026-11-02"), policy, (), now).face
    assert (face.due_on, face.planned_on) == (date(2026, 11, 22), date(2026, 11, 20))
    # One day before Friday's end, in Copenhagen.
    assert face.delay_at == datetime(2026, 11, 19, 23, tzinfo=UTC)


def test_the_notice_of_delay_is_for_promises_and_waits_for_the_end_of_an_extension() -> None:
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert dated(_request("2026-11-02"), _promising(days=20), (), now).face.delay_at is None
    policy = _promising(days=20, strength=Strength.EFFORTS, delay_notice=True)
    face = dated(_request("2026-11-02"), policy, (), now).face
    assert face.delay_at is not None
    assert face.ask_at == (face.delay_at - timedelta(days=4), face.delay_at - timedelta(days=1))
    extended = _request("2026-11-02").model_copy(update={"extended": True})
    later = dated(extended, policy, (), now)
    assert later.face.delay_at == later.deadlines.end_of(later.face.due_on or date.min), "when that term is over, too"
    assert later.face.ask_at == ()
    firm = _promising(days=20, delay_notice=True)
    assert dated(extended, firm, (), now).face.delay_at == face.delay_at, "a hard promise stands"
    late = now + timedelta(days=40)
    assert dated(_request("2026-11-02"), policy, (), late).face.delay_at == late


def test_the_explanation_ends_with_the_day_that_counts() -> None:
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    soon = dated(_request("2026-11-02"), _promising(days=20), (), now)
    assert soon.explanation[-1] == (
        "The controller promised an answer by Sunday 22 November 2026: that is earlier than the law's day, and counts."
    )
    assert soon.explanation[:-1] == soon.deadlines.explanation
    late = dated(_request("2026-11-02"), _promising(days=60), (), now)
    assert late.explanation[-1].endswith("the law's day comes no later, and counts.")
    none = dated(_request("2026-11-02"), load_policy(POLICY), (), now)
    assert none.explanation == none.deadlines.explanation


@pytest.mark.parametrize(("strength", "until"), [(Strength.HARD, "2026-11-22"), (Strength.EFFORTS, "2027-02-02")])
def test_an_extended_term_never_ends_before_the_one_it_extends(strength: Strength, until: str) -> None:
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    policy = _promising(days=20, strength=strength)
    extended = _request("2026-11-02").model_copy(update={"extended": True})
    times = dated(extended, policy, (), now)
    first = first_due_on(extended, policy, times.deadlines)
    assert (first, str(times.face.due_on)) == (date(2026, 11, 22), until)


@pytest.mark.parametrize(("day", "by_itself"), [("2026-11-02", "2026-11-19"), ("2026-11-25", "2026-11-25")])
def test_a_promise_shortens_when_one_extends_and_not_until_when_one_may(day: str, by_itself: str) -> None:
    policy = _promising(days=20, strength=Strength.HARD)
    clock = policy.clock.model_copy(
        update={"extend_automatically": True, "extend_ground": "complexity", "extend_days_before": 3}
    )
    now = datetime.fromisoformat(f"{day}T10:00:00+00:00")
    times = dated(_request("2026-11-02"), policy.model_copy(update={"clock": clock}), (), now)
    assert times.deadlines.notice_latest_on == date(2026, 12, 2)
    assert times.face.notice_latest_at == times.deadlines.end_of(date(2026, 12, 2)), "promised by 22 November"
    assert times.face.extend_at is not None
    assert str(times.face.extend_at.date()) == by_itself


def test_a_fee_may_be_asked_for_a_copy_and_never_for_taking_a_consent_back() -> None:
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    policy = load_policy(POLICY)
    assert dated(_request("2026-11-02"), policy, (), now).face.fee_allowed
    assert not dated(_request("2026-11-02", Right.WITHDRAW_CONSENT), policy, (), now).face.fee_allowed


def _read(regime: str, place: str, right: Right, *options: str, start: str = "2026-11-02") -> Dated:
    """The dates of a request under a law that the controller reads by these options."""
    entry = RegimeEntry(code=regime, jurisdictions=(place,), options=options)
    policy = load_policy(POLICY).model_copy(update={"regimes": (entry,)})
    request = _request(start, right).model_copy(update={"regime": regime, "jurisdiction": place})
    asked = PauseSpan(reason=PauseReason.IDENTITY, start=date(2026, 11, 3), end=date(2026, 11, 12))
    return dated(request, policy, (asked,), datetime(2026, 11, 20, 10, tzinfo=UTC))


def test_the_reading_that_a_policy_chose_makes_the_dates_and_is_told() -> None:
    usual, restarted = (_read("EU-GDPR", "DK", Right.ACCESS, *each) for each in ((), ("identity_restart",)))
    assert usual.face.due_on != restarted.face.due_on == date(2026, 12, 14)  # the 12th is a Saturday
    assert any(line.startswith("By the controller's choice: The month starts again") for line in restarted.explanation)
    assert "(option identity_restart)" in restarted.face.citation


def test_what_a_chosen_reading_does_not_wait_for_stops_no_clock() -> None:
    strict = _read("EU-GDPR", "DK", Right.ACCESS, "identity_none").face
    assert (strict.pause_reasons, strict.due_on) == ((), date(2026, 12, 2))
    assert strict.proof_until is not None, "asked in vain, the person is answered in time"
    assert PauseReason.IDENTITY in _read("EU-GDPR", "DK", Right.ACCESS).face.pause_reasons


def test_a_reading_of_other_terms_is_not_told_of_this_one() -> None:
    """The controller's Saturdays count for acknowledgements, and an opt-out has none."""
    found = _read("US-CCPA", "US-CA", Right.OPT_OUT_SALE, "acknowledge_with_saturday")
    assert not any("By the controller's choice" in line for line in found.explanation)


@pytest.mark.parametrize(
    ("regime", "place", "right", "target"),
    [
        ("JP-APPI", "JP", Right.ACCESS, "2026-11-16"),
        ("CN-PIPL", "CN", Right.ERASURE, "2026-11-23"),
        ("BR-LGPD", "BR", Right.ERASURE, "2026-11-17"),
        ("CH-FADP", "CH", Right.ERASURE, "2026-12-02"),
        ("UK-GDPR", "GB-ENG", Right.COMPLAINT, "2026-12-02"),
        ("KR-PIPA", "KR", Right.APPEAL, "2026-12-02"),
        ("CH-FADP", "CH", Right.ACCESS, None),
    ],
)
def test_where_nothing_is_due_staff_aim_at_what_practice_suggests(
    regime: str, place: str, right: Right, target: str | None
) -> None:
    entry = RegimeEntry(code=regime, jurisdictions=(place,))
    policy = load_policy(POLICY).model_copy(update={"regimes": (entry,)})
    request = _request("2026-11-02", right).model_copy(update={"regime": regime, "jurisdiction": place})
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    times = dated(request, policy, (), now)
    assert (times.face.target_on and times.face.target_on.isoformat()) == target
    assert (times.face.due_on is None, bool(times.face.remind_at)) == (target is not None, True)
    assert ("which is no day of the law" in times.explanation[-1]) == (target is not None)
    assert explained(times.explanation[-1:], "fr")[0].language == "fr"
    mine = policy.model_copy(update={"regimes": (entry.model_copy(update={"target_days": 9}),)})
    ours = dated(request, mine, (), now).face
    assert ours.target_on == (date(2026, 11, 11) if target else None)
    promising = mine.model_copy(update={"promise": policy.promise.model_copy(update={"days": 20})})
    assert dated(request, promising, (), now).face.target_on is None, "what is promised is due"


IOWA, JAPAN, CANADA, CALIFORNIA = ("US-STATE", "US-IA"), ("JP-APPI", "JP"), ("CA-PIPEDA", "CA"), ("US-CCPA", "US-CA")


def _abroad(
    law: tuple[str, str], *, right: Right = Right.ACCESS, home: str = "DK", **more: object
) -> tuple[Dated, Policy, Request]:
    """The dates of a request of 30 November 2026 to a shop established at home, by somebody who lives under a law."""
    regime, place = law
    base = load_policy(POLICY)
    entries = (base.regimes[0], RegimeEntry(code=regime, jurisdictions=(place,)))
    controller = base.controller.model_copy(update={"establishment": home})
    policy = base.model_copy(update={"regimes": entries, "controller": controller})
    request = _request("2026-11-30", right).model_copy(update={"regime": regime, "jurisdiction": place, **more})
    return dated(request, policy, (), datetime(2026, 11, 30, 10, tzinfo=UTC)), policy, request


@pytest.mark.parametrize(
    ("law", "due", "until", "notice"),
    [
        (IOWA, "2026-12-30", "2027-03-01", "2026-12-30"),  # 90 days, and 45 more; February ends on a Sunday
        (CALIFORNIA, "2026-12-30", "2027-02-28", "2026-12-30"),  # 45 days, 90 in all
        (CANADA, "2026-12-30", "2027-01-29", "2026-12-30"),  # 30 days, 60 in all
        (JAPAN, "2026-12-30", "2027-03-01", None),  # no number at all
    ],
)
def test_no_law_of_the_person_s_gives_the_controller_longer_than_its_own(
    law: tuple[str, str], due: str, until: str, notice: str | None
) -> None:
    first, _, _ = _abroad(law)
    assert str(first.face.due_on) == str(first.deadlines.due_on) == due
    assert (str(first.deadlines.notice_latest_on) if notice else None) == notice
    extended, _, _ = _abroad(law, extended=True)
    assert str(extended.face.due_on) == until


def test_where_the_establishment_s_law_binds_nobody_abroad_the_person_s_alone_counts() -> None:
    assert str(_abroad(IOWA, home="US-CO")[0].face.due_on) == "2027-02-28"
    appeal = _abroad(IOWA, right=Right.APPEAL)[0]
    assert str(appeal.face.due_on) == "2027-01-29", "what decides over an answer is for that answer's law"


def test_a_day_that_the_notice_named_is_no_later_than_the_establishment_s_law_allows() -> None:
    named, _, _ = _abroad(("NZ-PRIVACY", "NZ"), extended=True, extended_until=date(2027, 6, 1))
    assert (named.face.due_on, named.home_until) == (date(2027, 3, 1), date(2027, 3, 1))


@pytest.mark.parametrize(
    ("law", "home", "grounds"),
    [
        (IOWA, "DK", ("complexity", "number_of_requests")),
        (CANADA, "DK", ()),  # interference, consultation, alternative format: none moves a day of the GDPR's
        (CANADA, "US-CO", ("interference", "consultation", "alternative_format")),
        (JAPAN, "DK", ()),
    ],
)
def test_a_term_is_extended_for_what_both_laws_take_for_a_ground(
    law: tuple[str, str], home: str, grounds: tuple[str, ...]
) -> None:
    assert _abroad(law, home=home)[0].face.extension_grounds == grounds


def test_it_is_told_which_law_made_the_day_and_where_to_complain_under_both() -> None:
    times, policy, request = _abroad(IOWA)
    assert any(
        "GDPR 3(1)); by it the answer is due on Wednesday 30 December 2026" in said for said in times.explanation
    )
    assert "GDPR 12(3)" in times.deadlines.citation
    named = [each.name for each in authorities(request, policy)]
    assert any("Iowa" in name for name in named), named
    assert any("Datatilsynet" in name or "Danish" in name for name in named), named
    canada, _, _ = _abroad(CANADA)
    assert any(said.endswith("comes no later, and counts.") for said in canada.explanation)


def test_staff_wait_only_for_what_both_laws_wait_for() -> None:
    africa, policy, _ = _abroad(("ZA-PAIA", "ZA"))
    assert PauseReason.PARTICULARS not in africa.face.pause_reasons
    alone = policy.model_copy(update={"regimes": policy.regimes[1:]})
    assert PauseReason.PARTICULARS in alone.pauses("ZA-PAIA", "ZA", Right.ACCESS, date(2026, 11, 30))
