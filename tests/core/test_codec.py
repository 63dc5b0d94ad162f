"""Temporal's payloads under the master key: sealed, bound to their workflow, opened after a rotation."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from activities.codec import ENCODING, SealingCodec, about
from activities.vault import Vault
from habeas.errors import ConfigurationError, SealBroken
from habeas.model import request_of

OLD, NEW = ("m1", secrets.token_bytes(32)), ("m2", secrets.token_bytes(32))
REQUEST = "HB-7K2M-X4QT-90AB"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"a canary"')


def codec(*keys: tuple[str, bytes], sealing: bool = True, of: str = REQUEST) -> SealingCodec:
    made = SealingCodec(Vault(keys or (OLD,)), sealing=sealing)
    return made.with_context(WorkflowSerializationContext(namespace="default", workflow_id=of))


@given(st.binary(max_size=300), st.dictionaries(st.text(max_size=10), st.binary(max_size=10), max_size=3))
async def test_what_is_sealed_opens_and_shows_nothing(data: bytes, metadata: dict[str, bytes]) -> None:
    plain = Payload(metadata=metadata, data=b"a canary" + data)
    (sealed,) = await codec().encode([plain])
    assert b"canary" not in sealed.SerializeToString()
    assert await codec(sealing=False, of="another").decode([sealed]) == [plain]
    assert about([sealed, plain]) == {REQUEST: 1}


@given(st.data())
async def test_any_flipped_bit_and_any_other_workflow_is_found(data: st.DataObject) -> None:
    (sealed,) = await codec().encode([PLAIN])
    place = data.draw(st.integers(0, len(sealed.data) * 8 - 1))
    changed = bytearray(sealed.data)
    changed[place // 8] ^= 1 << place % 8
    moved = dict(sealed.metadata) | {"habeas-about": b"HB-0000-0000-0000"}
    for wrong in (
        Payload(metadata=sealed.metadata, data=bytes(changed)),
        Payload(metadata=moved, data=sealed.data),
        Payload(metadata=sealed.metadata, data=sealed.data[:5]),
    ):
        with pytest.raises(SealBroken):
            await codec().decode([wrong])


async def test_after_a_rotation_new_ones_are_sealed_anew_and_old_ones_open_while_their_key_is_there() -> None:
    (before,) = await codec(OLD).encode([PLAIN])
    (after,) = await codec(OLD, NEW).encode([PLAIN])
    assert [one.metadata["habeas-key"] for one in (before, after)] == [b"m1", b"m2"]
    assert await codec(OLD, NEW).decode([before, after]) == [PLAIN, PLAIN]
    with pytest.raises(ConfigurationError, match="m1"):
        await codec(NEW).decode([before])
    with pytest.raises(SealBroken):
        await codec(("m1", NEW[1])).decode([before])


async def test_it_may_be_turned_on_and_off_while_requests_are_open() -> None:
    assert await codec(sealing=False).encode([PLAIN]) == [PLAIN]
    (sealed,) = await codec().encode([PLAIN])
    assert sealed.metadata["encoding"] == ENCODING
    assert await codec(sealing=False).decode([PLAIN, sealed]) == [PLAIN, PLAIN]


@pytest.mark.parametrize(
    ("workflow", "request_id"),
    [(REQUEST, REQUEST), (f"{REQUEST}/lift", REQUEST), (f"{REQUEST}X", None), ("habeas-sweep", None), ("", None)],
)
def test_whose_workflow_it_is(workflow: str, request_id: str | None) -> None:
    assert request_of(workflow) == request_id


def test_where_nothing_is_sealed_there_is_one_codec_for_everybody() -> None:
    """The SDK makes a converter for each that is another, and its adapters anew."""
    made = codec(sealing=False)
    assert made is made.with_context(WorkflowSerializationContext(namespace="default", workflow_id="another"))
