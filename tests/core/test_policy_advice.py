"""What in a usable policy has no effect, or none yet, is named; what has one is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from habeas.law import default_clock_tz, hours_apart
from habeas.policy import advice, load_policy
from habeas.policy.load import located
from tests.core.test_policy import SMALL
from tests.policies.reading import FIVE, answered

DAY = date(2026, 11, 30)
CHANNEL = '[[channels]]\nkind = "email"\nto = "privacy@small.example"\n'
WHOLE = SMALL.replace("[[categories]]", CHANNEL + "[[categories]]", 1)


def said(folder: Path, text: str, today: date = DAY) -> list[tuple[str, str]]:
    """Key and message of each piece of advice."""
    (folder / "small.toml").write_text(text, encoding="utf-8")
    return [(one.key, one.message) for one in advice(load_policy(folder / "small.toml"), today)]


def also(code: str, *places: str, home: str = "DK") -> str:
    """The small policy with one regime more, and this establishment."""
    entry = f'[[regimes]]\ncode = "{code}"\njurisdictions = {list(places)!r}\n'.replace("'", '"')
    text = WHOLE.replace("[identity]", entry + "[identity]", 1).replace('"DK"\nclock', f'"{home}"\nclock')
    return text.replace('"Europe/Copenhagen"', f'"{default_clock_tz(home)}"')


def test_a_policy_in_which_everything_has_an_effect_is_passed_over(tmp_path: Path) -> None:
    assert said(tmp_path, WHOLE) == []
    assert said(tmp_path, WHOLE.replace("[identity]", '[promise]\ndays = 38\nstrength = "hard"\n[identity]', 1)) == []


def test_when_a_delay_is_told_matters_only_where_that_is_promised(tmp_path: Path) -> None:
    text = WHOLE.replace("[identity]", "[promise]\ndays = 30\ndelay_ask_days_before = [3]\n[identity]", 1)
    assert [key for key, _ in said(tmp_path, text)] == ["promise.delay_ask_days_before"]
    assert said(tmp_path, text.replace("days = 30\n", "days = 30\ndelay_notice = true\n")) == []


def test_a_law_that_is_not_in_force_is_named_with_its_day_and_who_answers_until_then(tmp_path: Path) -> None:
    text = also("US-STATE", "US-OK", "US-CO", "US-VT")
    (oklahoma, vermont) = said(tmp_path, text)
    assert oklahoma[0] == "regimes[3].jurisdictions[0]"
    assert "from 2027-01-01 on" in oklahoma[1]
    assert "from 2028-01-01 on; until then EU-GDPR answers" in vermont[1]
    assert len(said(tmp_path, text, date(2027, 1, 1))) == 1
    assert said(tmp_path, text, date(2028, 1, 1)) == []


@pytest.mark.parametrize(
    ("home", "until"),
    [("DK", "until then EU-GDPR answers"), ("IN", "until then no term of it runs")],
)
def test_a_law_whose_rights_come_later_is_named_too(tmp_path: Path, home: str, until: str) -> None:
    ((key, message),) = said(tmp_path, also("IN-DPDP", "IN", home=home))
    assert key == "regimes[3].jurisdictions[0]"
    assert "from 2027-05-1" in message
    assert until in message


def test_where_only_a_later_law_would_answer_requests_are_refused(tmp_path: Path) -> None:
    ((_, message),) = said(tmp_path, also("US-STATE", "US-VT", home="US-VT"))
    assert message.endswith("until then requests from there are refused as they are opened")


@pytest.mark.parametrize("days", [39, 400])
def test_a_promise_longer_than_every_law_shortens_nothing(tmp_path: Path, days: int) -> None:
    ((key, message),) = said(tmp_path, WHOLE.replace("[identity]", f"[promise]\ndays = {days}\n[identity]", 1))
    assert (key, f"{days} days are longer than every term" in message) == ("promise.days", True)


def test_a_reminder_before_anything_has_come_in_is_named(tmp_path: Path) -> None:
    text = WHOLE.replace("[identity]", "[clock]\nremind_days_before = [5, 60]\n[identity]", 1)
    ((key, message),) = said(tmp_path, text)
    assert (key, "60 days before the answer is due" in message) == ("clock.remind_days_before[1]", True)
    assert said(tmp_path, text.replace("60", "20")) == []


def test_a_promise_between_two_laws_shortens_one(tmp_path: Path) -> None:
    text = also("US-STATE", "US-CO").replace("[identity]", "[promise]\ndays = 44\n[identity]", 1)
    assert said(tmp_path, text) == []


def test_a_strength_of_no_term_and_a_policy_without_a_way_in_are_named(tmp_path: Path) -> None:
    text = SMALL.replace("[identity]", '[promise]\nstrength = "hard"\n[identity]', 1)
    assert [key for key, _ in said(tmp_path, text)] == ["promise.strength", "channels"]


@pytest.mark.parametrize("name", FIVE)
def test_nothing_in_the_real_policies_is_without_effect(tmp_path: Path, name: str) -> None:
    # Dignio is answered for in California and from Norway.
    abroad = ["controller.clock_tz"] if name == "dignio" else []
    assert [one.key for one in advice(answered(tmp_path, name), DAY)] == abroad


@pytest.mark.parametrize(
    ("places", "home", "named"),
    [
        (("CA-ON",), "DK", {}),
        (("CA-AB", "CA-ON"), "DK", {"regimes[1].jurisdictions[0]": "PIPA may apply instead: 45 days. (PIPEDA s.26"}),
        (("CA-BC",), "CA-BC", {"regimes[1].jurisdictions[0]": "30 business days"}),
        (("CA",), "CA-AB", {"controller.establishment": "45 days"}),
        (("CA",), "CA-QC", {}),
        (("CA",), "US-CO", {}),
    ],
)
def test_a_law_that_may_give_way_to_the_place_s_own_is_named(
    tmp_path: Path, places: tuple[str, ...], home: str, named: dict[str, str]
) -> None:
    text = also("US-STATE", "US-CO", home=home).replace('["CA"]', str([*places]).replace("'", '"'))
    found = dict(said(tmp_path, text))
    assert found.keys() == named.keys()
    assert all(part in found[key] for key, part in named.items())


def test_pipeda_listed_for_quebec_says_whose_law_it_is_there(tmp_path: Path) -> None:
    text = WHOLE.replace('[[regimes]]\ncode = "CA-QC-25"\njurisdictions = ["CA-QC"]\n', "")
    ((key, message),) = said(tmp_path, text.replace('["CA"]', '["CA-QC"]'))
    assert (key, "P-39.1 applies to enterprises there" in message) == ("regimes[1].jurisdictions[0]", True)


@pytest.mark.parametrize(
    ("home", "tz", "hours"),
    [
        ("DK", "Europe/Oslo", None),
        ("DK", "Europe/London", None),
        ("DK", "America/Los_Angeles", "9"),
        ("DK", "UTC", "2"),
        ("US", "America/Los_Angeles", None),
        ("US-CO", "America/New_York", "2"),
        ("IN", "Asia/Katmandu", None),
        ("NZ", "America/New_York", "18"),
        ("XK", "Asia/Tokyo", None),
    ],
)
def test_a_clock_far_from_the_establishment_is_named(tmp_path: Path, home: str, tz: str, hours: str | None) -> None:
    found = hours_apart(home, tz)
    assert (found is not None and found > 1) is bool(hours)
    assert hours is None or f"{found:g}" == hours


def test_a_policy_whose_clock_is_far_away_is_told_so(tmp_path: Path) -> None:
    ((key, message),) = said(tmp_path, WHOLE.replace("Europe/Copenhagen", "America/Los_Angeles"))
    assert key == "controller.clock_tz"
    assert "America/Los_Angeles is 9 hours from that of DK" in message


CUT_SHORT = "there the wait ends as the last day to answer begins"
LATE = "unless staff stop the clock meanwhile"


@pytest.mark.parametrize(
    ("text", "days", "cut_short", "late"),
    [
        (WHOLE, 27, None, None),
        (WHOLE, 28, None, "EU-GDPR (28)"),
        (also("US-STATE", "US-CO"), 44, "CA-PIPEDA (30), CA-QC-25 (30)", "EU-GDPR (28)"),
        (also("US-STATE", "US-CO"), 45, "CA-PIPEDA (30), CA-QC-25 (30), The law of Colorado (45)", "EU-GDPR (28)"),
        (also("KR-PIPA", "KR"), 9, None, None),
        (also("KR-PIPA", "KR"), 10, "KR-PIPA (10)", None),
        (also("NZ-PRIVACY", "NZ"), 28, "NZ-PRIVACY (28)", "EU-GDPR (28)"),
    ],
)
def test_a_wait_for_proof_that_outlasts_a_term_is_named_with_its_laws(
    tmp_path: Path, text: str, days: int, cut_short: str | None, late: str | None
) -> None:
    found = said(
        tmp_path, text.replace("[identity]", f"[identity]\nremind_after_days = [3]\nexpires_after_days = {days}", 1)
    )
    assert [
        (law, next(then for then in (CUT_SHORT, LATE) if then in message))
        for key, message in found
        if key == "identity.expires_after_days"
        for law in [message.partition("shortest term of ")[2].partition(":")[0]]
    ] == [(law, then) for law, then in ((late, LATE), (cut_short, CUT_SHORT)) if law]


def test_no_wait_outlasts_the_term_of_what_needs_no_proof(tmp_path: Path) -> None:
    section = "[identity]\nexpires_after_days = 200\n"
    text = also("US-STATE", "US-CO").replace("[identity]\n", section + 'rights = { opt_out_sale = "code" }\n', 1)
    assert "Colorado" in str(said(tmp_path, text))
    needless = 'required = false\ni_know = "known by sight"\n'
    assert said(tmp_path, text.replace(section, section + needless, 1).replace('"code"', '"none"')) == []


@pytest.mark.parametrize(
    ("home", "calendar", "told"),
    [
        ("DK", "DK", False),
        ("DK", "FR", True),
        ("DE", "DE-BY", False),
        ("DE-BY", "DE", False),
        ("DE-BY", "DE-BE", True),
        ("CA", "FR", False),
    ],
)
def test_terms_that_are_counted_by_the_holidays_of_another_place_are_named(
    tmp_path: Path, home: str, calendar: str, told: bool
) -> None:
    text = WHOLE.replace('"DK"\nclock', f'"{home}"\nclock').replace('["DK", "FR"]', '["DK", "FR", "DE"]')
    text = text.replace('"Europe/Copenhagen"', f'"{default_clock_tz(home)}"')
    found = said(tmp_path, text.replace('calendar = "DK"', f'calendar = "{calendar}"'))
    message = f"the terms of EU-GDPR are counted with the holidays of {calendar}, not of {home}"
    assert found == ([("regimes[0].calendar", message)] if told else [])


def test_a_calendar_that_is_advised_about_has_its_line(tmp_path: Path) -> None:
    text = WHOLE.replace('calendar = "DK"', 'calendar = "FR"')
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    policy = load_policy(tmp_path / "small.toml")
    (told,) = located(policy, advice(policy, DAY))
    assert (told.line, told.key) == (text.splitlines().index('calendar = "FR"') + 1, "regimes[0].calendar")


def test_an_establishment_where_no_law_is_known_is_told_whom_it_does_not_answer(tmp_path: Path) -> None:
    """New York gives no such rights, so that nothing could be listed for it."""
    text = WHOLE.replace('"DK"\nclock', '"US-NY"\nclock').replace('"Europe/Copenhagen"', '"America/New_York"')
    told = "no law of US-NY is known, so that requests from places that no regime lists are not opened"
    assert ("controller.establishment", told) in said(tmp_path, text)


def test_a_target_where_every_answer_has_a_day_is_named(tmp_path: Path) -> None:
    text = also("JP-APPI", "JP").replace('"JP"]\n', '"JP"]\ntarget_days = 10\n')
    assert said(tmp_path, text) == []
    told = said(tmp_path, text.replace("[identity]", "[promise]\ndays = 38\n[identity]", 1))
    assert [key for key, _ in told] == ["regimes[3].target_days"]
    spare = said(tmp_path, WHOLE.replace('calendar = "DK"', 'calendar = "DK"\ntarget_days = 10'))
    assert [key for key, _ in spare] == ["regimes[0].target_days"]


@pytest.mark.parametrize(
    ("country", "more", "named"),
    [("US", "", ["recipients[0]"]), ("US", 'safeguards = { en = "Clauses.", da = "Vilkår." }\n', []), ("NO", "", [])],
)
def test_data_that_leaves_without_a_word_on_what_protects_it_there_is_named(
    tmp_path: Path, country: str, more: str, named: list[str]
) -> None:
    text = WHOLE.replace('country = "DK"\nemail = "desk', f'country = "{country}"\n{more}email = "desk')
    assert [key for key, _ in said(tmp_path, text)] == named
