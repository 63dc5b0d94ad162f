"""Make an installation ready, step by step; what was so already is left as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from temporalio.client import Client

from activities.ledger import REVISIONS, current_revision, grant_least, migrate
from activities.letters.overrides import check_letters
from habeas.model import Frozen
from habeas.policy import check_systems
from workers.bootstrap.engine import (
    EngineState,
    add_attributes,
    look,
    make_namespace,
    missing_attributes,
    set_retention,
)
from workers.office import SWEEP, Engine
from workers.settings import Settings
from workers.wiring import connect_temporal, load_connectors, load_policies

__all__ = ["NEW_RETENTION", "Step", "StepState", "Wanted", "bootstrap", "check_policies"]

NEW_RETENTION = timedelta(days=90)
"""For a namespace that is made."""


class StepState(StrEnum):
    """What became of a step."""

    AS_IT_WAS = "as_it_was"
    CHANGED = "changed"
    WOULD_CHANGE = "would_change"
    NOT_ASKED = "not_asked"
    """It was not asked for, or is managed elsewhere."""


class Step(Frozen):
    """One step, and what it found or changed."""

    step: str
    state: StepState
    said: str


@dataclass(frozen=True)
class Wanted:
    """How it is to be.

    Attributes:
        retention: How long Temporal shows closed requests; None to leave that of a namespace that is there.
        grant_to: The database role of the processes; None to grant nothing.
        dry_run: Only say what would be changed.
    """

    retention: timedelta | None = None
    grant_to: str | None = None
    dry_run: bool = False

    @property
    def change(self) -> StepState:
        """What a step that is not as it should be comes to."""
        return StepState.WOULD_CHANGE if self.dry_run else StepState.CHANGED


async def bootstrap(settings: Settings, wanted: Wanted) -> AsyncIterator[Step]:
    """Do each step, and tell of it. May be run again, and broken off anywhere.

    Raises:
        ConfigurationError: a policy, map or setting is not complete (then nothing was changed), or something is not
            ours to do; names it.
        LedgerUnavailable, EngineUnavailable: it does not answer; earlier steps are done.
    """
    yield check_policies(settings)
    yield await _ledger(settings, wanted)
    yield await _rights(settings, wanted)
    client = await connect_temporal(settings)
    state = await look(client)
    yield await _namespace(client, state, wanted)
    yield await _attributes(client, state, wanted)
    yield await _sweep(settings, client, state, wanted)


def check_policies(settings: Settings) -> Step:
    """Read every policy, map and letter of the controllers; nothing is called.

    Raises:
        ConfigurationError: names the file and line.
    """
    policies = load_policies(settings)
    connectors = load_connectors(settings, here=())
    manifests = {name: connector.manifest for name, connector in connectors.items()}
    for policy in policies.values():
        check_systems(policy, manifests)
        check_letters(policy)
    return Step(
        step="policies",
        state=StepState.AS_IT_WAS,
        said=f"complete: {', '.join(sorted(policies))}; systems: {', '.join(sorted(manifests)) or 'none'}",
    )


async def _ledger(settings: Settings, wanted: Wanted) -> Step:
    url = settings.ledger.url.get_secret_value()
    before = await current_revision(url)
    if before == REVISIONS[-1]:
        return Step(step="ledger", state=StepState.AS_IT_WAS, said=f"at {before}")
    if before is not None and before not in REVISIONS:
        said = f"at {before}, which a newer version made; this one knows {REVISIONS[-1]}"
        return Step(step="ledger", state=StepState.AS_IT_WAS, said=said)
    if not wanted.dry_run:
        await migrate(url)
    return Step(step="ledger", state=wanted.change, said=f"from {before or 'nothing'} to {REVISIONS[-1]}")


async def _rights(settings: Settings, wanted: Wanted) -> Step:
    url, role = settings.ledger.url.get_secret_value(), wanted.grant_to
    if role is None:
        return Step(step="rights", state=StepState.NOT_ASKED, said="--grant-to names the role of the processes")
    if wanted.dry_run and await current_revision(url) is None:
        return Step(step="rights", state=wanted.change, said=f"all that {role} needs")
    added = await grant_least(url, role, keep=not wanted.dry_run)
    if not added:
        return Step(step="rights", state=StepState.AS_IT_WAS, said=f"{role} has what it needs")
    tables = sorted({one.table for one in added})
    return Step(step="rights", state=wanted.change, said=f"{role}: {len(added)} rights on {', '.join(tables)}")


async def _namespace(client: Client, state: EngineState, wanted: Wanted) -> Step:
    name, has, wants = client.namespace, state.retention, wanted.retention
    if has is None:
        keeps = wants or NEW_RETENTION
        if not wanted.dry_run:
            await make_namespace(client, keeps)
        return Step(step="namespace", state=wanted.change, said=f"{name} made; closed requests for {keeps.days} days")
    if wants is None or wants == has:
        said = f"{name} shows closed requests for {has.days} days"
        return Step(step="namespace", state=StepState.AS_IT_WAS, said=said)
    if not wanted.dry_run:
        await set_retention(client, wants)
    said = f"{name}: closed requests for {wants.days} days, not {has.days}"
    return Step(step="namespace", state=wanted.change, said=said)


async def _attributes(client: Client, state: EngineState, wanted: Wanted) -> Step:
    if state.attributes is None:
        said = "managed elsewhere: docs/deploy-it.md lists them"
        return Step(step="search_attributes", state=StepState.NOT_ASKED, said=said)
    missing = missing_attributes(state)
    if not missing:
        return Step(step="search_attributes", state=StepState.AS_IT_WAS, said="all there")
    if not wanted.dry_run:
        await add_attributes(client, missing)
    return Step(step="search_attributes", state=wanted.change, said=f"added {', '.join(sorted(missing))}")


async def _sweep(settings: Settings, client: Client, state: EngineState, wanted: Wanted) -> Step:
    engine = Engine.on(client, task_queue=settings.temporal.task_queue)
    if state.retention is not None and await engine.is_running(SWEEP):
        return Step(step="sweep", state=StepState.AS_IT_WAS, said="the daily sweep is there")
    if not wanted.dry_run:
        await engine.start_sweep()
    return Step(step="sweep", state=wanted.change, said="the daily sweep started")
