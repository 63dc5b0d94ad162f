"""Cases that nobody published, worked out by hand with a wall calendar."""

from datetime import date

import pytest

from habeas.errors import BadInput, UnknownRegime
from habeas.law import compute
from tests.law.kit import case, dates, due


@pytest.mark.parametrize(
    ("place", "on", "expected"),
    [
        ("AT", "2026-11-08", "2026-12-09"),  # Tue 8 Dec, Immaculate Conception
        ("PL", "2027-10-11", "2027-11-12"),  # Thu 11 Nov, Independence
        ("IT", "2027-05-02", "2027-06-03"),  # Wed 2 Jun, Republic
        ("ES", "2027-09-12", "2027-10-13"),  # Tue 12 Oct, National Day
        ("FI", "2027-11-06", "2027-12-07"),  # Mon 6 Dec, Independence
        ("CZ", "2027-08-28", "2027-09-29"),  # Tue 28 Sep, Statehood
        ("BE", "2027-06-21", "2027-07-22"),  # Wed 21 Jul, National Day
        ("HR", "2027-07-05", "2027-08-06"),  # Thu 5 Aug, Victory
        ("GR", "2027-02-25", "2027-03-26"),  # Thu 25 Mar, Independence
        ("NL", "2027-03-27", "2027-04-28"),  # Tue 27 Apr, King's Day
        ("DE", "2027-04-27", "2027-05-27"),  # Corpus Christi is no holiday of the whole of Germany
        ("DE-BY", "2027-04-27", "2027-05-28"),  # but of Bavaria
        ("DE-BE", "2027-02-08", "2027-03-09"),  # Mon 8 Mar, Women's Day in Berlin
        ("FR-67", "2027-02-26", "2027-03-30"),  # Good Friday in Alsace, then Easter
        ("FR-57", "2027-02-26", "2027-03-30"),  # and in Moselle
        ("FR-75", "2027-02-26", "2027-03-26"),  # not in Paris
        ("DK", "2024-03-26", "2024-04-26"),  # Great Prayer Day was abolished
        ("DK", "2026-05-05", "2026-06-05"),  # Fri 5 Jun, no public holiday
        ("DK", "2026-11-24", "2026-12-24"),  # Thu 24 Dec, no public holiday
    ],
)
def test_holidays_of_the_union(place: str, on: str, expected: str) -> None:
    assert due("EU-GDPR", place, "access", on) == expected


@pytest.mark.parametrize(
    ("place", "on", "expected"),
    [
        ("IS", "2027-05-17", "2027-06-18"),  # Thu 17 Jun, National Day
        ("LI", "2027-04-27", "2027-05-28"),  # Thu 27 May, Corpus Christi
        ("NO", "2030-04-01", "2030-05-02"),  # Wed 1 May
    ],
)
def test_holidays_of_the_eea(place: str, on: str, expected: str) -> None:
    assert due("EEA-GDPR", place, "erasure", on) == expected


@pytest.mark.parametrize(
    ("place", "on", "expected"),
    [
        ("GB-NIR", "2027-06-12", "2027-07-13"),  # Mon 12 Jul, Battle of the Boyne
        ("GB-ENG", "2027-06-12", "2027-07-12"),
        ("GB-NIR", "2027-02-17", "2027-03-18"),  # Wed 17 Mar, St Patrick
        ("GB-WLS", "2027-02-26", "2027-03-30"),  # as England
        ("GB-SCT", "2027-07-02", "2027-08-03"),  # Mon 2 Aug, summer bank holiday of Scotland
        ("GB-SCT", "2026-10-30", "2026-12-01"),  # Mon 30 Nov, St Andrew
        ("GB", "2027-02-26", "2027-03-29"),  # only days that all nations share: the earlier date is the safe one
    ],
)
def test_bank_holidays_of_the_nations(place: str, on: str, expected: str) -> None:
    assert due("UK-GDPR", place, "access", on) == expected


