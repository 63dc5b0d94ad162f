"""Temporal's payloads, encrypted: one more wall, for those who want it, around what names nobody as it is.

Each payload is sealed with AES-256-GCM under a key that is derived from a master key, whose id stands in the payload's
metadata in the clear: after a rotation new ones are sealed with the newest, and old ones open as long as theirs is in
the key file. Whose workflow it is stands there, too, and is bound to the content: whoever decodes can be written down
in that request's evidence. A payload that is not sealed passes as it is, so that the codec can be turned on, and off
again, while requests are open.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from activities.vault import NONCE_BYTES, Vault
from habeas.errors import SealBroken

__all__ = ["ENCODING", "SealingCodec", "about", "data_converter"]

ENCODING = b"binary/habeas-sealed"
_KEY_ID, _ABOUT = "habeas-key", "habeas-about"


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals payloads and opens them.

    Args:
        vault: the master keys.
        sealing: whether new payloads are sealed; those that are open in any case.
        workflow_id: whose payloads they are, as far as is known.
    """

    def __init__(self, vault: Vault, *, sealing: bool, workflow_id: str = "") -> None:
        self._vault = vault
        self._sealing = sealing
        self._workflow_id = workflow_id

    def with_context(self, context: SerializationContext) -> Self:
        """The same for one workflow's payloads."""
        if not self._sealing:  # what is opened says itself whose it is; a converter of its own is made for each context
            return self
        known = ""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            known = context.workflow_id or ""
        return type(self)(self._vault, sealing=self._sealing, workflow_id=known)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each, with its metadata; as they are where nothing is sealed any more."""
        return [self._sealed(one) for one in payloads] if self._sealing else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open those that are sealed.

        Raises:
            ConfigurationError: the master key of one is not in the key file.
            SealBroken: one was changed, or taken from another workflow.
        """
        return [self._opened(one) for one in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        key_id, nonce = self._vault.active_key_id, secrets.token_bytes(NONCE_BYTES)
        whose = self._workflow_id.encode()
        body = self._cipher(key_id).encrypt(nonce, payload.SerializeToString(), whose)
        metadata = {"encoding": ENCODING, _KEY_ID: key_id.encode(), _ABOUT: whose}
        return Payload(metadata=metadata, data=nonce + body)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        cipher = self._cipher(payload.metadata.get(_KEY_ID, b"").decode("ascii", "replace"))
        nonce, body = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, body, payload.metadata.get(_ABOUT, b"")))
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(self._vault.codec_key(key_id))


def data_converter(vault: Vault, *, sealing: bool) -> DataConverter:
    """How everything of ours talks to Temporal; sealing, what a failure says is sealed with its payloads, too."""
    made = replace(pydantic_data_converter, payload_codec=SealingCodec(vault, sealing=sealing))
    return replace(made, failure_converter_class=DefaultFailureConverterWithEncodedAttributes) if sealing else made


def about(payloads: Iterable[Payload]) -> dict[str, int]:
    """How many of these are sealed, by the workflow that they are of; empty for one that is not known."""
    counts: dict[str, int] = {}
    for one in payloads:
        if one.metadata.get("encoding") == ENCODING:
            whose = workflow_of(one)
            counts[whose] = counts.get(whose, 0) + 1
    return counts


def workflow_of(payload: Payload) -> str:
    """Whose workflow it is of, as it says; that is true once it opens."""
    return payload.metadata.get(_ABOUT, b"").decode("utf-8", "replace")
