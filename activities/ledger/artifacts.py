"""Artifacts: packages in the storage, and the one-time links by which they are handed over."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field, SecretStr, field_validator
from sqlalchemy import Row, func, select, update

from activities.ledger.prepared import Prepared, placed
from activities.ledger.room import Room, plain
from activities.ledger.tables import artifact, link
from habeas.errors import LinkRefused
from habeas.model import Frozen, RequestId

TOKEN_BYTES = 32


def new_token() -> SecretStr:
    """A link's token, as it goes into its address: 256 random bits."""
    return SecretStr(secrets.token_urlsafe(TOKEN_BYTES))


class Artifact(Frozen):
    """A file in the storage, encrypted under its request's key."""

    id: str
    request_id: RequestId
    kind: str
    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="bytes")
    created_at: AwareDatetime
    verified_at: AwareDatetime | None = None
    """When it was read back and found whole; offered only then."""


class Link(Frozen):
    """A one-time link to an artifact."""

    id: str
    request_id: RequestId
    artifact_id: str
    token: SecretStr
    expires_at: AwareDatetime
    created_at: AwareDatetime

    @field_validator("token")
    @classmethod
    def _long_enough(cls, token: SecretStr) -> SecretStr:
        if len(token.get_secret_value()) < len(secrets.token_urlsafe(TOKEN_BYTES)):
            raise ValueError("a token has 256 random bits: use new_token()")
        return token


class LinkRow(Frozen):
    """A link without its token."""

    id: str
    request_id: RequestId
    artifact_id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    claimed_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class ClaimedLink(Frozen):
    """What a good link gives, once."""

    request_id: RequestId
    artifact: Artifact
    link_id: str


class LinkReason(StrEnum):
    """Why a link was refused: ``LinkRefused.facts["reason"]``."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


_WORDS = {
    LinkReason.UNKNOWN: "It is not one of ours.",
    LinkReason.USED: "It was used already.",
    LinkReason.EXPIRED: "Its time is over.",
    LinkReason.REVOKED: "It was replaced or withdrawn.",
}


_SAVED = placed(
    "artifact",
    Artifact.model_fields,
    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, path = excluded.path, sha256 = excluded.sha256,"
    " size = excluded.size, verified_at = CASE WHEN artifact.sha256 = excluded.sha256"
    " THEN coalesce(artifact.verified_at, excluded.verified_at) ELSE excluded.verified_at END"
    " WHERE artifact.request_id = excluded.request_id",
)
_LINKED = placed(
    "link",
    ("id", "request_id", "artifact_id", "token_sha256", "created_at", "expires_at"),
    "ON CONFLICT DO NOTHING",
)
_REVOKED = Prepared(
    "UPDATE link SET revoked_at = :revoked_at WHERE request_id = :request_id AND claimed_at IS NULL"
    " AND revoked_at IS NULL AND id IS DISTINCT FROM :keep::text"
)


class Artifacts(Room):
    """Methods on artifacts and links."""

    async def save_artifact(self, new: Artifact) -> None:
        """Write down a file, or what is new about it. Bytes that changed count as unverified until said otherwise."""
        await self._write_later(("artifact", new.id), _SAVED.of(new.model_dump()))

    async def artifacts(self, request_id: str) -> tuple[Artifact, ...]:
        """A request's artifacts, oldest first."""
        rows = await self._all(
            select(artifact).where(artifact.c.request_id == request_id).order_by(artifact.c.created_at, artifact.c.id)
        )
        return tuple(Artifact(**plain(row)) for row in rows)

    async def new_link(self, new: Link) -> None:
        """Write down a link; of its token only the SHA-256 is kept."""
        values = new.model_dump(exclude={"token"}) | {"token_sha256": _hash(new.token)}
        await self._write_later(("link", new.id), _LINKED.of(values))

    async def links(self, request_id: str) -> tuple[LinkRow, ...]:
        """A request's links, oldest first."""
        columns = [link.c[name] for name in LinkRow.model_fields]
        rows = await self._all(
            select(*columns).where(link.c.request_id == request_id).order_by(link.c.created_at, link.c.id)
        )
        return tuple(LinkRow(**plain(row)) for row in rows)

    async def live_link(self, token: str | SecretStr, now: datetime) -> LinkRow:
        """A link that would give something now; it is not used up.

        Raises:
            LinkRefused: ``facts["reason"]`` is a `LinkReason`.
        """
        row = await self._first(select(link).where(link.c.token_sha256 == _hash(token)))
        if row is None or row.claimed_at is not None or row.revoked_at is not None or row.expires_at <= now:
            raise _refused(row)
        return LinkRow(**{name: value for name, value in plain(row).items() if name in LinkRow.model_fields})

    async def claim_link(self, token: str | SecretStr, now: datetime) -> ClaimedLink:
        """Use a link up. Of many that try at once, one gets it.

        The token is looked up by its hash: how long that takes tells nothing about the token.

        Raises:
            LinkRefused: ``facts["reason"]`` is a `LinkReason`.
        """
        digest = _hash(token)
        claimed = await self._first(
            update(link)
            .where(
                link.c.token_sha256 == digest,
                link.c.claimed_at.is_(None),
                link.c.revoked_at.is_(None),
                link.c.expires_at > now,
                artifact.c.id == link.c.artifact_id,
            )
            .values(claimed_at=now)
            .returning(link.c.id.label("link_id"), *artifact.c)
        )
        if claimed is None:
            row = await self._first(select(link).where(link.c.token_sha256 == digest))
            raise _refused(row)
        values = plain(claimed)
        link_id = values.pop("link_id")
        return ClaimedLink(request_id=claimed.request_id, artifact=Artifact(**values), link_id=link_id)

    async def link_request(self, token: str | SecretStr) -> str | None:
        """The request of a link, whether it still works or not; None for one that is not ours."""
        row = await self._first(select(link.c.request_id).where(link.c.token_sha256 == _hash(token)))
        return None if row is None else str(row.request_id)

    async def reopen_link(self, link_id: str) -> None:
        """The transfer broke: the link may be used again, unless it has been finished or revoked."""
        await self._run(update(link).where(link.c.id == link_id, link.c.finished_at.is_(None)).values(claimed_at=None))

    async def finish_link(self, link_id: str, now: datetime) -> None:
        """The transfer was complete: from here on the link cannot be reopened."""
        await self._run(
            update(link)
            .where(link.c.id == link_id, link.c.finished_at.is_(None))
            .values(finished_at=now, claimed_at=func.coalesce(link.c.claimed_at, now))
        )

    async def revoke_links(self, request_id: str, now: datetime, *, keep: str | None = None) -> None:
        """Make a request's unused links useless, all but one if ``keep`` names it."""
        await self._write_later(
            ("links", request_id, keep),
            _REVOKED.of({"request_id": request_id, "revoked_at": now, "keep": keep}),
        )


def _hash(token: str | SecretStr) -> bytes:
    text = token.get_secret_value() if isinstance(token, SecretStr) else token
    return hashlib.sha256(text.encode()).digest()


def _refused(row: Row[Any] | None) -> LinkRefused:
    if row is None:
        reason = LinkReason.UNKNOWN
    elif row.revoked_at is not None:
        reason = LinkReason.REVOKED
    else:
        reason = LinkReason.USED if row.claimed_at is not None else LinkReason.EXPIRED
    return LinkRefused(_WORDS[reason], reason=reason)
