"""What operators see in the Temporal UI: typed search attributes and the card on a request's page.

Eight custom attributes: the server's SQL visibility allows ten Keyword and three of each other type per namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from habeas.model import Outcome, Stage
from workflows.model import RequestStart

CONTROLLER = SearchAttributeKey.for_keyword("HabeasController")
RIGHT = SearchAttributeKey.for_keyword("HabeasRight")
REGIME = SearchAttributeKey.for_keyword("HabeasRegime")
STAGE = SearchAttributeKey.for_keyword("HabeasStage")
OUTCOME = SearchAttributeKey.for_keyword("HabeasOutcome")
BLOCKED_ON = SearchAttributeKey.for_keyword_list("HabeasBlockedOn")
DUE_AT = SearchAttributeKey.for_datetime("HabeasDueAt")
OVERDUE = SearchAttributeKey.for_bool("HabeasOverdue")

KEYS: tuple[SearchAttributeKey[Any], ...] = (CONTROLLER, RIGHT, REGIME, STAGE, OUTCOME, BLOCKED_ON, DUE_AT, OVERDUE)

SEARCH_ATTRIBUTES: Mapping[str, IndexedValueType.ValueType] = {
    CONTROLLER.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    RIGHT.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    REGIME.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    STAGE.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    OUTCOME.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    BLOCKED_ON.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    DUE_AT.name: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    OVERDUE.name: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
}
"""Every name the server must know before the first request, with its type."""


AT_THE_START: Mapping[str, object] = {STAGE.name: Stage.RECEIVED.value, BLOCKED_ON.name: [], OVERDUE.name: False}
"""As a request's start leaves those that change."""


def initial(start: RequestStart) -> TypedSearchAttributes:
    """The attributes a request is started with."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(CONTROLLER, start.controller),
            SearchAttributePair(RIGHT, start.right.value),
            SearchAttributePair(REGIME, start.regime),
            SearchAttributePair(STAGE, Stage.RECEIVED.value),
            SearchAttributePair(OVERDUE, False),
        ]
    )


def changes(
    *,
    stage: Stage,
    blocked_on: tuple[str, ...],
    overdue: bool,
    due_at: datetime | None,
    outcome: Outcome | None = None,
) -> list[SearchAttributeUpdate[Any]]:
    """The attributes that change in a request's life, as one upsert."""
    updates: list[SearchAttributeUpdate[Any]] = [
        STAGE.value_set(stage.value),
        BLOCKED_ON.value_set(list(blocked_on)),
        OVERDUE.value_set(overdue),
        DUE_AT.value_set(due_at) if due_at else DUE_AT.value_unset(),
    ]
    if outcome:
        updates.append(OUTCOME.value_set(outcome.value))
    return updates
