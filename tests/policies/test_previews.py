"""A preview for a controller names the days that its own letters name: the policy's promises hold in both."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from activities.brief import proof_asked
from activities.clockface import dated
from activities.letters import Acknowledgement, CodeLetter, Controller, Extension, Kind, LetterFacts, StaffReminder
from activities.letters.exists import default_right
from activities.letters.samples import sample
from activities.letters.sealed import DelayLetter, RecipientNotice
from activities.previews import as_sent_by
from habeas.model import Request, Right
from habeas.particulars import Particulars, Scope
from habeas.policy.sections import Proof
from tests.policies.reading import FIVE, answered
from workers.office.grounds import check_day

SOMEBODY = Controller(name="Somebody", contact="privacy@controller.example")


@pytest.mark.parametrize("name", FIVE)
def test_previews_name_the_days_of_the_policys_own_letters(tmp_path: Path, name: str) -> None:
    policy = answered(tmp_path / "policies", name)
    noon = time(12, tzinfo=ZoneInfo(policy.controller.clock_tz))
    for entry in policy.regimes:
        lives = entry.jurisdictions[-1]
        place, language = policy.answered_in(entry.code, lives), policy.language(None)

        def shown(kind: Kind, code: str = entry.code, where: tuple[str, str, str] = (lives, place, language)) -> object:
            right = default_right(kind, code, where[1])
            made = sample(kind, controller=SOMEBODY, regime=code, jurisdiction=where[1], right=right)
            return as_sent_by(policy, made, where[0], where[2])

        first, delay = shown(Kind.ACKNOWLEDGEMENT), shown(Kind.DELAY)
        assert isinstance(first, Acknowledgement)
        assert isinstance(delay, DelayLetter)
        request = Request(
            id=first.request_id,
            controller=policy.id,
            right=first.right,
            regime=entry.code,
            jurisdiction=lives,
            language=language,
            received_at=datetime.combine(first.received_on, noon),
        )
        dates = dated(request, policy, (), request.received_at)
        assert first.due_on == dates.face.due_on
        ours = dates.promised_on is not None and dates.promised_on < (dates.deadlines.due_on or date.max)
        assert first.promise == (policy.promise.strength.value if ours else None)
        check_day(delay.expected_on, request, policy, (), datetime.combine(delay.today, noon))
        reminder = shown(Kind.STAFF_REMINDER)
        assert isinstance(reminder, StaffReminder)
        assert reminder.due_on == dates.face.due_on


def test_a_promise_stands_in_previews_as_it_was_given(tmp_path: Path) -> None:
    french = answered(tmp_path / "policies", "dialogra")
    made = sample(Kind.DELAY, controller=SOMEBODY, jurisdiction="DK")
    delay = as_sent_by(french, made, "FR", "fr")
    assert isinstance(delay, DelayLetter)
    assert (delay.why, delay.known, delay.promised) == (None, "review", True)
    assert (delay.today, delay.expected_on) == (date(2026, 3, 31), date(2026, 4, 7))  # two days before 1 April is over
    told = as_sent_by(french, sample(Kind.RECIPIENT_NOTICE, controller=SOMEBODY, jurisdiction="DK"), "FR", "fr")
    assert isinstance(told, RecipientNotice)
    first = next(one for one in french.recipients if one.email)
    assert told.by == told.today + timedelta(days=first.escalate_after_days)
    hard = answered(tmp_path / "policies", "dignio")
    made = sample(Kind.EXTENSION, controller=SOMEBODY, regime="US-CCPA", jurisdiction="US-CA")
    longer = as_sent_by(hard, made, "US-CA", "en")
    assert isinstance(longer, Extension)
    assert (longer.promised_on, longer.new_due_on) == (date(2026, 4, 1), date(2026, 5, 31))
    assert longer.grounds[0].explanation == hard.text(hard.clock.extend_reason or {}, "en")


@pytest.mark.parametrize(
    ("name", "regime", "place", "both"),
    [("dignio", "US-CCPA", "US-CA", True), ("dignio", "EEA-GDPR", "NO", True), ("dimpo", "EU-GDPR", "DK", False)],
)
def test_previews_speak_of_the_proofs_that_the_policy_asks_for(
    tmp_path: Path, name: str, regime: str, place: str, both: bool
) -> None:
    policy = answered(tmp_path / "policies", name)

    def shown(kind: Kind) -> LetterFacts:
        made = sample(kind, controller=SOMEBODY, regime=regime, jurisdiction=place, right=Right.ACCESS)
        return as_sent_by(policy, made, place, "en")

    first, code = shown(Kind.ACKNOWLEDGEMENT), shown(Kind.CODE)
    assert isinstance(first, Acknowledgement)
    assert isinstance(code, CodeLetter)
    assert (first.identity, code.second_proof) == ("both" if both else "code", both)


def test_the_categories_alone_need_a_reasonable_degree_of_certainty_and_pieces_a_high_one(tmp_path: Path) -> None:
    policy = answered(tmp_path / "policies", "dignio")
    request = Request(
        id="HB-0000-0000-0000",
        controller="dignio",
        right=Right.ACCESS,
        regime="US-CCPA",
        jurisdiction="US-CA",
        language="en",
        received_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )
    strict = policy.identity.model_copy(update={"rights": {Right.ACCESS: Proof.BOTH}})
    for each in (policy, policy.model_copy(update={"identity": strict})):
        asked = {scope: proof_asked(request, each, Particulars(scope=scope)) for scope in Scope}
        assert asked == {Scope.COPY: Proof.BOTH, Scope.CATEGORIES: None}
    attested = policy.identity.model_copy(update={"rights": {Right.ACCESS: Proof.ATTESTATION}})
    policy = policy.model_copy(update={"identity": attested})
    assert proof_asked(request, policy, Particulars(scope=Scope.CATEGORIES)) is Proof.ATTESTATION
