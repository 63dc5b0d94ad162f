"""Handing a package over: to staff, marked; to the person, by link and code, once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from pydantic import JsonValue

from activities.ledger import Act, Artifact, ClaimedLink, CodeResult
from activities.letters import Kind
from activities.model import LetterOrder
from activities.vault import RequestKey
from habeas.access import scope_of
from habeas.acts import ActAnswer, ActKind
from habeas.errors import BadInput, WrongCode, WrongStage
from habeas.evidence import Tag
from habeas.model import Frozen, Stage
from workers.office.intake import words
from workers.office.reading import Reading
from workers.office.room import SUBJECT
from workers.office.to_disk import refuse_unfit, write_whole


class Downloaded(Frozen):
    """A package that staff have on disk now, decrypted."""

    path: str
    sha256: str
    size: int


class Handed:
    """A package on its way to the person, or to staff."""

    def __init__(self, artifact: Artifact, language: str, stream: AsyncGenerator[bytes, None]) -> None:
        self.request_id = artifact.request_id
        self.size = artifact.size
        self.sha256 = artifact.sha256
        self.language = language
        self.arrived = False
        """Set by who takes it, once the last byte was handed to the network.

        Whether it reached the person the network does not say: of a small package the last byte may be under way when
        their connection breaks. Staff then send one more link (`Handover.release`).
        """
        self._stream = stream

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The package, decrypted, once.

        Raises:
            SealBroken, StorageMissing: it is not whole.
        """
        return self._stream

    async def begun(self) -> AsyncIterator[bytes]:
        """The package, decrypted, once. What does not open at all is an error before the first word is said.

        Raises:
            SealBroken, StorageMissing: it is not whole.
        """
        return _joined(await anext(self._stream, b""), self._stream)


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


class Handover(Reading):
    """Methods that hand packages over."""

    async def release(self, request_id: str, *, by: str, reason: str, act_id: str | None = None) -> ActAnswer:
        """Go on without the systems that are being waited for; once the request is closed, send one more link.

        Raises:
            WrongStage: nothing is waited for; or the request is closed and has no package.
            As `act`.
        """
        async with self._ledger.begin() as tx:
            row = await tx.request_row(request_id)
        self.demand(scope_of(ActKind.RELEASE), row.controller)
        if row.stage is not Stage.CLOSED:
            return await self.act(ActKind.RELEASE, request_id, by=by, reason=reason, act_id=act_id)
        return await self._send_new_link(request_id, by, reason, act_id or str(uuid.uuid4()))

    async def _send_new_link(self, request_id: str, by: str, reason: str, act_id: str) -> ActAnswer:
        now, actor = self._now(), self.actor(words("by", by, 200))
        async with self._ledger.begin() as tx:
            offered = [each for each in await tx.artifacts(request_id) if each.verified_at]
            if not offered:
                raise WrongStage("The request is closed and has no package to hand over.")
            act = Act(
                id=act_id,
                request_id=request_id,
                kind=ActKind.RELEASE.value,
                actor=actor,
                reason=words("reason", reason),
                proposed_at=now,
            )
            await tx.propose_act(act)
            at = (await tx.accept_act(act_id, now)).proposed_at
            await tx.record(request_id, Tag.ACT_RELEASE, at, actor, {"act": act_id}, dedupe=f"act/{act_id}")
        # The same act is the same letter: its order says when the act was made, not when it was sent again.
        await self._engine.new_link(
            LetterOrder(
                request_id=request_id,
                at=at,
                kind=Kind.COMPLETION_ACCESS.value,
                dedupe=f"link/{act_id}",
                artifact_id=offered[-1].id,
            )
        )
        return ActAnswer(act_id=act_id, stage=Stage.CLOSED, note="link_sent")

    async def download(self, request_id: str, *, by: str, reason: str, to: Path) -> Downloaded:
        """Write the newest package, decrypted, to a file of mode 0600. Leaves a mark.

        Raises:
            BadInput: there is no package yet, or no such folder, or the file is there already.
            SealBroken, StorageMissing: the package is not whole; nothing is written.
        """
        await asyncio.to_thread(refuse_unfit, to)
        package = await self.open_package(request_id, by=by, reason=reason)
        async with aclosing(package.chunks()) as stream:
            await write_whole(to, stream)
        return Downloaded(path=str(to), sha256=package.sha256, size=package.size)

    async def open_package(self, request_id: str, *, by: str, reason: str) -> Handed:
        """The newest package, to be read once. Leaves a mark.

        Raises:
            BadInput: there is no package yet.
            KeyDestroyed: its request's data is gone.
        """
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id)
            ready = [each for each in await tx.artifacts(request_id) if each.verified_at]
            if not ready:
                raise BadInput("This request has no package, or none yet.", field="request")
            await self._mark_view(tx, request_id, "package", by, reason)
        artifact, key = ready[-1], await self._ledger.key(request_id)
        return Handed(artifact, request.language, self._decrypted(artifact, key))

    @asynccontextmanager
    async def redeem(self, token: str, code: str) -> AsyncIterator[Handed]:
        """Use a one-time link up, with the code that goes with it (`Visiting.send_link_code`).

        When the block ends before it has `arrived`, the link is good again, and the code as long as it lasts.

        Raises:
            LinkRefused: ``facts["reason"]``: unknown, used, expired or revoked.
            WrongCode: the code is not right, or no longer; the person is told no more.
            KeyDestroyed: its request's data is gone.
        """
        now = self._now()
        async with self._ledger.begin() as tx:
            link = await tx.live_link(token, now)
            result, _ = await tx.try_visit(link.request_id, code[:100], now, link_id=link.id)
        if result is not CodeResult.PROVEN:
            # After the block: a wrong code has cost a try.
            raise WrongCode(result=result.value, field="code")
        async with self._ledger.begin() as tx:
            claimed = await tx.claim_link(token, now)
            request = await tx.request(claimed.request_id)
        handed: Handed | None = None
        try:
            key = await self._ledger.key(claimed.request_id)
            async with aclosing(self._decrypted(claimed.artifact, key)) as stream:
                handed = Handed(claimed.artifact, request.language, stream)
                yield handed
        finally:
            # Also when the person's browser goes away and this task is cancelled.
            await asyncio.shield(
                asyncio.ensure_future(self._settle(claimed, whole=handed is not None and handed.arrived))
            )

    async def _settle(self, claimed: ClaimedLink, *, whole: bool) -> None:
        now = self._now()
        async with self._ledger.begin() as tx:
            if not whole:
                await tx.reopen_link(claimed.link_id)
                return
            await tx.finish_link(claimed.link_id, now)
            facts: dict[str, JsonValue] = {"by": "link", "sha256": claimed.artifact.sha256}
            await tx.record(
                claimed.request_id,
                Tag.EXPORT_DOWNLOADED,
                now,
                SUBJECT,
                facts,
                dedupe=f"downloaded/{claimed.link_id}",
            )

    def _decrypted(self, artifact: Artifact, key: RequestKey) -> AsyncGenerator[bytes, None]:
        return key.decrypt(self._storage.get(artifact.path), artifact.path)
