"""What Temporal must know before the first request: the namespace, and the typed search attributes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import NamedTuple, TypeVar

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from habeas.errors import ConfigurationError, EngineUnavailable
from workflows.attributes import SEARCH_ATTRIBUTES

__all__ = [
    "EngineState",
    "EngineUnprepared",
    "add_attributes",
    "check_engine",
    "look",
    "make_namespace",
    "missing_attributes",
    "set_retention",
]

T = TypeVar("T")
Kinds = Mapping[str, IndexedValueType.ValueType]
RPC_TIMEOUT = timedelta(seconds=10)
TRIES = 60
"""Seconds: a namespace is known to every part of a server some ten seconds after it was made."""
_NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE)
_NOT_OURS = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)


class EngineUnprepared(ConfigurationError):
    """Temporal does not know yet what requests need."""

    code = "engine_unprepared"
    remedy = "Run `habeas bootstrap`, or check `temporal.namespace` (HABEAS_TEMPORAL__NAMESPACE); nothing was started."


class EngineState(NamedTuple):
    """What a Temporal server knows of us."""

    retention: timedelta | None
    """How long the namespace shows closed requests; None where there is no such namespace."""
    attributes: Kinds | None
    """Its search attributes; None where it does not say: they are managed elsewhere, as in Temporal Cloud."""


async def look(client: Client) -> EngineState:
    """Ask the server. Changes nothing.

    Raises:
        EngineUnavailable: it does not answer, or refuses us.
    """
    retention = await _asked(lambda: _retention(client))
    if retention is None:
        return EngineState(None, {})
    try:
        return EngineState(retention, await _attributes(client))
    except RPCError as error:
        if error.status in _NOT_OURS:
            return EngineState(retention, None)
        raise EngineUnavailable(f"It answered {error.status.name}.") from None


async def check_engine(client: Client) -> None:
    """See that the server knows what requests need, so that no process starts half configured.

    Raises:
        EngineUnprepared: it lacks the namespace or a search attribute, or has one of another type.
        EngineUnavailable: it does not answer, or refuses us.
    """
    state = await look(client)
    if state.retention is None:
        raise EngineUnprepared(f"There is no namespace {client.namespace}.")
    if missing := missing_attributes(state):
        raise EngineUnprepared(
            f"The namespace {client.namespace} lacks the search attributes {', '.join(sorted(missing))}."
        )


def missing_attributes(state: EngineState) -> Kinds:
    """The search attributes that are needed and not there.

    Raises:
        EngineUnprepared: one is there with another type.
    """
    if state.attributes is None:
        return {}
    for name, kind in SEARCH_ATTRIBUTES.items():
        found = state.attributes.get(name, kind)
        if found != kind:
            raise EngineUnprepared(
                f"The search attribute {name} is there as {IndexedValueType.Name(found)}, but "
                f"{IndexedValueType.Name(kind)} is needed: remove it, or use another namespace."
            )
    return {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in state.attributes}


async def make_namespace(client: Client, retention: timedelta) -> None:
    """Register the client's namespace, and wait until the server works with it.

    Raises:
        EngineUnprepared: it is not ours to make.
        EngineUnavailable: it does not answer.
    """
    request = RegisterNamespaceRequest(namespace=client.namespace)
    request.workflow_execution_retention_period.FromTimedelta(retention)

    async def make() -> None:
        try:
            await client.workflow_service.register_namespace(request, timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise

    await _asked(make, f"make the namespace {client.namespace}")
    await _asked(lambda: _patiently(lambda: client.count_workflows()))


async def set_retention(client: Client, retention: timedelta) -> None:
    """Have the namespace show closed requests so long.

    Raises:
        EngineUnprepared, EngineUnavailable: as `make_namespace`.
    """
    request = UpdateNamespaceRequest(namespace=client.namespace)
    request.config.workflow_execution_retention_ttl.FromTimedelta(retention)
    await _asked(
        lambda: client.workflow_service.update_namespace(request, timeout=RPC_TIMEOUT),
        f"change the retention of the namespace {client.namespace}",
    )


async def add_attributes(client: Client, missing: Kinds) -> None:
    """Add these search attributes.

    Raises:
        EngineUnprepared, EngineUnavailable: as `make_namespace`.
    """
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
    await _asked(
        lambda: _patiently(lambda: client.operator_service.add_search_attributes(request, timeout=RPC_TIMEOUT)),
        f"add the search attributes {', '.join(sorted(missing))}",
    )


async def _retention(client: Client) -> timedelta | None:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        told = await client.workflow_service.describe_namespace(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return told.config.workflow_execution_retention_ttl.ToTimedelta()


async def _attributes(client: Client) -> Kinds:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    return dict((await client.operator_service.list_search_attributes(request, timeout=RPC_TIMEOUT)).custom_attributes)


async def _asked(ask: Callable[[], Awaitable[T]], to: str | None = None) -> T:
    try:
        return await ask()
    except RPCError as error:
        if to is not None and error.status in _NOT_OURS:
            raise EngineUnprepared(
                f"It is not ours to {to}: Temporal answered {error.status.name}. Whoever runs it can."
            ) from None
        raise EngineUnavailable(f"It answered {error.status.name}.") from None


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    for _ in range(TRIES):
        try:
            return await ask()
        except RPCError as error:
            if error.status not in _NOT_YET:
                raise
        await asyncio.sleep(1)  # a server that is starting has no event to wait for
    return await ask()
