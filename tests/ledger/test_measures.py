"""What a monitor is told of a ledger that is filled by hand."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from activities.ledger import Ledger
from habeas.errors import LedgerUnavailable
from habeas.evidence import Tag
from habeas.model import Outcome, Right, Stage
from habeas.outcomes import Fate, ObjectOutcome
from habeas.policy import load_policy
from habeas.policy.sections import RegimeEntry
from habeas.staying import Because
from tests.ledger.conftest import NOW, NewRequestFactory
from workers.measuring import OFTEN, Measuring

DAY = timedelta(days=1)
_DEMO = load_policy(Path(__file__).parents[2] / "deploy/controllers/demo.toml")
POLICY = _DEMO.model_copy(update={"regimes": (*_DEMO.regimes, RegimeEntry(code="UK-GDPR", jurisdictions=("GB-ENG",)))})
Told = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def told(measuring: Measuring) -> Told:
    await measuring.look()
    families = text_string_to_metric_families(generate_latest(measuring).decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(page: Told, name: str, **labels: str) -> float | None:
    return page.get((f"habeas_{name}", frozenset(labels.items())))


def values(page: Told, name: str, of: str) -> dict[str, float]:
    """Those that are not zero, by a label, of whatever controller."""
    return {dict(labels)[of]: found for (one, labels), found in page.items() if one == f"habeas_{name}" and found}


async def opened(ledger: Ledger, new_request: NewRequestFactory, email: str, **facts: object) -> str:
    async with ledger.begin() as tx:
        request_id = (await tx.open_request(new_request(email, received_at=NOW - 20 * DAY))).request.id
        await tx.update_request(request_id, **facts)  # type: ignore[arg-type]  # whatever the test says
    return request_id


async def filled(ledger: Ledger, new_request: NewRequestFactory) -> None:
    due = NOW.date()
    await opened(ledger, new_request, "a@example.org", stage=Stage.REVIEWING, due_on=due - DAY, overdue=True)
    await opened(ledger, new_request, "b@example.org", stage=Stage.CLARIFYING, due_on=due + 3 * DAY)
    waits = await opened(ledger, new_request, "c@example.org", stage=Stage.COLLECTING, blocked_on=("crm", "shop"))
    closed = {"stage": Stage.CLOSED, "closed_at": NOW - DAY, "due_on": due}
    kept = await opened(ledger, new_request, "d@example.org", outcome=Outcome.FULFILLED, **closed)
    await opened(ledger, new_request, "e@example.org", outcome=Outcome.REFUSED, overdue=True, **closed)
    async with ledger.begin() as tx:
        for system, code in (("crm", "transient"), ("shop", "task_open")):
            await tx.save_system(waits, system, "collect", "waiting", {}, waiting_since=NOW - DAY, error_code=code)
        await tx.open_task("t1", waits, system="shop", phase="collect", at=NOW - DAY, due_on=due - DAY)
        await tx.record(waits, Tag.REQUEST_STAGE, at=NOW - DAY, facts={"stage": "collecting"}, dedupe="s")
        days = (date(2026, 1, 1), date(2036, 1, 1))
        await tx.save_outcomes(kept, "crm", map(_retained, days), NOW)
        await tx.save_outcomes(kept, "crm", [_retained(date(2026, 1, 2), Because.EXEMPT.value)], NOW)


def _retained(until: date, reason: str = "tax") -> ObjectOutcome:
    return ObjectOutcome(
        collection="invoices", key=f'["{until}"]', fate=Fate.RETAINED, reason=reason, law="§ 10", until=until
    )


async def test_everything_is_told_as_it_stands(ledger: Ledger, new_request: NewRequestFactory) -> None:
    await filled(ledger, new_request)
    page = await told(Measuring(ledger, {"acme": POLICY, "other": POLICY}, ["crm", "shop", "tickets"], lambda: NOW))
    assert value(page, "ledger_up") == 1
    assert values(page, "requests_open", "stage") == {"reviewing": 1, "clarifying": 1, "collecting": 1}
    assert values(page, "requests_open_by_days_left", "left") == {"over": 1, "week": 1, "no_term": 1}
    assert values(page, "requests_open_by_age", "age") == {"month": 3}
    assert values(page, "requests_overdue", "controller") == {"acme": 1}
    assert values(page, "requests_ambiguous", "controller") == {"acme": 1}
    assert value(page, "requests_overdue", controller="other") == 0, "also of whom there is nothing to tell"
    assert values(page, "requests_answered_90d", "how") == {"in_time": 1, "late": 1}
    assert values(page, "system_up", "system") == {"shop": 1, "tickets": 1}, "who waits for a human is not down"
    assert values(page, "requests_waiting", "system") == {"crm": 1, "shop": 1}
    since = "system_waited_for_since_timestamp_seconds"
    assert value(page, since, system="crm", code="transient") == (NOW - DAY).timestamp()
    assert (value(page, "tasks_open", due="overdue"), value(page, "tasks_open", due="in_time")) == (1, 0)
    assert value(page, "evidence_unanchored") == value(page, "events_untold")
    assert (value(page, "evidence_unanchored") or 0) > 0
    assert (value(page, "events_untold_since_timestamp_seconds") or 0) <= NOW.timestamp()
    assert value(page, "objects_retained", system="crm") == 3
    assert value(page, "objects_retained_too_long", system="crm") == 1
    assert value(page, "watch_last_round_timestamp_seconds") is None, "nobody looked yet"
    assert value(page, "watch_findings", kind="no_worker") == 0


async def test_what_lies_longer_than_staff_aimed_at_is_counted(ledger: Ledger, new_request: NewRequestFactory) -> None:
    """A complaint in the UK has no day in its law: staff aim at thirty days from receipt."""
    british = {"right": Right.COMPLAINT, "regime": "UK-GDPR", "jurisdiction": "GB-ENG"}
    now = NOW.replace(year=2027)
    async with ledger.begin() as tx:
        for days in (30, 31):
            await tx.open_request(new_request(f"{days}@example.org", received_at=now - days * DAY, **british))
        too_early = new_request("early@example.org", received_at=NOW.replace(year=2020), **british)
        await tx.open_request(too_early)
    page = await told(Measuring(ledger, {"acme": POLICY, "other": POLICY}, [], lambda: now))
    assert value(page, "requests_past_target", controller="acme") == 1, "on its last day it is not past"
    assert value(page, "requests_past_target", controller="other") == 0


async def test_what_was_seen_is_remembered_for_a_while_and_no_longer(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    now = [NOW]
    measuring = Measuring(ledger, {"acme": POLICY}, [], lambda: now[0])
    await told(measuring)
    await opened(ledger, new_request, "a@example.org", stage=Stage.REVIEWING)
    assert values(await told(measuring), "requests_open", "stage") == {}
    now[0] += OFTEN
    assert values(await told(measuring), "requests_open", "stage") == {"reviewing": 1}


async def test_a_ledger_that_is_away_is_told_of_and_nothing_else(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [NOW]
    measuring = Measuring(ledger, {"acme": POLICY}, [], lambda: now[0])
    await told(measuring)

    def away(*_: object) -> Iterable[None]:
        raise LedgerUnavailable

    monkeypatch.setattr(ledger, "begin", away)
    now[0] += DAY
    assert await told(measuring) == {("habeas_ledger_up", frozenset()): 0}
