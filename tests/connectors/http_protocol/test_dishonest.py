"""The part of the suite that breaks the network: each of its tests catches a connector that gets it wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.connectors.http import HttpConnector
from habeas.connector import Health, Located, SystemPlan
from habeas.errors import ConnectorError, Terminal, Transient
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, EraseAnswer, Fate, ObjectOutcome
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.http_protocol.test_http import wired


class GivesUpAtOnce(HttpConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        try:
            return await super().locate(identifiers)
        except Transient as error:
            raise Terminal(error.detail) from None


class ForgetsHowLongToWait(HttpConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        try:
            return await super().locate(identifiers)
        except Transient as error:
            raise Transient(error.detail) from None


class FindsNobodyInGarbage(HttpConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        try:
            return await super().locate(identifiers)
        except Transient:
            return Located()


class SaysItLookedWhereItIsBusy(HttpConnector):
    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        try:
            return await super().confirm(plan, handle)
        except Transient:
            return Done(result=())


class QuotesWhatItAsked(HttpConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        try:
            return await super().locate(identifiers)
        except ConnectorError as error:
            kind = Transient if isinstance(error, Transient) else Terminal
            raise kind(f"{error.detail} It was asked for {identifiers[0].value}.") from None


class AsksForEver(HttpConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        try:
            return await super().locate(identifiers)
        except Terminal as error:
            raise Transient(error.detail) from None


class TakesALostAnswerForYes(HttpConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        try:
            return await super().erase(plan, handle)
        except Transient:
            self.erase = self._done  # type: ignore[method-assign]  # it believes itself from now on
            raise

    async def _done(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        return Done(
            result=tuple(ObjectOutcome(collection=o.collection, key=o.key, fate=Fate.ERASED) for o in plan.objects)
        )


class IsAlwaysWell(HttpConnector):
    async def ping(self) -> Health:
        return Health(ok=True)


PASSING = "test_a_passing_fault_is_transient_and_names_nobody"
CAUGHT: list[tuple[type[HttpConnector], str]] = [
    (GivesUpAtOnce, PASSING),
    (ForgetsHowLongToWait, PASSING),
    (FindsNobodyInGarbage, PASSING),
    (QuotesWhatItAsked, PASSING),
    (SaysItLookedWhereItIsBusy, "test_every_call_waits_as_asked_and_survives_garbage"),
    (SaysItLookedWhereItIsBusy, "test_what_was_not_asked_for_is_no_answer"),
    (QuotesWhatItAsked, "test_a_refusal_is_for_good_and_names_nobody"),
    (AsksForEver, "test_a_refusal_is_for_good_and_names_nobody"),
    (TakesALostAnswerForYes, "test_an_erasure_that_breaks_off_anywhere_is_finished_by_asking_again"),
    (IsAlwaysWell, "test_without_access_it_says_so"),
    (AsksForEver, "test_without_access_it_says_so"),
]


@pytest.mark.parametrize(("kind", "test"), CAUGHT, ids=[f"{kind.__name__}-{test}" for kind, test in CAUGHT])
async def test_a_dishonest_connector_is_caught(kind: type[HttpConnector], test: str, tmp_path: Path) -> None:
    async with wired(tmp_path) as world:
        await getattr(HttpConnectorSuite(), test)(world)
    async with wired(tmp_path) as world:
        _become(world.connector, kind)
        locked_out = world.without_access

        def as_dishonest(*args: Any) -> Any:
            return _Dishonest(locked_out(*args), kind)

        world.without_access = as_dishonest  # type: ignore[method-assign]  # it lies there too
        with pytest.raises((AssertionError, ConnectorError, pytest.fail.Exception)):
            await getattr(HttpConnectorSuite(), test)(world)


def test_every_test_of_this_part_catches_somebody() -> None:
    mine = {name for name in dir(HttpConnectorSuite) if name.startswith("test_") and not hasattr(ConnectorSuite, name)}
    assert mine == {test for _, test in CAUGHT}


def _become(connector: Any, kind: type[HttpConnector]) -> Any:
    connector.__class__ = kind
    return connector


class _Dishonest:
    """A context whose connector is of another kind."""

    def __init__(self, inner: Any, kind: type[HttpConnector]) -> None:
        self._inner, self._kind = inner, kind

    async def __aenter__(self) -> Any:
        return _become(await self._inner.__aenter__(), self._kind)

    async def __aexit__(self, *raised: Any) -> None:
        await self._inner.__aexit__(*raised)
