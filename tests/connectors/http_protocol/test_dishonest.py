"""The part of the suite that breaks the network: each of its tests catches a connector that gets it wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest

from activities.connectors.http import HttpConnector
from habeas.connector import Change, Health, Located, Page, RecordRef, Rectify, Restrict, Stop, SystemPlan
from habeas.errors import ConnectorError, Terminal, Transient
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, EraseAnswer, Fate, ObjectOutcome
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


class TakesForbiddenForGone(HttpConnector):
    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        try:
            return await super().confirm(plan, handle)
        except Terminal:
            return Done(result=tuple(one.became() for one in plan.objects))


class _TakesItForTheEnd(HttpConnector):
    what: type[ConnectorError]

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        pages = super().collect(roots, cursor)
        yield await anext(pages)
        try:
            async for page in pages:
                yield page
        except self.what:
            yield Page(records=(), cursor=None)


class TakesForbiddenForTheEnd(_TakesItForTheEnd):
    what = Terminal


class TakesBusyForTheEnd(_TakesItForTheEnd):
    what = Transient


class SeesNothingPastItsTermWhereItMayNotLook(HttpConnector):
    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        try:
            async for page in super().expired(today, cursor):
                yield page
        except Terminal:
            yield Page(records=(), cursor=None)


class NeverLooksWhatBecameOfAChange(HttpConnector):
    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        try:
            return await super().change(change, handle)
        except ConnectorError:
            return Done(result=_made(change))


class GivesUpOnAChangeWhereItIsBusy(HttpConnector):
    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        try:
            return await super().change(change, handle)
        except Transient as error:
            raise (Terminal(error.detail) if "503" in error.detail else error) from None


class BelievesWhatItCouldNotSee(HttpConnector):
    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        try:
            return await super().confirm_change(change, handle)
        except ConnectorError:
            return Done(result=_made(change))


def _made(change: Change) -> tuple[ObjectOutcome, ...]:
    match change:
        case Rectify():
            return tuple(
                ObjectOutcome(collection=o.collection, key=o.key, field=o.field, fate=Fate.RECTIFIED)
                for o in change.fields
            )
        case Restrict():
            fate = Fate.RESTRICTED if change.on else Fate.LIFTED
            return tuple(ObjectOutcome(collection=o.collection, key=o.key, fate=fate) for o in change.objects)
        case Stop():
            return tuple(ObjectOutcome(collection=o.collection, key=o.key, fate=Fate.STOPPED) for o in change.roots)


class TellsARefusedErasureAsDone(HttpConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        try:
            return await super().erase(plan, handle)
        except Terminal:
            return Done(result=tuple(one.became() for one in plan.objects))


class TellsARefusedExpiryAsDone(HttpConnector):
    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        try:
            return await super().expire(plan)
        except Terminal:
            return Done(result=tuple(one.became() for one in plan.objects))


class WaitsForEver(HttpConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        self._api._http.timeout = httpx2.Timeout(None)
        self._api._whole = 3600.0
        return await super().locate(identifiers)


ONE_OF_EACH = "test_one_call_of_each_kind_that_fails_changes_no_answer"
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
    (TakesForbiddenForGone, ONE_OF_EACH),
    (TakesForbiddenForTheEnd, ONE_OF_EACH),
    (TakesBusyForTheEnd, ONE_OF_EACH),
    (SeesNothingPastItsTermWhereItMayNotLook, ONE_OF_EACH),
    (BelievesWhatItCouldNotSee, ONE_OF_EACH),
    (TakesForbiddenForTheEnd, "test_any_call_that_fails_changes_no_answer"),
    (BelievesWhatItCouldNotSee, "test_a_refusal_is_for_good_and_names_nobody"),
    (NeverLooksWhatBecameOfAChange, "test_every_call_waits_as_asked_and_survives_garbage"),
    (GivesUpOnAChangeWhereItIsBusy, "test_every_call_waits_as_asked_and_survives_garbage"),
    (NeverLooksWhatBecameOfAChange, "test_a_change_that_fails_is_not_told_as_made"),
    (TellsARefusedErasureAsDone, "test_an_erasure_that_is_refused_is_not_told_as_done"),
    (TellsARefusedExpiryAsDone, "test_an_erasure_that_is_refused_is_not_told_as_done"),
    (WaitsForEver, "test_it_gives_up_on_what_never_answers"),
    (IsAlwaysWell, "test_without_access_it_says_so"),
    (AsksForEver, "test_without_access_it_says_so"),
]


@pytest.mark.parametrize(("kind", "test"), CAUGHT, ids=[f"{kind.__name__}-{test}" for kind, test in CAUGHT])
async def test_a_dishonest_connector_is_caught(
    kind: type[HttpConnector], test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("habeas.testing.suite.faults._PATIENCE", 2.0)
    async with wired(tmp_path) as world:
        await getattr(HttpConnectorSuite(), test)(world)
    async with wired(tmp_path) as world:
        _become(world.connector, kind)
        for name in ("without_access", "impatient"):
            setattr(world, name, _lying(getattr(world, name), kind))
        with pytest.raises((AssertionError, ConnectorError, TimeoutError, pytest.fail.Exception)):
            await getattr(HttpConnectorSuite(), test)(world)


def test_every_test_of_this_part_catches_somebody() -> None:
    mine = {name for name in dir(HttpConnectorSuite) if name.startswith("test_") and not hasattr(ConnectorSuite, name)}
    assert mine == {test for _, test in CAUGHT}


def _become(connector: Any, kind: type[HttpConnector]) -> Any:
    connector.__class__ = kind
    return connector


def _lying(made: Callable[[], Any], kind: type[HttpConnector]) -> Callable[[], Any]:
    """It lies there too."""
    return lambda: _Dishonest(made(), kind)


class _Dishonest:
    """A context whose connector is of another kind."""

    def __init__(self, inner: Any, kind: type[HttpConnector]) -> None:
        self._inner, self._kind = inner, kind

    async def __aenter__(self) -> Any:
        return _become(await self._inner.__aenter__(), self._kind)

    async def __aexit__(self, *raised: Any) -> None:
        await self._inner.__aexit__(*raised)