def test_uk_same_day_answer_is_one_day() -> None:
    assert (
        due("UK-GDPR", "GB-ENG", "access", "2027-06-01", ("2027-06-01", "2027-06-01", "clarification")) == "2027-07-02"
    )


def test_uk_identity_moves_the_start_of_the_extension_too() -> None:
    found = compute(
        case("UK-GDPR", "GB-ENG", "erasure", "2027-03-01", ("2027-03-02", "2027-03-15", "identity"), extended=True)
    )
    assert dates(found) == ("", "2027-04-15", "2027-06-15", "2027-04-15")
    assert found.started_on == date(2027, 3, 15)


def test_uk_waiting_for_two_things_counts_a_day_once() -> None:
    both = (("2027-03-02", "2027-03-15", "identity"), ("2027-03-10", "2027-03-20", "clarification"))
    # starts 15 Mar, so 15 Apr; of the eleven days from 10 to 20 Mar only the six from the start on are left to count
    assert due("UK-GDPR", "GB-ENG", "access", "2027-03-01", *both) == "2027-04-21"


def test_eu_overlapping_pauses_count_a_day_once() -> None:
    both = (("2027-01-13", "2027-01-20", "identity"), ("2027-01-18", "2027-01-22", "clarification"))
    # 12 Feb + the nine days from 14 to 22 Jan = Sun 21 Feb -> Mon 22 Feb; twice counted it would be 23 Feb
    assert due("EU-GDPR", "DK", "access", "2027-01-12", *both) == "2027-02-22"


def test_a_question_after_the_last_day_stops_nothing() -> None:
    late = ("2027-02-13", "2027-02-20", "identity")
    found = compute(case("EU-GDPR", "DK", "access", "2027-01-12", late))
    assert found.due_on == date(2027, 2, 12)
    assert any("after the last day" in line for line in found.explanation)
    longer = compute(case("EU-GDPR", "DK", "access", "2027-01-12", late, extended=True))
    assert (longer.due_on, longer.extended_due_on) == (date(2027, 2, 12), date(2027, 4, 19))


def test_a_question_on_the_last_day_moved_by_a_weekend_is_in_time() -> None:
    # 28 Feb is a Sunday, so 1 Mar is the last day; two days of waiting are added to 28 Feb
    assert due("EU-GDPR", "DK", "access", "2027-01-31", ("2027-03-01", "2027-03-03", "identity")) == "2027-03-02"


def test_uk_starts_at_the_latest_answer_whatever_was_asked_last() -> None:
    waits = (("2027-03-02", "2027-03-20", "identity"), ("2027-03-03", "2027-03-05", "fee"))
    assert due("UK-GDPR", "GB-ENG", "erasure", "2027-03-01", *waits) == "2027-04-20"


def test_the_citation_names_what_was_used_and_nothing_else() -> None:
    plain = compute(case("CA-PIPEDA", "CA-ON", "access", "2027-03-10")).citation
    assert plain == "PIPEDA 8(3)-(4); Interpretation Act ss.26-27, 35"
    longer = compute(case("CA-PIPEDA", "CA-ON", "access", "2027-03-10", extended=True)).citation
    assert longer == f"{plain}; PIPEDA s.8(4)(a)-(b)"
    french = ("2027-06-17", "2027-07-03", "identity")
    assert "2019-536" in compute(case("EU-GDPR", "FR", "access", "2027-06-16", french)).citation
    assert "2019-536" not in compute(case("EU-GDPR", "DK", "access", "2027-06-16", french)).citation


def test_expired_clock_is_not_restarted() -> None:
    late = ("2027-05-10", "2027-05-20", "identity")
    assert due("UK-GDPR", "GB-ENG", "erasure", "2027-04-07", late) == "2027-05-07"


def test_swiss_reflection_runs_from_the_question() -> None:
    early = ("2027-05-05", "2027-05-07", "fee")  # confirmed early: the ten days run all the same
    assert due("CH-FADP", "CH", "access", "2027-05-03", early) == "2027-06-14"
    assert due("CH-FADP", "CH", "access", "2027-05-03", ("2027-05-05", "2027-05-07", "identity")) == "2027-06-02"


