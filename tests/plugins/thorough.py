"""What the whole suite leaves out unless it is asked for: ``make test ARGS="-m thorough"``.

These take minutes and test what seldom changes, or what other tests try in a shorter way. They run when such a part is
touched, and before a release.
"""

from __future__ import annotations

import pytest

THOROUGH = (
    "tests/vendors/",  # the stand-ins' own tests; connectors run against them all the same
    "tests/browser/test_axe.py::test_axe_finds_nothing_serious",
    "tests/browser/test_axe.py::test_a_page_in_french_says_nothing_of_ours_in_english",
    "tests/letters/test_every_law.py::test_a_previewed_delay_is_one_that_staff_could_announce",
    "tests/policies/test_broken.py",
    "tests/workflows/test_rules.py",
    "tests/workflows/test_watch.py",
    "tests/deploy/test_external.py",
    "tests/cli/test_bootstrap.py::test_a_build_takes_work_once_it_is_current",
    "tests/cli/test_disasters.py::test_requests_",  # in an empty Temporal, in another namespace, by another build
    "tests/cli/test_disasters.py::test_a_ledger_",
    "tests/stack/test_users.py",
    "tests/connectors/rt/test_erasing.py",
    "tests/connectors/tryton/test_erasing.py",
    "tests/connectors/tryton/test_finding.py",  # the suite of connectors finds in it each time
    "tests/connectors/sql_portable/test_kit.py",
    "tests/connectors/test_generated.py",
    "tests/stack/test_stack.py::test_workers_take_turns_at_being_killed",
    "tests/stack/test_stack.py::test_a_start_killed_at_any_step_can_be_started_again",
    "tests/acceptance/test_story.py::test_a_request_shows_that_it_waits_for_room",
    "tests/acceptance/test_story.py::test_a_slip_at_intake_is_named_and_changes_nothing",
    "tests/acceptance/test_story.py::test_an_export_waits_for_room_on_the_disk",
    "tests/acceptance/test_killed_parts.py::test_everything_is_killed_at_once_and_the_next_start_goes_on",
)
"""How their names begin; classes of the conformance suite are marked where they stand."""
BROKEN_OFF = (
    "test_an_erasure_that_breaks_off_anywhere_is_finished_by_asking_again",
    "test_an_erasure_that_is_cancelled_anywhere_is_finished_by_asking_again",
    "test_any_call_that_fails_changes_no_answer",
    "test_an_erasure_that_is_refused_is_not_told_as_done",
)
"""Tests of the conformance suite that go once for each call that could break off: not in servers that are slow."""
AGAIN = (
    "test_the_second_look_is_honest",
    "test_what_is_erased_is_not_found_any_more",
    "test_beside_its_answers_it_is_silent_and_holds_nothing_up",
    "test_it_goes_on_from_every_page",
    "test_who_is_looked_at_beside_another_is_told_as_when_alone",
    "test_who_is_changed_beside_another_is_told_as_when_alone",
    "test_who_is_erased_beside_another_is_told_as_when_alone",
    "test_one_call_of_each_kind_that_fails_changes_no_answer",
    "test_a_change_that_fails_is_not_told_as_made",
)
"""Tests of the conformance suite that go the way of others once more: for databases and folders alone each time."""
LONG = (
    *(f"tests/connectors/{name}/" for name in ("hubspot", "rt", "salesforce", "stripe", "tryton", "zendesk")),
    "tests/connectors/files/test_suite.py::TestVersions",
)
SERVERS = (*LONG, "tests/connectors/files/")
ELSEWHERE = (
    "test_what_was_not_asked_for_is_no_answer",
    "test_what_changes_elsewhere_is_no_drift_and_what_changes_in_it_is",
    "test_what_is_somebody_elses_by_now_is_not_erased",
    "test_data_that_changed_is_not_erased",
    "test_data_that_appeared_is_not_passed_over",
    "test_foreign_objects_are_refused_not_erased",
    "test_erasing_again_changes_nothing_and_answers_the_same",
)
"""Tests of the conformance suite that every other connector passes each time; on these two a call takes longest."""
SLOWEST = ("tests/connectors/rt/", "tests/connectors/tryton/")

AS_LONG_AS = 1800
"""Seconds for a test that goes once for each call: on Tryton there are so many that one takes eight minutes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, before marks choose what runs."""
    for item in items:
        slow = any(
            item.nodeid.startswith(where) and item.nodeid.endswith(which)
            for where, which in ((SERVERS, BROKEN_OFF), (LONG, AGAIN), (SLOWEST, ELSEWHERE))
        )
        if slow:
            item.add_marker(pytest.mark.timeout(AS_LONG_AS))
        if slow or item.nodeid.startswith(THOROUGH):
            item.add_marker(pytest.mark.thorough)
