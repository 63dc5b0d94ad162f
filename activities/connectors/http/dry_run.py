"""Every call that changes nothing, tried about nobody: does the service do what its manifest says it can?"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from typing import NamedTuple

from habeas.connector import Capability, Connector, Expiring, Page, SystemPlan, Vetoing
from habeas.errors import ConnectorError, HabeasError
from habeas.model import Identifier
from habeas.outcomes import Done

__all__ = ["dry_run"]

_LONG_AGO = date(1970, 1, 1)


class _Try(NamedTuple):
    call: str
    answered_well: Callable[[], Awaitable[bool]]
    otherwise: str


async def dry_run(system: str, connector: Connector) -> AsyncIterator[str]:
    """What does not work, call by call."""
    for one in _tries(system, connector):
        try:
            if not await one.answered_well():
                yield f"{one.call} {one.otherwise}."
        except HabeasError as error:
            # It was asked about nobody, so its words name nobody.
            said = f" It says: {error.said}" if isinstance(error, ConnectorError) and error.said else ""
            yield f"{one.call} does not work: {error}{said}"


def _tries(system: str, connector: Connector) -> Iterator[_Try]:
    nobody = tuple(_nobody(kind) for kind in connector.manifest.needs)
    plan = SystemPlan(system=system, roots=(), identifiers=nobody, objects=())

    async def locates() -> bool:
        return not (await connector.locate(nobody)).matches

    async def collects() -> bool:
        return not (await _first(connector.collect((), None))).records

    async def confirms() -> bool:
        answer = await connector.confirm(plan, None)
        return not isinstance(answer, Done) or not answer.result  # a job is as good

    if nobody:
        yield _Try("locate", locates, "finds somebody whom nobody knows: it must compare whole values, exactly")
    yield _Try("collect", collects, "gives records although it was asked for those of no account")
    yield _Try("confirm", confirms, "tells of objects that are in no plan")
    able = connector.manifest.capabilities
    if Capability.VETO in able and isinstance(connector, Vetoing):
        vetoing = connector

        async def vetoes() -> bool:
            return not await vetoing.vetoes(plan)

        yield _Try("vetoes", vetoes, "names what stands in the way of a plan of nothing")
    if Capability.EXPIRE in able and isinstance(connector, Expiring):
        expiring = connector

        async def expired() -> bool:
            return not (await _first(expiring.expired(_LONG_AGO, None))).records

        yield _Try("expired", expired, "names data that was past its term before there was any")


async def _first(pages: AsyncIterator[Page]) -> Page:
    return await anext(pages)


def _nobody(kind: str) -> Identifier:
    word = f"habeas-check-{secrets.token_hex(8)}"
    match kind:
        case "email":
            return Identifier(kind=kind, value=f"{word}@nobody.invalid")
        case "phone":
            return Identifier(kind=kind, value=f"+999{secrets.randbelow(10**9):09}")
        case _:
            return Identifier(kind=kind, value=word)