@pytest.mark.parametrize(
    ("right", "pauses", "extended", "expected"),
    [
        ("access", (("2027-03-03", "2027-03-10", "particulars"),), False, "2027-04-09"),
        ("access", (("2027-03-03", "2027-03-10", "particulars"),), True, "2027-05-10"),  # 9 May is a Sunday
        ("access", (("2027-03-03", "2027-03-10", "identity"),), False, "2027-03-31"),
        ("erasure", (), True, "2027-03-31"),  # no extension for correction and deletion
    ],
)
def test_south_africa(right: str, pauses: tuple[tuple[str, str, str], ...], extended: bool, expected: str) -> None:
    assert due("ZA-PAIA", "ZA", right, "2027-03-01", *pauses, extended=extended) == expected


def test_south_africa_extension_is_sixty_days_in_all() -> None:
    assert due("ZA-PAIA", "ZA", "access", "2027-03-04", extended=True) == "2027-05-03"


@pytest.mark.parametrize(
    ("regime", "place", "on", "expected"),
    [
        ("ZA-PAIA", "ZA", "2027-05-06", "2027-06-05"),  # a Saturday stays
        ("SG-PDPA", "SG", "2027-06-03", "2027-07-03"),
        ("SG-PDPA", "SG", "2027-06-04", "2027-07-05"),  # a Sunday does not
        ("CA-PIPEDA", "CA-ON", "2026-10-12", "2026-11-12"),  # Wed 11 Nov, Remembrance Day
        ("CA-QC-25", "CA-QC", "2026-10-12", "2026-11-11"),  # not on Québec's list
        ("CA-QC-25", "CA-QC", "2027-08-31", "2027-09-30"),  # nor is 30 September
        ("CA-QC-25", "CA-QC", "2027-06-01", "2027-07-02"),  # Thu 1 Jul
        ("CA-QC-25", "CA-QC", "2029-06-01", "2029-07-03"),  # 1 Jul 2029 is a Sunday: 2 Jul is closed too
        ("CA-PIPEDA", "CA", "2029-06-01", "2029-07-03"),
        ("NZ-PRIVACY", "NZ", "2027-06-01", "2027-07-01"),  # King's Birthday 7 Jun, Matariki 25 Jun
        ("NZ-PRIVACY", "NZ", "2027-01-05", "2027-02-15"),  # first day 18 Jan; Waitangi observed 8 Feb; 1 Feb counts
        ("KR-PIPA", "KR", "2027-04-25", "2027-05-05"),  # Children's Day: not moved
        ("AU-APP", "AU-NSW", "2027-03-26", "2027-04-25"),  # Sunday: not moved
    ],
)
def test_other_calendars(regime: str, place: str, on: str, expected: str) -> None:
    assert due(regime, place, "access", on) == expected


def test_pipeda_notice_runs_from_the_date_on_the_request() -> None:
    found = compute(case("CA-PIPEDA", "CA-ON", "access", "2027-03-10", extended=True, requested_on=date(2027, 3, 1)))
    assert dates(found) == ("", "2027-04-09", "2027-05-10", "2027-03-31")  # 9 May is a Sunday


def test_california_business_days_over_new_year() -> None:
    found = compute(case("US-CCPA", "US-CA", "access", "2027-12-20"))
    assert found.acknowledge_by == date(2028, 1, 5)  # 24 and 31 Dec are closed as observed
    assert found.due_on == date(2028, 2, 3)


def test_california_records_the_later_defensible_day() -> None:
    found = compute(case("US-CCPA", "US-CA", "erasure", "2027-02-18"))
    assert (found.due_on, found.latest_defensible_on) == (date(2027, 4, 4), date(2027, 4, 5))


def test_california_automated_decisions_from_2027() -> None:
    before = compute(case("US-CCPA", "US-CA", "objection", "2026-12-31"))
    assert not before.right_known
    assert before.due_on is None
    assert due("US-CCPA", "US-CA", "objection", "2027-06-11") == "2027-07-06"


