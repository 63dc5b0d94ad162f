"""Sealed documents: whatever is personal and belongs to a request, by name."""

from __future__ import annotations

import re

from pydantic import BaseModel
from sqlalchemy import delete

from activities.ledger.prepared import placed
from activities.ledger.room import M, Room, context, parsed
from activities.ledger.tables import NAME, document

_NAME = re.compile(NAME)
_KEPT = placed(
    "document",
    ("request_id", "name", "sealed"),
    "ON CONFLICT (request_id, name) DO UPDATE SET sealed = excluded.sealed",
)


class Seals(Room):
    """Methods on sealed documents. Names are codes (``identifiers/crm``): they are not sealed."""

    async def seal(self, request_id: str, name: str, content: BaseModel | bytes) -> None:
        """Keep a document under this name, in place of an older one.

        Raises:
            ValueError: the name is not a code.
            UnknownRequest, KeyDestroyed: as `Room.key`.
        """
        if not _NAME.fullmatch(name):
            raise ValueError("a document's name is lower-case letters, digits and ./_:-, at most 160 of them")
        text = content if isinstance(content, bytes) else content.model_dump_json().encode()
        sealed = (await self.key(request_id)).seal(text, context(request_id, name))
        await self._write_later(
            ("document", request_id, name),
            _KEPT.of({"request_id": request_id, "name": name, "sealed": sealed}),
            replaces=True,
        )
        if request_id in self._documents:
            self._documents[request_id][name] = sealed

    async def unseal_bytes(self, request_id: str, name: str) -> bytes | None:
        """The document's bytes, None if there is none of this name.

        Raises:
            UnknownRequest, KeyDestroyed, SealBroken: as `Room.key` and `RequestKey.open`.
        """
        key = await self.key(request_id)
        sealed = await self._document(request_id, name)
        return None if sealed is None else key.open(sealed, context(request_id, name))

    async def unseal(self, request_id: str, name: str, model: type[M]) -> M | None:
        """The document as a model, None if there is none of this name.

        Raises:
            UnknownRequest, KeyDestroyed, SealBroken: as `unseal_bytes`; also if it does not fit the model.
        """
        content = await self.unseal_bytes(request_id, name)
        return None if content is None else parsed(model, content)

    async def remove_sealed(self, request_id: str, name: str) -> None:
        """Remove a document; harmless when there is none of this name."""
        await self._run(delete(document).where(document.c.request_id == request_id, document.c.name == name))
        self._documents.get(request_id, {}).pop(name, None)

    async def sealed_names(self, request_id: str, prefix: str = "") -> tuple[str, ...]:
        """The names of the request's documents that begin with the prefix, sorted."""
        return tuple(sorted(name for name in await self._all_documents(request_id) if name.startswith(prefix)))
