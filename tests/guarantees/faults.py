"""The table of faults: every boundary between two steps, every fault, and the test that shows what comes of it.

`docs/faults.md` is made from it. A step is struck (`tests.workflows.striking`) in a story that is told once undisturbed
and once struck, and must end the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from temporalio import activity

from activities.resting import Rests
from habeas.model import Frozen
from tests.workflows.striking import Boundary
from workers import queues

STRUCK = "tests/workflows/test_struck.py::test_nothing_is_lost_or_done_twice"
SAMPLE = frozenset({"categories"})
"""The story that every run of the suite tells; the others take minutes together."""


class Fault(StrEnum):
    """What a system does to a step that calls it."""

    LATE = "late"
    TWICE = "twice"
    HALF = "half"
    NOT = "not"


class Party(Frozen):
    """Whom a step calls, and what is tested of it for each fault of theirs."""

    title: str
    faults: dict[Fault, tuple[str, ...]]


RESTORE = "tests/workflows/test_after_a_restore.py"
BAD, ERASE = "tests/workflows/test_bad_systems.py", "tests/connectors/test_erase_hardships.py"
LETTERS = Party(
    title="the mail server",
    faults={
        Fault.LATE: ("tests/letters/test_mail.py::test_a_server_that_says_nothing_times_out",),
        Fault.TWICE: ("tests/acceptance/test_killed_letters.py::test_every_letter_arrives_once",),
        Fault.HALF: ("tests/letters/test_mail.py::test_refusals_say_whether_trying_again_helps",),
        Fault.NOT: ("tests/letters/test_mail.py::test_a_refused_greeting_and_a_silent_port_can_be_tried_again",),
    },
)
STORAGE = Party(
    title="the storage",
    faults={
        Fault.LATE: ("tests/ledger/test_storage.py::test_a_cancelled_put_leaves_nothing",),
        Fault.TWICE: ("tests/ledger/test_storage.py::test_a_new_file_takes_the_place_of_the_old",),
        Fault.HALF: ("tests/ledger/test_storage.py::test_nothing_is_there_when_the_source_breaks",),
        Fault.NOT: ("tests/ledger/test_storage.py::test_a_folder_that_cannot_be_made_is_unavailable",),
    },
)
READ = Party(
    title="a system, to read",
    faults={
        Fault.LATE: (f"{BAD}::test_slow_answers_count_when_they_come",),
        Fault.TWICE: (
            "tests/acceptance/test_killed_worker.py::test_the_export_is_complete_and_nothing_is_in_it_twice",
        ),
        Fault.HALF: (
            f"{BAD}::test_garbage_stops_for_a_human_and_the_others_go_on",
            "tests/acceptance/test_killed_worker.py::test_the_collection_went_on_where_it_was",
        ),
        Fault.NOT: ("tests/workflows/test_systems.py::test_a_system_that_is_down_for_a_day_is_waited_for",),
    },
)
TOGETHER = Party(
    title="several systems at once",
    faults={
        Fault.LATE: ("tests/workflows/test_together.py::test_who_takes_long_is_asked_by_itself",),
        Fault.TWICE: ("tests/workflows/test_together.py::test_one_call_finds_and_one_collects",),
        Fault.HALF: (
            "tests/workflows/test_together.py::test_who_fails_is_asked_by_itself_and_the_others_are_not_asked_again",
        ),
        Fault.NOT: ("tests/workflows/test_together.py::test_who_took_long_is_left_alone_for_a_while",),
    },
)
ERASES = Party(
    title="a system, to erase",
    faults={
        Fault.LATE: (
            f"{BAD}::test_a_job_of_weeks_is_shown_and_asked_at_once_when_staff_say_so",
            f"{ERASE}::test_a_statement_that_takes_too_long_is_tried_again",
        ),
        Fault.TWICE: (
            f"{ERASE}::test_two_at_once_do_it_once",
            "tests/connectors/test_shop.py::test_a_second_run_answers_the_same_and_changes_nothing",
        ),
        Fault.HALF: (
            f"{BAD}::test_half_done_is_finished_once_it_is_up_again",
            "tests/workflows/test_erasure.py::test_what_an_attempt_did_in_a_system_that_is_left_out_is_looked_at_and_told",
            f"{ERASE}::test_a_connection_killed_in_the_middle_changes_nothing",
        ),
        Fault.NOT: (f"{BAD}::test_what_fails_while_it_erases_is_not_left_unerased_by_a_clock",),
    },
)
CHANGES = Party(
    title="a system, to change",
    faults={
        Fault.LATE: (
            "tests/workflows/test_change_restriction.py::test_a_system_that_is_away_is_asked_again_until_the_mark_is_gone",
        ),
        Fault.TWICE: ("tests/workflows/test_change_steps.py::test_a_step_that_is_done_twice_is_done_once",),
        Fault.HALF: (
            "tests/workflows/test_change_steps.py::test_what_comes_back_is_noticed_on_the_second_look",
            "tests/workflows/test_change_steps.py::test_what_an_attempt_changed_in_a_system_that_is_left_out_is_looked_at_and_told",
        ),
        Fault.NOT: ("tests/workflows/test_change_steps.py::test_a_system_that_fails_is_waited_for_and_tried_again",),
    },
)
ENDS = Party(
    title="a system, when a term is over",
    faults={
        Fault.LATE: (
            "tests/workflows/test_retention.py::test_a_system_that_is_away_is_tried_again_the_next_day_and_staff_are_told_weekly",
        ),
        Fault.TWICE: ("tests/workflows/test_holds.py::test_of_two_sweeps_at_once_one_ends_an_object",),
        Fault.HALF: (
            "tests/workflows/test_retention.py::test_single_objects_that_a_system_leaves_are_told_once_they_stay",
        ),
        Fault.NOT: (
            "tests/workflows/test_holds.py::test_while_a_system_is_away_that_may_know_who_is_held_nothing_ends",
        ),
    },
)
RESTORED = Party(
    title="a system that was restored",
    faults={
        Fault.LATE: (f"{RESTORE}::test_a_restored_system_that_is_late_is_waited_for_and_one_that_refuses_is_named",),
        Fault.TWICE: ("tests/connectors/test_shop.py::test_a_second_run_answers_the_same_and_changes_nothing",),
        Fault.HALF: (f"{RESTORE}::test_what_is_not_as_it_was_approved_is_left_to_a_human",),
        Fault.NOT: (f"{RESTORE}::test_a_restored_system_that_is_late_is_waited_for_and_one_that_refuses_is_named",),
    },
)


class Step(Frozen):
    """One step of the registry.

    Attributes:
        name: As Temporal knows it.
        story: In which it is struck.
        parties: Whom it calls besides the ledger.
        struck: The boundaries that it has in this story; it is struck at each of them.
    """

    name: str
    story: str
    parties: tuple[Party, ...] = ()
    struck: frozenset[Boundary] = frozenset()


OURS = frozenset({Boundary.BEGUN, Boundary.COMMITTING, Boundary.COMMITTED, Boundary.DONE})
CALLS = OURS | {Boundary.CALLING, Boundary.CALLED}


def _steps(
    story: str, *names: str, parties: tuple[Party, ...] = (), struck: frozenset[Boundary] = OURS
) -> Iterator[Step]:
    yield from (Step(name=name, story=story, parties=parties, struck=struck) for name in names)


STEPS: tuple[Step, ...] = (
    *_steps("erasure_closed", "accept_act", "begin", "check_proof", "close", "draft_plan", "enter_stage", "settle"),
    *_steps("erasure_closed", "locate", "collect", parties=(READ,), struck=CALLS),
    *_steps("erasure_closed", "erase", "confirm", parties=(ERASES,), struck=CALLS),
    *_steps("erasure_closed", "send_code", "send_letter", parties=(LETTERS,), struck=CALLS),
    *_steps("sweep_that_reminds", "due_left_out", "forget", "prepare_ended", "report_expiry"),
    *_steps("sweep_that_reminds", "expire", parties=(ENDS,), struck=CALLS),
    *_steps("sweep_that_reminds", "expiring", struck=frozenset({Boundary.BEGUN, Boundary.DONE})),
    *_steps("sweep_that_follows", "still_to_ask"),
    *_steps("sweep_that_follows", "follow_trails", "hold_found", parties=(READ,), struck=CALLS),
    *_steps("kept_goes", "due_retained"),
    *_steps("kept_goes", "confirm_ended", "end_retention", parties=(ENDS,), struck=CALLS),
    *_steps("kept_goes", "tell_what_has_ended", parties=(LETTERS,), struck=CALLS),
    *_steps("left_out_is_remembered", "send_letter_again", parties=(LETTERS,), struck=CALLS),
    *_steps("left_out_after_it_began", "left_begun", "left_unseen"),
    *_steps("left_out_after_it_began", "left_seen", parties=(READ,), struck=CALLS),
    *_steps("restriction", "conclude_change", "draft_change", "hold_restricted", "prepare_notices"),
    *_steps("restriction", "change", "confirm_change", parties=(CHANGES,), struck=CALLS),
    *_steps("asked_and_resumed", "ask_fee", "ask_question", "pause", "resume"),
    *_steps("asked_and_resumed", "build_package", parties=(STORAGE,), struck=CALLS),
    *_steps("erased_again_after_a_restore", "changed_since", "erased_since"),
    *_steps(
        "erased_again_after_a_restore",
        "confirm_replayed",
        "erase_replayed",
        "look_replayed",
        parties=(RESTORED,),
        struck=CALLS,
    ),
    *_steps("restriction_lifted", "prepare_lifted", "prepare_lifting"),
    *_steps("restriction_lifted", "confirm_lifting", "lift_restriction", parties=(CHANGES,), struck=CALLS),
    *_steps("access_on_paper", "open_task", "remind_task", "waiting"),
    *_steps("erasure_together", "look_for_copies"),
    *_steps("erasure_together", "collect_together", "find_together", parties=(TOGETHER,), struck=CALLS),
    *_steps("processor_asked_on_its_day", "notice_reminded", "notice_sent", "notice_unanswered"),
    *_steps("access_attested_late", "announce_delay", "breach"),
    *_steps("access_with_a_hold_on_deletion", "release_deletion"),
    *_steps("access_with_a_hold_on_deletion", "hold_deletion", parties=(READ,), struck=CALLS),
    *_steps("appeal_granted", "decide_remedy"),
    *_steps("categories", "answer_by_category"),
    *_steps("erasure_in_order_after_a_veto", "vetoes", parties=(ERASES,), struck=CALLS),
    *_steps("erasure_with_reasons_at_once", "reasons_at_once"),
    *_steps("extended_and_paused", "extend"),
    *_steps("processor_silent", "notice_escalated"),
    *_steps("processors_letter_came_back", "letter_bounced"),
    *_steps("called_off", "call_off_task"),
    *_steps("sent_on", "prepare_forwards"),
    *_steps("let_go_by_hand", "let_go_restricted", "let_go_restricted_besides"),
    *_steps("told_so_far", "conclude_so_far", "task_result"),
    *_steps("bin_that_empties_itself", "confirm_as_it_is", parties=(ERASES,), struck=CALLS),
)


def stories() -> frozenset[str]:
    """All in which a step is struck."""
    return frozenset(one.story for one in STEPS)


class Door(Frozen):
    """A transaction outside of any step: struck before its commit, and after it before the answer."""

    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]


UNDONE = "tests/ledger/test_database.py::test_a_transaction_cut_in_the_middle_is_unavailable_and_undone"
DOORS: tuple[Door, ...] = (
    Door(
        title="a request is opened",
        before=("tests/ledger/test_requests.py::test_an_opening_that_is_rolled_back_frees_the_person", UNDONE),
        after=(
            "tests/ledger/test_requests.py::test_the_same_idempotency_key_is_the_same_request_even_when_closed",
            "tests/office/test_opening.py::test_without_temporal_the_request_is_kept_and_started_later",
        ),
    ),
    Door(
        title="staff act",
        before=(UNDONE,),
        after=(
            "tests/workflows/test_acts.py::test_the_same_act_twice_is_one_act",
            "tests/ledger/test_rooms.py::test_an_act_is_proposed_and_accepted_once",
        ),
    ),
    Door(
        title="the person gives a code",
        before=(UNDONE,),
        after=("tests/ledger/test_challenges.py::test_one_try_that_comes_many_times_at_once_is_one",),
    ),
    Door(
        title="a package is fetched by its link",
        before=("tests/ledger/test_artifacts.py::test_a_broken_transfer_opens_the_link_again_until_one_was_complete",),
        after=("tests/ledger/test_artifacts.py::test_a_link_gives_its_artifact_once",),
    ),
    Door(
        title="a task is done",
        before=(UNDONE,),
        after=(
            "tests/ledger/test_tasks.py::test_a_task_is_done_once_and_never_undone",
            "tests/workflows/test_by_hand.py::test_the_same_end_twice_is_one",
        ),
    ),
    Door(
        title="an event is placed, and sent to a webhook",
        before=("tests/ledger/test_outbox.py::test_what_is_not_committed_is_not_told_and_holds_up_nobody_else",),
        after=(
            "tests/ledger/test_webhooks.py::test_what_a_killed_sender_had_under_way_is_sent_again_with_the_same_id",
        ),
    ),
)


def registry() -> frozenset[str]:
    """The steps that the workers of a process serve, by the names that Temporal knows."""
    served: list[Callable[..., Any]] = []

    def worker(_client: object, *, activities: Sequence[Callable[..., Any]], **_more: object) -> None:
        served.extend(activities)

    parts = cast("Any", SimpleNamespace(ledger=None, task_queue="", queue_of=str, rests=Rests()))
    with patch.object(queues, "Worker", worker):
        queues.engine_worker(cast("Any", None), parts)
        queues.system_worker(cast("Any", None), parts, "")
    return frozenset(activity._Definition.must_from_callable(step).name or "" for step in served)


def named() -> Iterator[str]:
    """Every test of the table."""
    yield from (STRUCK, *(test for one in DOORS for test in (*one.before, *one.after)))
    for step in STEPS:
        for party in step.parties:
            for tests in party.faults.values():
                yield from tests