@pytest.mark.parametrize(
    ("place", "right", "on", "extended", "expected"),
    [
        ("US-MN", "appeal", "2027-05-03", True, ("", "2027-06-17", "2027-08-16", "2027-06-17")),
        ("US-NJ", "appeal", "2027-05-03", True, ("", "2027-06-17", "", "")),
        ("US-UT", "appeal", "2027-05-03", False, ("", "", "", "")),
        ("US-MD", "withdraw_consent", "2027-04-01", False, ("", "2027-05-01", "", "")),
        ("US-MT", "withdraw_consent", "2027-04-01", False, ("", "2027-05-16", "", "")),
        ("US-VA", "withdraw_consent", "2027-04-01", False, ("", "", "", "")),
        ("US-IA", "opt_out_sale", "2027-01-13", True, ("", "2027-04-13", "", "")),
        ("US-IA", "rectification", "2027-01-13", False, ("", "", "", "")),
        ("US-UT", "rectification", "2026-07-01", False, ("", "2026-08-15", "", "2026-08-15")),
        ("US-RI", "portability", "2027-01-04", True, ("", "2027-02-18", "2027-04-04", "2027-02-18")),
    ],
)
def test_states(place: str, right: str, on: str, extended: bool, expected: tuple[str, str, str, str]) -> None:
    assert dates(compute(case("US-STATE", place, right, on, extended=extended))) == expected


@pytest.mark.parametrize(
    ("regime", "place", "right", "said"),
    [
        ("JP-APPI", "JP", "access", "no number"),
        ("CN-PIPL", "CN", "erasure", "no number"),
        ("CH-FADP", "CH", "erasure", "no number"),
        ("BR-LGPD", "BR", "erasure", "immediately"),
        ("AU-APP", "AU", "erasure", "no right of erasure"),
        ("NZ-PRIVACY", "NZ", "portability", "IPP 6"),
        ("EU-GDPR", "DK", "appeal", "gives no appeal"),
    ],
)
def test_where_the_law_sets_no_number_the_citation_says_why(regime: str, place: str, right: str, said: str) -> None:
    found = compute(case(regime, place, right, "2027-03-01", extended=True))
    assert dates(found) == ("", "", "", "")
    assert said in found.citation


def test_what_a_policy_may_take_is_no_date_of_the_law() -> None:
    found = compute(case("JP-APPI", "JP", "access", "2027-03-01"))
    assert (found.suggested_due_on, found.effective_due_on) == (date(2027, 3, 15), None)
    assert found.right_known
    assert compute(case("EU-GDPR", "DK", "access", "2027-03-01")).suggested_due_on is None


def test_china_suggests_working_days_with_days_in_lieu() -> None:
    # 2026: closed Fri 25 Sep and 1-7 Oct, worked on Sun 20 Sep and Sat 10 Oct
    found = compute(case("CN-PIPL", "CN", "access", "2026-09-18"))
    assert found.suggested_due_on == date(2026, 10, 15)


def test_india_has_no_clock_yet() -> None:
    before = compute(case("IN-DPDP", "IN", "grievance", "2026-12-01"))
    assert before.due_on is None
    assert "13 or 14 May 2027" in before.citation
    assert due("IN-DPDP", "IN", "grievance", "2027-06-01") == "2027-08-30"


@pytest.mark.parametrize(
    ("regime", "place", "right", "on"),
    [
        ("EU-GDPR", "DK", "access", "2018-05-24"),
        ("EEA-GDPR", "NO", "access", "2018-07-19"),
        ("UK-GDPR", "GB-ENG", "access", "2026-02-04"),
        ("UK-GDPR", "GB-ENG", "complaint", "2026-06-18"),
        ("US-STATE", "US-UT", "rectification", "2026-06-30"),
        ("US-STATE", "US-VT", "access", "2027-12-31"),
        ("US-STATE", "US-KY", "access", "2025-12-31"),
        ("CA-QC-25", "CA-QC", "portability", "2024-09-21"),
        ("CN-PIPL", "CN", "access", "2021-10-31"),
    ],
)
def test_before_the_law_was_in_force(regime: str, place: str, right: str, on: str) -> None:
    with pytest.raises(BadInput, match="in force"):
        compute(case(regime, place, right, on))


