"""Connectors of the tests' Tryton, and the engine's steps with them."""

from __future__ import annotations

from datetime import date
from typing import Any

from activities.connectors.tryton import TrytonConnector
from habeas import plan as plans
from habeas.connector import Record, RecordRef, SystemPlan
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, EraseAnswer, Fate
from tests.connectors.store import Stays, ids
from tests.connectors.tryton.people import collections, settings
from tests.connectors.tryton.preparing import ANN
from tests.connectors.tryton.server import TrytonServer

__all__ = ["TODAY", "Made", "collected", "fates", "found", "planned"]

TODAY = date(2026, 6, 15)


class Made:
    """Makes them, and closes them in the end."""

    def __init__(self) -> None:
        self._made: list[TrytonConnector] = []

    def connector(self, tryton: TrytonServer, *, url: str | None = None, **more: Any) -> TrytonConnector:
        self._made.append(TrytonConnector.from_settings("erp", settings(url or tryton.url, **more)))
        return self._made[-1]

    async def aclose(self) -> None:
        for one in self._made:
            await one.aclose()


def treated(name: str, **how: Any) -> dict[str, dict[str, Any]]:
    """The usual collections, one of them treated otherwise."""
    usual = collections()
    return {**usual, name: {**usual[name], **how}}


async def found(connector: TrytonConnector, *identifiers: Identifier) -> tuple[RecordRef, ...]:
    matches = (await connector.locate(identifiers or ids(email=ANN))).matches
    return tuple(RecordRef(collection=one.collection, key=one.key) for one in matches)


async def collected(connector: TrytonConnector, *identifiers: Identifier) -> list[Record]:
    roots = await found(connector, *identifiers)
    return [record async for page in connector.collect(roots, None) for record in page.records]


async def planned(connector: TrytonConnector, *identifiers: Identifier, stays: Stays | None = None) -> SystemPlan:
    known = identifiers or ids(email=ANN)
    index = [plans.IndexedRecord.of(one) for one in await collected(connector, *known)]
    kinds = connector.manifest.collections
    return plans.draft("erp", kinds, await found(connector, *known), known, index, TODAY, stays)


def fates(answer: EraseAnswer | ConfirmAnswer, collection: str) -> set[tuple[Fate, str | None]]:
    assert isinstance(answer, Done), answer
    return {(one.fate, one.reason) for one in answer.result if one.collection == collection}
