"""Every kind of letter under every law: with what the law itself gives, nothing that it asks is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from activities.letters import LANGUAGES, Controller, DelayLetter, Element, Kind, LetterFacts, render, required
from activities.letters.checklist import given, remedies
from activities.letters.exists import SOME_DAYS, why_not
from activities.letters.samples import sample
from habeas import law
from habeas.errors import NoDelay
from habeas.model import REMEDIES, Request, Right
from habeas.particulars import Scope
from habeas.policy import load_policy
from workers.office.grounds import check_day
from workers.office.standing import due_of

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus")
PLACES = [(code, place) for code, found in law.regimes().items() for place in found.places[1:]]
ONE_EACH = [(code, found.places[0]) for code, found in law.regimes().items()] + [("US-STATE", "US-UT")]


def letters(code: str, place: str) -> Iterator[LetterFacts]:
    for kind in Kind:
        for right in Right:
            if why_not(kind, code, place, right) is None:
                yield sample(kind, controller=US, regime=code, jurisdiction=place, right=right)


@pytest.mark.parametrize(("code", "place"), PLACES)
def test_every_other_place_has_its_letters(code: str, place: str) -> None:
    for kind in Kind:
        facts = sample(kind, controller=US, regime=code, jurisdiction=place)
        assert required(kind, code, place, facts.right) <= render(kind, "en", facts).elements


@pytest.mark.parametrize(("code", "place"), ONE_EACH)
def test_nothing_that_the_law_asks_is_missing(code: str, place: str) -> None:
    for facts in letters(code, place):
        must = required(facts.kind, code, place, facts.right)
        assert must <= render(facts.kind, "en", facts).elements


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "place"), ONE_EACH)
def test_every_language_says_the_same(code: str, place: str, language: str) -> None:
    for kind in Kind:
        facts = sample(kind, controller=US, regime=code, jurisdiction=place)
        letter = render(kind, language, facts)
        assert letter.elements == render(kind, "en", facts).elements
        assert "{" not in letter.subject + letter.text


def _written(kind: Kind, language: str, code: str, place: str, right: Right | None = None) -> str:
    facts = sample(kind, controller=US, regime=code, jurisdiction=place, right=right)
    return " ".join(render(kind, language, facts).text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("days", [SOME_DAYS, 30, 45, 400, None])
@pytest.mark.parametrize(("code", "place"), [*ONE_EACH, *PLACES])
def test_a_previewed_delay_is_one_that_staff_could_announce(code: str, place: str, days: int | None) -> None:
    plain = load_policy(Path(__file__).parents[2] / "deploy/controllers/demo.toml")
    own = plain.controller.model_copy(update={"clock_tz": law.default_clock_tz(place)})
    promise = plain.promise.model_copy(update={"days": days})
    policy = plain.model_copy(update={"controller": own, "promise": promise, "regimes": ()})
    noon = time(12, tzinfo=ZoneInfo(own.clock_tz))
    for right in sorted(law.rights(code, place)):
        facts = sample(
            Kind.DELAY, controller=US, regime=code, jurisdiction=place, right=right, promised_days=days, language="en"
        )
        assert isinstance(facts, DelayLetter)
        request = Request(
            id=facts.request_id,
            controller=policy.id,
            right=right,
            regime=code,
            jurisdiction=place,
            language="en",
            received_at=datetime.combine(facts.received_on, noon),
        )
        now = datetime.combine(facts.today, noon)
        if why_not(Kind.DELAY, code, place, right, promised_days=days) is not None:
            with pytest.raises(NoDelay):
                check_day(None, request, policy, (), now)
            continue
        check_day(facts.expected_on, request, policy, (), now)
        assert facts.expected_on > facts.today
        due = due_of(request, policy, (), now)
        assert facts.promised is (due.promised_on is not None and due.promised_on <= (due.law_on or date.max))


def test_a_delay_has_its_reason_and_its_date_in_french() -> None:
    facts = sample(Kind.DELAY, controller=US, regime="EU-GDPR", jurisdiction="FR")
    assert isinstance(facts, DelayLetter)
    facts = facts.model_copy(update={"why": "Une archive doit d’abord être relue.", "expected_on": date(2026, 4, 20)})
    text = " ".join(render(Kind.DELAY, "fr", facts).text.split())
    assert "la raison du retard et la date à laquelle nous pensons pouvoir répondre" in text
    assert "La raison : Une archive doit d’abord être relue." in text
    assert "Nous pensons pouvoir répondre le 20 avril 2026." in text


@pytest.mark.parametrize(
    ("code", "place", "kind", "right", "said"),
    [
        ("US-STATE", "US-VA", Kind.REFUSAL, Right.ERASURE, "We decide on your appeal within 60 days."),
        ("CA-QC-25", "CA-QC", Kind.REFUSAL, Right.ACCESS, "Time limit for this: 30 days, counted from our refusal"),
        ("ZA-PAIA", "ZA", Kind.REFUSAL, Right.ACCESS, "Time limit for this: 180 days."),
        ("UK-GDPR", "GB", Kind.COMPLETION_ERASURE, Right.ERASURE, "We are telling those to whom we had given the data"),
        ("US-CCPA", "US-CA", Kind.COMPLETION_CHANGE, Right.OPT_OUT_SALE, "You are opted out"),
        ("KR-PIPA", "KR", Kind.EXTENSION, Right.ACCESS, "You can appeal to us: privacy@nordlys.example"),
    ],
)
def test_what_one_law_wants_told(code: str, place: str, kind: Kind, right: Right, said: str) -> None:
    assert said in _written(kind, "en", code, place, right)


def test_receipt_of_what_only_the_controller_gives_needs_no_date_of_the_law() -> None:
    facts = sample(
        Kind.ACKNOWLEDGEMENT,
        controller=US,
        regime="US-CCPA",
        jurisdiction="US-CA",
        right=Right.RESTRICTION,
        promised=(Right.RESTRICTION,),
    )
    assert "We will answer as soon as we can." in render(facts.kind, "en", facts).text


def test_nobody_appeals_to_us_about_an_appeal() -> None:
    text = _written(Kind.REMEDY_DECISION, "en", "US-STATE", "US-VA", Right.APPEAL)
    assert "appeal to us" not in text
    assert "complain to the authority" in text


def test_an_answer_by_category_says_what_was_asked() -> None:
    facts = sample(Kind.CATEGORIES, controller=US, regime="US-CCPA", jurisdiction="US-CA", right=Right.ACCESS)
    assert facts.scope is Scope.CATEGORIES
    assert "You asked which categories" in render(Kind.CATEGORIES, "en", facts).text


def test_an_opt_out_says_whether_it_holds() -> None:
    assert Element.OPT_OUT_STATUS in required(Kind.COMPLETION_CHANGE, "US-CCPA", "US-CA", Right.OPT_OUT_SALE)
    assert Element.OPT_OUT_STATUS not in required(Kind.COMPLETION_CHANGE, "US-CCPA", "US-CA", Right.RECTIFICATION)


def test_who_is_told_of_an_appeal_or_a_complaint_to_us_can_open_it() -> None:
    for code, found in law.regimes().items():
        for place in found.places:
            opened, told = law.rights(code, place), remedies(code, place, Right.ACCESS)
            if given(code, place, Right.ACCESS).appeal:
                assert Right.APPEAL in opened, (code, place)
            if Element.CONTROLLER_COMPLAINT in told or law.remedies(code, place, Right.ACCESS).controller_complaint:
                assert opened & REMEDIES, (code, place)