@pytest.mark.parametrize(
    ("regime", "place", "hint"),
    [
        ("EU-GDPR", "NO", "EEA-GDPR"),
        ("EEA-GDPR", "DK", "EU-GDPR"),
        ("EU-GDPR", "GB-ENG", "UK-GDPR"),
        ("US-STATE", "US-CA", "US-CCPA"),
        ("US-CCPA", "US-CO", "US-STATE"),
        ("US-STATE", "US-NY", "no law of that place is known"),
        ("US-STATE", "US", "name the state"),
        ("CA-QC-25", "CA-ON", "CA-PIPEDA"),
        ("GDPR", "DK", "EU-GDPR"),
        ("EU-GDPR", "DE-XX", "no part"),
        ("EU-GDPR", "FR-GP", "no part"),
        ("EU-GDPR", "Denmark", "code"),
        ("EU-GDPR", "", "code"),
    ],
)
def test_a_regime_that_does_not_fit_the_place(regime: str, place: str, hint: str) -> None:
    with pytest.raises(UnknownRegime, match=hint):
        compute(
            case("EU-GDPR", "DK", "access", "2027-01-01").model_copy(update={"regime": regime, "jurisdiction": place})
        )


@pytest.mark.parametrize(
    ("option", "right", "pauses", "expected"),
    [
        ("EU-GDPR/DK/identity_restart", "erasure", (("2027-01-13", "2027-01-20", "identity"),), "2027-02-22"),
        ("EU-GDPR/DK/identity_none", "erasure", (("2027-01-13", "2027-01-20", "identity"),), "2027-02-12"),
        ("UK-GDPR/GB-ENG/beginning_with", "access", (), "2027-02-11"),
        ("CH-FADP/CH/roll", "access", (), "2027-02-11"),
        ("BR-LGPD/BR/small_agent", "access", (), "2027-02-11"),
        ("CA-PIPEDA/CA-ON/provincial_days", "access", (), "2027-02-11"),
    ],
)
def test_other_readings(option: str, right: str, pauses: tuple[tuple[str, str, str], ...], expected: str) -> None:
    regime, place, code = option.split("/")
    found = compute(case(regime, place, right, "2027-01-12", *pauses, options=(code,)))
    assert str(found.due_on) == expected
    assert any("controller's choice" in line for line in found.explanation)


def test_rolling_options_move_a_closed_day() -> None:
    on = {"CH-FADP": "2027-01-01", "BR-LGPD": "2027-01-01", "KR-PIPA": "2027-01-06", "AU-APP": "2027-01-01"}
    place = {"CH-FADP": "CH", "BR-LGPD": "BR", "KR-PIPA": "KR", "AU-APP": "AU"}
    for regime, day in on.items():  # each ends on a weekend
        plain = compute(case(regime, place[regime], "access", day)).due_on
        moved = compute(case(regime, place[regime], "access", day, options=("roll",))).due_on
        assert plain
        assert moved
        assert plain.weekday() >= 5 > moved.weekday()


def test_provincial_day_moves_the_end_only_when_chosen() -> None:
    plain = case("CA-PIPEDA", "CA-ON", "access", "2027-01-16")  # 15 Feb 2027 is Family Day in Ontario
    assert compute(plain).due_on == date(2027, 2, 15)
    assert compute(plain.model_copy(update={"options": ("provincial_days",)})).due_on == date(2027, 2, 16)


def test_unknown_option() -> None:
    with pytest.raises(BadInput, match="identity_restart"):
        compute(case("EU-GDPR", "DK", "access", "2027-01-12", options=("none_such",)))


