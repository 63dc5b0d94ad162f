"""Make a Temporal server know what requests need: the namespace, and the typed search attributes. Safe to run again.

It connects as every process does, by the same settings. The namespace keeps closed requests visible for
``--retention-days`` (90 unless said otherwise); an existing one is left as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from habeas.errors import ConfigurationError, EngineUnavailable, HabeasError
from workers.wiring import connect_temporal, load_settings
from workflows.attributes import SEARCH_ATTRIBUTES

T = TypeVar("T")
TRIES = 60  # seconds: a namespace is known to every part of a server some ten seconds after it was made
_NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE)


async def make_namespace(client: Client, retention: timedelta) -> bool:
    """Register the client's namespace; False if it is there already."""
    request = RegisterNamespaceRequest(namespace=client.namespace)
    request.workflow_execution_retention_period.FromTimedelta(retention)
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is RPCStatusCode.ALREADY_EXISTS:
            return False
        raise
    return True


async def add_attributes(client: Client) -> list[str]:
    """Add the search attributes that are missing; the names of those added.

    Raises:
        ConfigurationError: one is there with another type.
    """
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    known = listed.custom_attributes
    for name, kind in SEARCH_ATTRIBUTES.items():
        if name in known and known[name] != kind:
            raise ConfigurationError(
                f"The search attribute {name} is there as {IndexedValueType.Name(known[name])}, but "
                f"{IndexedValueType.Name(kind)} is needed: remove it, or use another namespace."
            )
    missing = {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known}
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    return sorted(missing)


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    for _ in range(TRIES):
        try:
            return await ask()
        except RPCError as error:
            if error.status not in _NOT_YET:
                raise
        await asyncio.sleep(1)  # a server that is starting has no event to wait for
    return await ask()


async def set_up(retention: timedelta) -> str:
    """Do all of it; what was done, in words."""
    client = await connect_temporal(load_settings())
    try:
        made = await _patiently(lambda: make_namespace(client, retention))
        added = await _patiently(lambda: add_attributes(client))
    except RPCError as error:
        raise EngineUnavailable(f"It answered {error.status.name}.") from None
    space = f"Namespace {client.namespace}: {'made' if made else 'was there'}."
    return f"{space} Search attributes: {'added ' + ', '.join(added) if added else 'were there'}."


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--retention-days", type=int, default=90)
    days = parser.parse_args().retention_days
    try:
        said = asyncio.run(set_up(timedelta(days=days)))
    except HabeasError as error:
        sys.stderr.write(f"{error} {error.diagnostics()}\n")
        return 1
    sys.stdout.write(said + "\n")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without taking the interpreter down in order: the SDK's threads may still touch it, and abort the process.
    os._exit(code)
