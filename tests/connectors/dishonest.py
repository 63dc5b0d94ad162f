"""Connectors that break a promise of the contract, each with the test of the suite that catches it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import structlog

from habeas.connector import (
    Change,
    FieldChange,
    Health,
    Located,
    Match,
    Page,
    PlannedObject,
    Record,
    RecordRef,
    Restrict,
    SystemPlan,
    Treatment,
    Veto,
)
from habeas.errors import Terminal, Transient
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, EraseAnswer, Fate, ObjectOutcome, Pending
from habeas.testing import MemoryConnector, MemoryRow
from tests.connectors.memory_world import rows_of
from tests.connectors.store import ids


class FirstPageOnly(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().collect(roots, cursor):
            yield page.model_copy(update={"cursor": None})
            return


class BeginsAtAccountsOnly(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        accounts = tuple(root for root in roots if root.collection == self.manifest.collections[0].name)
        async for page in super().collect(accounts, cursor):
            yield page


class SearchesByLikeness(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        found = tuple(
            Match(collection=row.collection, key=row.key, found_by=identifiers)
            for row in self._accounts()
            if any(one.value[:3] in each.value for one in identifiers for each in row.identifiers)
        )
        return Located(matches=found)


class ReturnsEverybody(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        rows = self._accounts() if identifiers else []
        found = tuple(Match(collection=row.collection, key=row.key, found_by=identifiers) for row in rows)
        return Located(matches=found)


class TakesStaffForCustomers(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one.model_copy(update={"staff": False}) for one in located.matches))


class LeavesStaffOut(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one for one in located.matches if not one.staff))


class SaysDoneAndDoesNothing(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        answer = await super().erase(plan, handle)
        self.put(*rows_of("ann", 1))
        return answer


class BelievesItself(MemoryConnector):
    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        answer = await super().confirm(plan, handle)
        assert isinstance(answer, Done)
        fates = {Treatment.DELETE: Fate.ERASED, Treatment.ANONYMISE: Fate.ANONYMISED, Treatment.RETAIN: Fate.RETAINED}
        by_place = {(one.collection, one.key): fates[one.treatment] for one in plan.objects}
        said = [
            one.model_copy(update={"fate": by_place[one.collection, one.key]})
            for one in answer.result
            if (one.collection, one.key) in by_place
        ]
        return Done(result=tuple(said))


class ErasesWhatMustStay(MemoryConnector):
    """Deletes all that the plan names, and answers as planned."""

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        answer = await super().erase(plan, handle)
        if isinstance(answer, Done):
            for one in plan.objects:
                self.rows.pop((one.collection, one.key), None)
        return answer

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        answer = await super().confirm(plan, handle)
        assert isinstance(answer, Done)
        stays = {(one.collection, one.key) for one in plan.objects if one.treatment is Treatment.RETAIN}
        said = [
            one.model_copy(update={"fate": Fate.RETAINED}) if (one.collection, one.key) in stays else one
            for one in answer.result
        ]
        return Done(result=tuple(said))


class TellsWhatStaysAsErased(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        answer = await super().erase(plan, handle)
        if not isinstance(answer, Done):
            return answer
        return Done(result=tuple(one.model_copy(update={"fate": Fate.ERASED}) for one in answer.result))


class ErasesWhileLookingAgain(MemoryConnector):
    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        answer = await super().confirm(plan, handle)
        for one in plan.objects:
            self.rows.pop((one.collection, one.key), None)
        return answer


class TakesEverythingForExpired(MemoryConnector):
    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        yield Page(records=tuple(self._record(row) for row in self.rows.values()), cursor=None)


class ExpiresBySearch(MemoryConnector):
    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        answer = await super().expire(plan)
        self.rows.clear()
        return answer


class ErasesBySearch(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        found = self._of({root.key for root in plan.roots})
        for row in found:
            self.rows.pop((row.collection, row.key), None)
        return await super().erase(plan, handle)


class ErasesWhatChanged(MemoryConnector):
    def _unchanged(self, one: Any) -> bool:
        return True


class ErasesWhatMoved(MemoryConnector):
    def _unchanged(self, one: Any) -> bool:
        row = self.rows.get((one.collection, one.key))
        return row is not None and one.fingerprint in {
            row.model_copy(update={"root": root}).fingerprint for root in (None, "[1]")
        }


class PassesOver(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        return await super().erase(plan.model_copy(update={"roots": ()}), handle)


class TakesOthersAlong(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        self.rows.pop(("notes", "[21]"), None)
        return await super().erase(plan, handle)


class CountsOnFindingIt(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        answer = await super().erase(plan, handle)
        if self.calls.count("erase") > 1:
            return Done(result=())
        return answer


class WritesWhileLooking(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        self.put(MemoryRow(collection="notes", key="[28]", root="[2]", data={"text": "looked up"}))
        return await super().locate(identifiers)


class NamesThePerson(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().collect(roots, cursor.split("/")[0] if cursor else None):
            yield page.model_copy(update={"cursor": f"{page.cursor}/ann@example.org" if page.cursor else None})


class MakesALinkItsCursor(MemoryConnector):
    """The vendor's link to the next page, with what was searched for in it."""

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        start = cursor.rpartition("=")[2] if cursor else None
        async for page in super().collect(roots, start):
            link = f"/v1/notes?email=ann%40example.org&after={page.cursor}"
            yield page.model_copy(update={"cursor": link if page.cursor else None})