def test_readings_of_what_is_open() -> None:
    assert due("IN-DPDP", "IN", "access", "2027-05-13") == "2027-08-11"
    later = compute(case("IN-DPDP", "IN", "access", "2027-05-13", options=("from_14_may",)))
    assert (later.due_on, later.right_known) == (None, False)
    china = compute(case("CN-PIPL", "CN", "access", "2026-09-18", options=("thirty_days",)))
    assert china.suggested_due_on == date(2026, 10, 18)


@pytest.mark.parametrize(
    ("regime", "place", "right", "on", "said"),
    [
        ("US-CCPA", "US-CA", "opt_out_sale", "2026-11-23", "Business day"),
        ("US-CCPA", "US-CA", "access", "2026-11-23", "Business day"),
        ("CH-FADP", "CH", "access", "2026-11-23", "whether it may be is open"),
        ("BR-LGPD", "BR", "access", "2026-11-23", "whether it may be is open"),
        ("KR-PIPA", "KR", "access", "2026-11-23", "Civil Act"),
        ("NZ-PRIVACY", "NZ", "access", "2026-11-23", "Matariki"),
        ("US-STATE", "US-MT", "withdraw_consent", "2026-11-23", "the term"),
        ("US-STATE", "US-VT", "access", "2028-11-23", "the term"),
        ("US-STATE", "US-CO", "appeal", "2026-11-23", "telling the extension"),
        ("US-STATE", "US-MN", "appeal", "2026-11-23", "telling the extension"),
        ("US-CCPA", "US-CA", "erasure", "2026-11-18", "whether a later day could be argued for"),
        ("IN-DPDP", "IN", "grievance", "2027-11-23", "the term"),
        *(
            ("IN-DPDP", "IN", right, "2027-05-13", "whether the rules operate on this day already")
            for right in ("access", "grievance", "withdraw_consent")
        ),
        ("JP-APPI", "JP", "access", "2026-11-23", "what a policy may take, 14 days"),
        ("CN-PIPL", "CN", "access", "2026-11-23", "what a policy may take, 15 working days"),
        ("CA-PIPEDA", "CA-AB", "access", "2026-11-23", "whether CA-PIPEDA applies at all: Alberta's PIPA may apply"),
        ("CA-PIPEDA", "CA-BC", "erasure", "2026-11-23", "British Columbia PIPA s.29"),
        ("CA-PIPEDA", "CA-QC", "withdraw_consent", "2026-11-23", "Québec's P-39.1 applies to enterprises there"),
    ],
)
def test_what_the_rules_mark_uncertain_says_so(regime: str, place: str, right: str, on: str, said: str) -> None:
    found = compute(case(regime, place, right, on))
    assert any(said in each for each in found.uncertain)
    assert found.explanation[-1].startswith("To be confirmed by counsel: ")


@pytest.mark.parametrize(
    ("place", "on", "due", "said"),
    [
        ("FI", "2026-05-19", "2026-06-22", "Friday 19 June 2026 (Midsummer Eve)"),
        ("FI", "2026-11-24", "2026-12-28", "Thursday 24 December 2026 (Christmas Eve)"),
        ("HU", "2026-11-24", "2026-12-28", "Thursday 24 December 2026 (Christmas Eve)"),
        ("HU", "2026-07-21", "2026-08-24", "Friday 21 August 2026 (Day off"),
        ("LV", "2026-05-22", "2026-06-25", "Monday 22 June 2026 (Day off"),
        ("LV", "2026-11-24", "2026-12-28", ""),
        ("EE", "2026-11-24", "2026-12-28", ""),
        ("FI", "2026-05-20", "2026-06-22", ""),  # begins on the Saturday after the eve
        ("FI", "2028-11-23", "2028-12-27", ""),  # Christmas Eve is a Sunday
        ("GR", "2027-04-04", "2027-05-05", "Tuesday 4 May 2027 (Labor Day (observed))"),
        ("DK", "2026-11-24", "2026-12-24", ""),
    ],
)
def test_a_day_off_that_may_be_no_public_holiday_is_said_to_be_in_doubt(
    place: str, on: str, due: str, said: str
) -> None:
    for extended in (False, True):
        found = compute(case("EU-GDPR", place, "access", on, extended=extended))
        assert str(found.due_on) == due
        told = [one for one in found.uncertain if one.startswith("whether ") and "public holiday" in one]
        assert [said in one for one in told] == ([True] if said else [])
    if said:
        first = " ".join(said.split()[:4])
        assert told[0].endswith(f"if not, the last day is {first}")
        assert told[0] in found.explanation[-1]


