"""The doctor finds what is wrong with a real installation, names the remedy, and calls a well one well."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from activities.ledger import Backlog, RoleRights
from activities.vault import Vault
from habeas.connector import Health
from tests.cli.conftest import Bare, Said, run_here, with_systems
from tests.office.world import World
from workers.doctor import Finding, Level
from workers.doctor import ledger as on_ledger
from workers.doctor.outside import _ping
from workers.process import free_port

NOW = datetime(2026, 11, 30, tzinfo=UTC)
WELL = Backlog(
    unstarted=0,
    unstarted_since=None,
    letters=0,
    letters_since=None,
    events=0,
    deliveries=0,
    deliveries_since=None,
    webhooks_off=0,
    unanchored=0,
    unanchored_since=None,
    anchored_at=None,
)


def _levels(said: Said, *levels: Level) -> dict[str, str]:
    return {one["check"]: one["said"] for one in said.json["findings"] if one["level"] in levels}


async def test_a_well_installation_is_called_well(here: World, tmp_path: Path) -> None:
    config = str(with_systems(here.settings_file(tmp_path, desk__public_url="https://privacy.example")))
    await here.office.start_sweep()
    said = await asyncio.to_thread(run_here, "doctor", "--config", config, "--json")
    assert _levels(said, Level.WRONG) == {}, said.err
    assert said.code == 0
    assert _levels(said, Level.ODD).keys() - {f"system {name}" for name in here.systems} <= {
        "rights",
        "anchors",
        "sign-in",
        "storage",
        "overdue requests",
        "temporal",
    }
    fine = _levels(said, Level.OK)
    assert {"policies", "ledger", "clock", "master key", "worker", "worker of crm", "daily sweep", "mail"} <= set(fine)
    shown = await asyncio.to_thread(run_here, "doctor", "--config", config)
    assert "nothing wrong" in shown.out
    assert "Set `[desk.sign_in]`" in shown.out


async def test_each_part_that_is_wrong_is_named_and_hides_no_other(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = await bare.habeas("doctor")
    assert nothing.code == 1
    wrong = _levels(nothing, Level.WRONG)
    assert set(wrong) == {"ledger", "temporal"}
    assert bare.namespace in wrong["temporal"]

    await bare.bootstrap()
    owner = await asyncpg.connect(bare.dsn)
    await owner.execute(f"REVOKE INSERT ON evidence FROM {bare.role}; GRANT UPDATE ON evidence TO {bare.role}")
    await owner.close()
    (bare.config.parent / "controllers/demo.toml").write_text("[controller]\n")
    monkeypatch.setenv("HABEAS_LEDGER__URL", bare.as_app)
    monkeypatch.setenv("HABEAS_MAIL__PORT", str(free_port()))
    said = await bare.habeas("doctor")
    found = _levels(said, Level.WRONG)
    workers = {"worker", *(f"worker of {name}" for name in ("crm", "billing", "support"))}
    assert set(found) == {"policies", "rights", "mail", *workers}
    assert "INSERT on evidence" in found["rights"]
    assert "demo.toml" in found["policies"]
    assert all(one["remedy"] for one in said.json["findings"] if one["level"] == "wrong")


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"unstarted": 2, "unstarted_since": NOW - timedelta(minutes=6)}, "unstarted requests"),
        ({"letters": 1, "letters_since": NOW - timedelta(hours=2)}, "letters"),
        ({"webhooks_off": 1}, "webhooks"),
        ({"deliveries": 3, "deliveries_since": NOW - timedelta(hours=1)}, "webhooks"),
    ],
)
def test_what_waits_too_long_is_not_fine(changed: dict[str, object], check: str) -> None:
    assert {one.level for one in on_ledger._outbox(WELL, NOW)} == {Level.OK}
    found = [one for one in on_ledger._outbox(WELL.model_copy(update=changed), NOW) if one.level is not Level.OK]
    assert [one.check for one in found] == [check]


def test_a_key_that_requests_need_a_clock_that_is_off_and_rights_too_many_are_wrong() -> None:
    vault = Vault([("m2", b"2" * 32)])
    lost = on_ledger._keys(vault, {"m1": 3, "m2": 1})
    assert (lost.level, "m1 (which 3 requests need)" in lost.said) == (Level.WRONG, True)
    assert on_ledger._keys(vault, {"m2": 1}).level is Level.OK
    assert on_ledger._clock(timedelta(seconds=-6)).level is Level.WRONG
    assert on_ledger._form("9999").level is Level.ODD
    may = RoleRights(name="app", owner=False, missing=(), too_many=("UPDATE on evidence",))
    assert on_ledger._rights(may).level is Level.WRONG
    assert on_ledger._rights(may.model_copy(update={"too_many": ()})).level is Level.OK


async def test_a_connector_that_breaks_or_tells_of_somebody_is_named_without_it() -> None:
    class Tells:
        async def ping(self) -> Health:
            return Health(ok=False, detail="no such user ann@example.org")

    class Breaks:
        async def ping(self) -> Health:
            raise KeyError("ann@example.org")

    told = [await _ping("crm", one()) for one in (Tells, Breaks)]  # type: ignore[arg-type]  # they can nothing else
    assert [one.level for one in told] == [Level.WRONG, Level.WRONG]
    assert not any("ann@" in str(one) for one in told)
    assert isinstance(told[0], Finding)