class SaysWhoInBase64(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        start = json.loads(b64decode(cursor))["at"] if cursor else None
        async for page in super().collect(roots, start):
            place = b64encode(json.dumps({"of": "ann@example.org", "at": page.cursor}).encode()).decode()
            yield page.model_copy(update={"cursor": place if page.cursor else None})


class NamesThePersonInHandles(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        if handle is None:
            return Pending(handle="erase/ann@example.org", poll_after=1)
        return await super().erase(plan, handle)


class MindsEverything(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        return await super().erase(plan.model_copy(update={"only": None}), handle)


class ErasesTheRestToo(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        answer = await super().erase(plan, handle)
        for row in self._of({root.key for root in plan.roots}):
            if not plan.covers(row.collection) and row.root:
                self.rows.pop((row.collection, row.key), None)
        return answer


class TakesTheRestForReturned(MemoryConnector):
    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        return await super().confirm(plan.model_copy(update={"only": None}), handle)


class MissesWhatChangesInAPart(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        if plan.only is not None:
            for one in plan.objects:
                self._treat(one)
            return Done(
                result=tuple(ObjectOutcome(collection=o.collection, key=o.key, fate=Fate.ERASED) for o in plan.objects)
            )
        return await super().erase(plan, handle)


class TripsOverWhatIsGone(MemoryConnector):
    def _as_planned(self, one: Any) -> bool:
        if (one.collection, one.key) not in self.rows and self.calls[-1] == "erase" and self.calls.count("erase") == 1:
            return False
        return super()._as_planned(one)


class LosesItsPlaceWhenCancelled(MemoryConnector):
    _begun = False

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        if self._begun:
            raise Terminal("It was begun before.")
        self._begun = True
        await asyncio.sleep(0)
        answer = await super().erase(plan, handle)
        self._begun = False
        return answer


class IsUnusableOnceCancelled(MemoryConnector):
    _busy = False

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        if self._busy:
            raise Transient("It is busy.")
        self._busy = True
        await asyncio.sleep(0)
        self._busy = False
        return await super().locate(identifiers)


class RemembersWhatItFound(MemoryConnector):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._located: dict[tuple[Identifier, ...], Located] = {}
        self._known: dict[str | None, Page] = {}

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        if identifiers not in self._located:
            self._located[identifiers] = await super().locate(identifiers)
        return self._located[identifiers]

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        while True:
            if cursor not in self._known:
                self._known[cursor] = await anext(super().collect(roots, cursor))
            yield self._known[cursor]
            cursor = self._known[cursor].cursor
            if cursor is None:
                return


class NeverVetoes(MemoryConnector):
    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        return ()


class SettlesItByItself(MemoryConnector):
    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        self.rows.pop(("invoices", "[19]"), None)
        return tuple(self.in_the_way)


class CollectsSomebodyOfNobody(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        everybody = tuple(RecordRef(collection=row.collection, key=row.key) for row in self._accounts())
        async for page in super().collect(roots or everybody, cursor):
            yield page


class PointsAtStrangers(MemoryConnector):
    def _record(self, row: MemoryRow) -> Record:
        return super()._record(row).model_copy(update={"parents": (RecordRef(collection="accounts", key="[2]"),)})


class DeclaresWhatItCannot(MemoryConnector):
    vetoes = None  # type: ignore[assignment]  # it declares that it has them


class IsNeverWell(MemoryConnector):
    async def ping(self) -> Health:
        return Health(ok=False, detail="It is Monday.")


class ClosesOnce(MemoryConnector):
    _closed = False

    async def aclose(self) -> None:
        assert not self._closed
        self._closed = True


class SaysChangedAndIsNot(MemoryConnector):
    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        before = dict(self.rows)
        answer = await super().change(change, handle)
        self.rows = before
        return answer


class BelievesItsChanges(MemoryConnector):
    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        before = dict(self.rows)
        answer = await super().change(change, handle)
        self.rows = before
        assert isinstance(answer, Done)
        return answer


class OnlyHides(MemoryConnector):
    """Keeps all that it erases, where no call of its own looks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._hidden: set[tuple[str, str]] = set()
        super().__init__(*args, **kwargs)

    @contextmanager
    def _without_the_hidden(self) -> Iterator[None]:
        whole = self.rows
        self.rows = {at: row for at, row in whole.items() if at not in self._hidden}
        try:
            yield
        finally:
            self.rows = whole

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        with self._without_the_hidden():
            return await super().locate(identifiers)

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        with self._without_the_hidden():
            pages = [page async for page in super().collect(roots, cursor)]
        for page in pages:
            yield page

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        with self._without_the_hidden():
            answer = await super().erase(plan, handle)
        self._hidden |= {(one.collection, one.key) for one in plan.going}
        return answer

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        with self._without_the_hidden():
            return await super().confirm(plan, handle)


class OnlyMarksAsDeleted(OnlyHides):
    """The same, with a mark on each row."""

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        answer = await super().erase(plan, handle)
        for at in self._hidden & self.rows.keys():
            row = self.rows[at]
            self.rows[at] = row.model_copy(update={"data": row.data | {"deleted": True}})
        return answer


class MatchesTaggedAddresses(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        bare = tuple(
            Identifier(kind=one.kind, value=re.sub(r"\+[^@]*@", "@", one.value)) if one.kind == "email" else one
            for one in identifiers
        )
        located = await super().locate(bare)
        said = dict(zip(bare, identifiers, strict=True))
        return Located(
            matches=tuple(
                one.model_copy(update={"found_by": tuple(said[each] for each in one.found_by)})
                for one in located.matches
            )
        )


class CorrectsWhateverIsThere(MemoryConnector):
    def _is_old_or_new(self, one: FieldChange) -> bool:
        return True


class CorrectsAndEmptiesTheRest(MemoryConnector):
    def _write(self, one: FieldChange) -> None:
        super()._write(one)
        row = self.rows[one.collection, one.key]
        self.rows[one.collection, one.key] = row.model_copy(update={"data": {one.field: row.data[one.field]}})


class CorrectsOtherRecordsToo(MemoryConnector):
    def _write(self, one: FieldChange) -> None:
        super()._write(one)
        self.put(self.rows["notes", "[11]"].model_copy(update={"data": {"text": one.new}}))


class RestrictsByDeleting(MemoryConnector):
    def _mark(self, ref: RecordRef, on: bool) -> ObjectOutcome:
        self.rows.pop(("notes", "[11]"), None)
        return super()._mark(ref, on)


class TellsOfMoreThanAsked(MemoryConnector):
    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        answer = await super().change(change, handle)
        return _and_another(answer) if isinstance(answer, Done) else answer

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        answer = await super().confirm_change(change, handle)
        return _and_another(answer) if isinstance(answer, Done) else answer


def _and_another(answer: Done[tuple[ObjectOutcome, ...]]) -> Done[tuple[ObjectOutcome, ...]]:
    return Done(result=(*answer.result, answer.result[0].model_copy(update={"key": "[11]", "collection": "notes"})))


class NeverLifts(MemoryConnector):
    """And says that it did."""

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        return self._lifted(change) if _lifts(change) else await super().change(change, handle)

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        return self._lifted(change) if _lifts(change) else await super().confirm_change(change, handle)

    def _lifted(self, change: Change) -> Done[tuple[ObjectOutcome, ...]]:
        assert isinstance(change, Restrict)
        refs = change.objects
        return Done(result=tuple(ObjectOutcome(**one.model_dump(), fate=Fate.LIFTED) for one in refs))


def _lifts(change: Change) -> bool:
    return isinstance(change, Restrict) and not change.on


class KeepsForEver(MemoryConnector):
    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        yield Page(records=(), cursor=None)


class LetsGoADayTooEarly(MemoryConnector):
    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().expired(today + timedelta(days=1), cursor):
            yield page


class LetsGoADayTooLate(MemoryConnector):
    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().expired(today - timedelta(days=1), cursor):
            yield page


class SaysExpiredAndIsNot(MemoryConnector):
    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        before = dict(self.rows)
        answer = await super().expire(plan)
        self.rows = before
        return answer


class SaysFoundByAllThatWasAsked(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one.model_copy(update={"found_by": identifiers}) for one in located.matches))


class YieldsAStranger(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        more = ids(email="bob@example.org")
        return Located(
            matches=tuple(one.model_copy(update={"yields": (*one.yields, *more)}) for one in located.matches)
        )


class ForgetsWhatIsUnproven(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one.model_copy(update={"unproven": ()}) for one in located.matches))


class CallsAllUnproven(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one.model_copy(update={"unproven": one.yields}) for one in located.matches))


class TellsOfUnprovenWhereAskedForItOnly(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(
            matches=tuple(
                one.model_copy(update={"unproven": tuple(each for each in one.unproven if each in one.found_by)})
                for one in located.matches
            )
        )


class NeedsWhatItIgnores(MemoryConnector):
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more, needs=("email", "phone"))


class KeepsItsJobsInMemory(MemoryConnector):
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._jobs: dict[str, SystemPlan] = {}

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        if handle is None:
            self._jobs["job"] = plan
            return Pending(handle="job", poll_after=1)
        if handle not in self._jobs:
            raise Terminal("There is no such job.")
        return await super().erase(self._jobs[handle], None)


class KeepsItsPlaceInMemory(MemoryConnector):
    _rest: AsyncIterator[Page] | None = None

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        if cursor is None:
            self._rest = super().collect(roots, None)
        if self._rest is None:
            raise Terminal("There is no such list.")
        async for page in self._rest:
            yield page


class ComparesAsWritten(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        written = {row.key: row.data.get("email") for row in self._accounts()}
        return Located(
            matches=tuple(
                one for one in located.matches if written[one.key] in (None, *(each.value for each in one.found_by))
            )
        )


class MindsOneFieldOnly(MemoryConnector):
    def _record(self, row: MemoryRow) -> Record:
        return super()._record(row).model_copy(update={"fingerprint": self._print(row)})

    def _unchanged(self, one: PlannedObject) -> bool:
        row = self.rows.get((one.collection, one.key))
        return row is not None and self._print(row) == one.fingerprint

    @staticmethod
    def _print(row: MemoryRow) -> str:
        return str([row.root, row.data.get("text"), row.data.get("city"), row.data.get("total")])


class QuotesWhatIsLeft(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        try:
            return await super().locate(identifiers)
        except Terminal:
            raise Terminal(f"There is no {identifiers[0].value}.") from None


class LogsThePerson(MemoryConnector):
    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        logging.getLogger("shop").warning("erasing %s", plan.identifiers[0].value)
        return await super().erase(plan, handle)


class TellsItsOwnLogOfThePerson(MemoryConnector):
    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        structlog.get_logger("shop").info("gone", who=plan.identifiers[0].value)
        return await super().confirm(plan, handle)


class PrintsThePerson(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        sys.stderr.write(f"looking for {[one.value for one in identifiers]}")
        return await super().locate(identifiers)


class HoldsTheLoopUp(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        time.sleep(0.25)  # noqa: ASYNC251  what must not be
        async for page in super().collect(roots, cursor):
            yield page


CAUGHT: list[tuple[type[MemoryConnector], str]] = [
    (FirstPageOnly, "test_everything_is_collected_once_and_belongs_to_them"),
    (BeginsAtAccountsOnly, "test_it_begins_where_it_says_it_can"),
    (SearchesByLikeness, "test_what_nobody_bears_finds_nobody"),
    (ForgetsWhatIsUnproven, "test_what_nobody_has_proven_comes_back_marked"),
    (CallsAllUnproven, "test_what_nobody_has_proven_comes_back_marked"),
    (TellsOfUnprovenWhereAskedForItOnly, "test_what_nobody_has_proven_comes_back_marked"),
    (ReturnsEverybody, "test_each_identifier_finds_the_person_and_nobody_else"),
    (SaysDoneAndDoesNothing, "test_erasing_does_the_plan_and_touches_nobody_else"),
    (BelievesItself, "test_the_second_look_is_honest"),
    (ErasesWhileLookingAgain, "test_the_second_look_is_honest"),
    (TakesEverythingForExpired, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (ExpiresBySearch, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (ErasesWhatMustStay, "test_what_must_stay_is_left_whole_and_told_as_retained"),
    (TellsWhatStaysAsErased, "test_what_must_stay_is_left_whole_and_told_as_retained"),
    (ErasesBySearch, "test_erasing_does_the_plan_and_touches_nobody_else"),
    (ErasesWhatChanged, "test_data_that_changed_is_not_erased"),
    (ErasesWhatMoved, "test_what_is_somebody_elses_by_now_is_not_erased"),
    (PassesOver, "test_data_that_appeared_is_not_passed_over"),
    (TakesOthersAlong, "test_erasing_does_the_plan_and_touches_nobody_else"),
    (CountsOnFindingIt, "test_erasing_again_changes_nothing_and_answers_the_same"),
    (TakesStaffForCustomers, "test_a_staff_account_comes_back_marked"),
    (LeavesStaffOut, "test_a_staff_account_comes_back_marked"),
    (WritesWhileLooking, "test_finding_and_collecting_change_nothing"),
    (NamesThePerson, "test_it_goes_on_from_every_page"),
    (MakesALinkItsCursor, "test_it_goes_on_from_every_page"),
    (SaysWhoInBase64, "test_it_goes_on_from_every_page"),
    (NamesThePersonInHandles, "test_erasing_does_the_plan_and_touches_nobody_else"),
    (MindsEverything, "test_a_part_is_erased_and_the_rest_is_as_it_was"),
    (ErasesTheRestToo, "test_a_part_is_erased_and_the_rest_is_as_it_was"),
    (TakesTheRestForReturned, "test_a_part_is_erased_and_the_rest_is_as_it_was"),
    (MissesWhatChangesInAPart, "test_what_changes_elsewhere_is_no_drift_and_what_changes_in_it_is"),
    (TripsOverWhatIsGone, "test_what_is_gone_already_is_no_trouble"),
    (LosesItsPlaceWhenCancelled, "test_an_erasure_that_is_cancelled_anywhere_is_finished_by_asking_again"),
    (IsUnusableOnceCancelled, "test_a_call_that_is_cancelled_leaves_it_usable"),
    (RemembersWhatItFound, "test_what_is_erased_is_not_found_any_more"),
    (ErasesWhatChanged, "test_foreign_objects_are_refused_not_erased"),
    (NeverVetoes, "test_what_stands_in_the_way_is_told_before"),
    (SettlesItByItself, "test_what_stands_in_the_way_is_told_before"),
    (CollectsSomebodyOfNobody, "test_of_nobody_nothing_is_collected"),
    (PointsAtStrangers, "test_parents_are_collected_too"),
    (DeclaresWhatItCannot, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (IsNeverWell, "test_it_is_well"),
    (ClosesOnce, "test_it_may_be_closed_twice"),
    (SaysChangedAndIsNot, "test_changes_are_made_once_and_read_back"),
    (BelievesItsChanges, "test_changes_are_made_once_and_read_back"),
    (OnlyHides, "test_what_is_erased_is_not_found_any_more"),
    (OnlyMarksAsDeleted, "test_what_is_erased_is_not_found_any_more"),
    (MatchesTaggedAddresses, "test_what_nobody_bears_finds_nobody"),
    (CorrectsWhateverIsThere, "test_changes_are_made_once_and_read_back"),
    (CorrectsAndEmptiesTheRest, "test_changes_are_made_once_and_read_back"),
    (CorrectsOtherRecordsToo, "test_changes_are_made_once_and_read_back"),
    (RestrictsByDeleting, "test_changes_are_made_once_and_read_back"),
    (TellsOfMoreThanAsked, "test_changes_are_made_once_and_read_back"),
    (NeverLifts, "test_changes_are_made_once_and_read_back"),
    (KeepsForEver, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (LetsGoADayTooEarly, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (LetsGoADayTooLate, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (SaysFoundByAllThatWasAsked, "test_each_identifier_finds_the_person_and_nobody_else"),
    (YieldsAStranger, "test_each_identifier_finds_the_person_and_nobody_else"),
    (ComparesAsWritten, "test_each_identifier_finds_the_person_and_nobody_else"),
    (NeedsWhatItIgnores, "test_it_is_a_connector_and_what_it_declares_is_there"),
    (KeepsItsJobsInMemory, "test_erasing_does_the_plan_and_touches_nobody_else"),
    (KeepsItsPlaceInMemory, "test_it_goes_on_from_every_page"),
    (MindsOneFieldOnly, "test_data_that_changed_is_not_erased"),
    (QuotesWhatIsLeft, "test_it_is_well"),
    (LogsThePerson, "test_beside_its_answers_it_is_silent_and_holds_nothing_up"),
    (TellsItsOwnLogOfThePerson, "test_beside_its_answers_it_is_silent_and_holds_nothing_up"),
    (PrintsThePerson, "test_beside_its_answers_it_is_silent_and_holds_nothing_up"),
    (HoldsTheLoopUp, "test_beside_its_answers_it_is_silent_and_holds_nothing_up"),
    (SaysExpiredAndIsNot, "test_it_is_a_connector_and_what_it_declares_is_there"),
]