def test_on_which_day_a_law_begins_is_open_on_that_day_only() -> None:
    read_later = compute(case("IN-DPDP", "IN", "access", "2027-05-13", options=("from_14_may",)))
    assert "13 or 14 May 2027" in read_later.uncertain[0]
    assert "13 or 14 May 2027" in read_later.explanation[-1]
    for day in ("2027-05-12", "2027-05-14"):
        found = compute(case("IN-DPDP", "IN", "withdraw_consent", day))
        assert (found.right_known, found.uncertain) == (day == "2027-05-14", ())


def test_an_open_extension_does_not_make_the_term_open() -> None:
    for place in ("US-CO", "US-MN"):
        told = compute(case("US-STATE", place, "appeal", "2026-11-23", extended=True)).uncertain
        assert [one.split(" (")[0] for one in told] == ["telling the extension", "the extension"]


def test_what_is_certain_does_not_cry_wolf() -> None:
    for regime, place in (("EU-GDPR", "DK"), ("UK-GDPR", "GB-ENG"), ("CA-PIPEDA", "CA-ON"), ("ZA-PAIA", "ZA")):
        assert compute(case(regime, place, "access", "2026-11-23", extended=True)).uncertain == ()


@pytest.mark.parametrize(
    ("regime", "place", "right", "on", "extended", "said"),
    [
        ("EU-GDPR", "DK", "access", "2027-02-25", False, "Closed: Thursday 25 March 2027 (Maundy Thursday), Friday 26"),
        ("EU-GDPR", "DK", "access", "2027-02-25", False, "moves it to Tuesday 30 March 2027 (Reg 1182/71"),
        ("EU-GDPR", "DK", "access", "2027-01-31", True, "for February has no day 31"),
        (
            "EU-GDPR",
            "DK",
            "access",
            "2027-01-31",
            True,
            "from Sunday 31 January 2027, until Friday 30 April 2027 (GDPR",
        ),
        ("US-CCPA", "US-CA", "access", "2027-01-08", False, "weekends, Monday 18 January 2027 (Martin Luther King"),
        ("NZ-PRIVACY", "NZ", "access", "2026-12-10", False, "25 December to 15 January (22 days)"),
        ("US-CCPA", "US-CA", "access", "2027-01-08", False, "until the end of that day, Los Angeles time"),
        ("UK-GDPR", "GB-ENG", "complaint", "2026-12-02", False, "Friday 1 January 2027 (New Year's Day)"),
        ("CA-QC-25", "CA-QC", "access", "2027-05-25", False, "(Québec's National Holiday)"),
    ],
)
def test_a_date_can_be_explained_on_the_phone(
    regime: str, place: str, right: str, on: str, extended: bool, said: str
) -> None:
    assert said in " ".join(compute(case(regime, place, right, on, extended=extended)).explanation)


def test_an_extension_after_waiting_says_how_many_days_it_adds() -> None:
    waited = ("2027-01-13", "2027-01-20", "clarification")
    found = compute(case("UK-GDPR", "GB-ENG", "access", "2027-01-12", waited, extended=True))
    said = "until Monday 12 April 2027, and 8 days more for the waiting, until Tuesday 20 April 2027"
    assert said in " ".join(found.explanation)


def test_a_pause_that_the_law_does_not_know_is_not_even_looked_at() -> None:
    early = ("2027-01-08", "2027-01-20", "identity")
    assert due("US-CCPA", "US-CA", "access", "2027-01-12", early) == "2027-02-26"
    with pytest.raises(BadInput, match="before the request"):
        due("EU-GDPR", "DK", "access", "2027-01-12", early)
