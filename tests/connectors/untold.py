"""Connectors that do not tell what they know, each with the test of the suite that sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from habeas.connector import Located, Page, Record, RecordRef, SystemPlan
from habeas.errors import Terminal, Transient
from habeas.model import Identifier
from habeas.outcomes import EraseAnswer
from habeas.testing import MemoryConnector, MemoryRow


class _TellsOtherwise(MemoryConnector):
    """Of each match something else."""

    otherwise: ClassVar[dict[str, Any]]

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one.model_copy(update=self.otherwise) for one in located.matches))


class TellsNoAccounts(_TellsOtherwise):
    otherwise: ClassVar[dict[str, Any]] = {"account": False}


class TellsNoAccountsOfStaff(MemoryConnector):
    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        return Located(matches=tuple(one.model_copy(update={"account": not one.staff}) for one in located.matches))


class TellsNoNames(_TellsOtherwise):
    otherwise: ClassVar[dict[str, Any]] = {"name": None}


class CallsEverybodyCustomer(_TellsOtherwise):
    otherwise: ClassVar[dict[str, Any]] = {"name": "Customer"}


class _LeavesAFieldOut(MemoryConnector):
    field: str

    def _record(self, row: MemoryRow) -> Record:
        record = super()._record(row)
        return record.model_copy(update={"data": {k: v for k, v in record.data.items() if k != self.field}})


class LeavesOutWhereTheyLive(_LeavesAFieldOut):
    field = "street"


class LeavesOutWhatAColleagueChanges(_LeavesAFieldOut):
    field = "city"


class WaitsForWhatIsBroken(MemoryConnector):
    """What somebody must mend it takes for something that passes."""

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        try:
            async for page in super().collect(roots, cursor):
                yield page
        except Terminal as error:
            raise Transient(error.detail) from None


class GivesUpOnWhatPasses(MemoryConnector):
    """A restart of the system ends the request."""

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        try:
            return await super().erase(plan, handle)
        except Transient as error:
            raise Terminal(error.detail) from None


CAUGHT: list[tuple[type[MemoryConnector], str]] = [
    (TellsNoAccounts, "test_an_account_is_told_as_one"),
    (TellsNoAccountsOfStaff, "test_an_account_is_told_as_one"),
    (TellsNoNames, "test_who_has_a_name_is_told_by_it"),
    (CallsEverybodyCustomer, "test_who_has_a_name_is_told_by_it"),
    (LeavesOutWhereTheyLive, "test_every_field_is_disclosed_or_withheld_with_a_reason"),
    (LeavesOutWhatAColleagueChanges, "test_every_field_is_disclosed_or_withheld_with_a_reason"),
    (WaitsForWhatIsBroken, "test_it_is_well"),
    (GivesUpOnWhatPasses, "test_what_passes_is_told_as_passing"),
]
