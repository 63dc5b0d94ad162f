"""How long it is believed what Tryton's models have."""

from __future__ import annotations

import pytest

from activities.connectors.tryton.schema import KEPT, Schema
from tests.connectors.tryton.made import Made
from tests.connectors.tryton.server import TrytonServer


async def test_fields_that_a_module_brings_are_seen_by_a_worker_that_goes_on(
    tryton: TrytonServer, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    rpc = made.connector(tryton)._rpc
    now = [1000.0]
    schema = Schema(rpc, {}, (), lambda: now[0])
    before, history = await schema.fields("party.address"), await schema.history()
    assert "street_unstructured" in {one.name for one in before}
    called: list[str] = []
    call = rpc.call

    async def counted(method: str, *params: object) -> object:
        called.append(method)
        return await call(method, *params)

    monkeypatch.setattr(rpc, "call", counted)
    now[0] += KEPT - 1
    assert (await schema.fields("party.address"), await schema.history(), called) == (before, history, [])
    now[0] += 1
    assert (await schema.fields("party.address"), await schema.history()) == (before, history)
    assert called == ["model.party.address.fields_get", "model.ir.model.list_history"]
