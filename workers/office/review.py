"""Review before a copy is released: look at what was collected, take parts out of it, put them back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from pydantic import AwareDatetime, Field

from activities.finding import load_graph
from activities.ledger import Tx
from activities.package.names import safe_name
from activities.pages import Pages, load_collected
from activities.redactions import Decided, TakenBack, copy_digest, redactions, redactor
from activities.stated import asked_of
from activities.storage import StorageMissing
from habeas.access import Scope, scope_of
from habeas.acts import ActAnswer, ActId, ActKind
from habeas.errors import BadInput
from habeas.model import COPIES, Frozen, Request, Stage
from habeas.others import Known
from habeas.redaction import Part, Redaction, grounds
from workers.office.collected import MOST_CHARACTERS, CollectedRecord, CollectedSystem, Reader
from workers.office.handover import Downloaded
from workers.office.reading import Reading
from workers.office.redacting import RedactionAsked, attachment_of, understood
from workers.office.to_disk import refuse_unfit, write_whole

__all__ = ["CollectedFile", "CollectedPage", "Reviewing", "ShownRedaction", "refuse_twice"]

PAGE = 20
MOST = 200
"""Records in one answer."""


class ShownRedaction(Frozen):
    """A redaction that stands. Personal."""

    id: ActId
    ground: str
    article: str | None
    part: Part
    system: str | None = None
    collection: str | None = None
    path: str | None = Field(default=None, repr=False)
    text: str | None = Field(default=None, repr=False)
    start: int | None = None
    file: str | None = Field(default=None, repr=False)
    by: str
    """A keyed hash of who decided it."""
    at: AwareDatetime
    reason: str = Field(repr=False)
    matches: bool | None = None
    """Whether anything of what is collected now bears it: what was collected anew may not. None where it is deleted."""


@dataclass(frozen=True)
class CollectedFile:
    """An attachment as it was collected. Personal."""

    name: str
    """Names nobody; it ends like its own name, or as text where opening it could run something."""
    content: bytes = field(repr=False)


class CollectedPage(Frozen):
    """What was collected, from one record on. Personal."""

    digest: str
    """What is approved: exactly this copy and no other."""
    systems: tuple[CollectedSystem, ...]
    records: tuple[CollectedRecord, ...] = Field(repr=False)
    next: str | None = None
    """Where the following page starts; None on the last."""
    grounds: dict[str, str]
    """On what something may be taken out -> the article."""
    asks: dict[str, str] = Field(default_factory=dict)
    """Of which of them something is to be stated -> what: see `habeas.law.AskedOf`."""
    redactions: tuple[ShownRedaction, ...] = Field(repr=False)
    """All that is taken out, of other records too, in the order in which it was decided."""
    stage: Stage
    """Something can be taken out, or put back, while it is ``reviewing``."""


class Reviewing(Reading):
    """Methods of reviewers."""

    async def collected(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        system: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> CollectedPage:
        """What was collected for a copy, by system, a page at a time. Personal: looking leaves a mark.

        Args:
            request_id: of which request.
            by: who looks.
            reason: why; sealed.
            system: of this one only.
            cursor: `CollectedPage.next` of the page before.
            limit: how many records at most, 1 to `MOST`.

        Raises:
            BadInput: no copy is asked for, or there is no such system or page.
            StorageMissing: what was collected was deleted since.
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        if not 1 <= limit <= MOST:
            raise BadInput(f"limit: from 1 to {MOST}.", field="limit")
        async with self._ledger.begin() as tx:
            request = await self._of_copy(tx, request_id)
            await self._mark_view(tx, request_id, "collected", by, reason)
            reader = await self._reader(tx, request_id)
            known = await _known(tx, request_id)
            standing = await redactions(tx, request_id)
            takes_out = redactor(standing, request, self.policy(request.controller))
            digest = await copy_digest(tx, request_id)
        unmet = await reader.unmet(standing)
        records: list[CollectedRecord] = []
        size, following = 0, None
        async for found in reader.read(system, cursor):
            if len(records) == limit or size > MOST_CHARACTERS:
                following = found.position
                break
            records.append(reader.shown(found, takes_out, known))
            size += sum(len(str(one.value)) for one in records[-1].values)
        return CollectedPage(
            digest=digest,
            systems=reader.systems(),
            records=tuple(records),
            next=following,
            grounds=(cites := self._grounds(request)),
            asks=self._asks(request, cites),
            redactions=tuple(_shown(one, cites.get(one.ground), one.id not in unmet) for one in standing),
            stage=request.stage,
        )

    async def collected_file(self, request_id: str, *, by: str, reason: str, record: str, file: int) -> CollectedFile:
        """An attachment, to look at before it is released. Personal: looking leaves a mark.

        Args:
            request_id: of which request.
            by: who looks.
            reason: why; sealed.
            record: which one, as `collected` names it.
            file: its number in the record, from 1.

        Raises:
            BadInput: no copy is asked for, or there is no such record or attachment.
            StorageMissing: what was collected was deleted since.
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            await self._of_copy(tx, request_id)
            await self._mark_view(tx, request_id, "attachment", by, reason)
            reader = await self._reader(tx, request_id)
        found = attachment_of((await reader.one(record)).record, file)
        ending = PurePath(safe_name(found.name)).suffix
        return CollectedFile(name=f"attachment-{file}{ending}", content=found.content)

    async def attachment(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        record: str,
        file: int,
        to: Path,
    ) -> Downloaded:
        """Write an attachment to a file of mode 0600, to look at before it is released. Leaves a mark.

        Raises:
            BadInput: there is no such folder, or the file is there already. Else as `collected_file`.
        """
        await asyncio.to_thread(refuse_unfit, to)
        found = await self.collected_file(request_id, by=by, reason=reason, record=record, file=file)

        async def whole() -> AsyncIterator[bytes]:
            yield found.content

        size, digest = await write_whole(to, whole())
        return Downloaded(path=str(to), sha256=digest, size=size)

    async def redactions(self, request_id: str, *, by: str, reason: str) -> tuple[ShownRedaction, ...]:
        """What is taken out of the copy, in the order in which it was decided. Personal: looking leaves a mark.

        Raises:
            BadInput: no copy is asked for.
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            request = await self._of_copy(tx, request_id)
            await self._mark_view(tx, request_id, "redactions", by, reason)
            standing = await redactions(tx, request_id)
            reader = await self._reader(tx, request_id)
        cites = self._grounds(request)
        try:
            unmet = await reader.unmet(standing)
        except StorageMissing:
            return tuple(_shown(one, cites.get(one.ground), None) for one in standing)
        return tuple(_shown(one, cites.get(one.ground), one.id not in unmet) for one in standing)

    async def redact(
        self, request_id: str, *, by: str, reason: str, ground: str, asked: RedactionAsked, act_id: str | None = None
    ) -> ActAnswer:
        """Take something out of the copy, on a ground of the law. Approvals given before do not count any more.

        Raises:
            BadInput: there is no such record, field, passage or attachment, or it is taken out already.
            WrongStage: the copy is not under review (any more).
            As `act`.
        """
        async with self._ledger.begin() as tx:
            request = await self._of_copy(tx, request_id)
            for scope in (scope_of(ActKind.REDACT), Scope.PERSONAL_READ):
                self.demand(scope, request.controller)
            reader = await self._reader(tx, request_id)
            standing = await redactions(tx, request_id)
        redaction = await understood(reader, asked)
        refuse_twice(redaction, [one for one in standing if one.id != act_id])
        return await self.act(
            ActKind.REDACT,
            request_id,
            by=by,
            reason=reason,
            act_id=act_id,
            sealed=redaction,
            stated=asked.stated,
            ground=ground,
        )

    async def unredact(
        self, request_id: str, *, by: str, reason: str, redaction: str, act_id: str | None = None
    ) -> ActAnswer:
        """Put back what was taken out. Approvals given before do not count any more.

        Args:
            request_id: of which request.
            by: who does it.
            reason: why; sealed.
            redaction: its id, or the beginning of it (8 characters or more).
            act_id: as `act`.

        Raises:
            BadInput: no such redaction stands.
            WrongStage: the copy is not under review (any more).
            As `act`.
        """
        async with self._ledger.begin() as tx:
            request = await self._of_copy(tx, request_id)
            self.demand(scope_of(ActKind.UNREDACT), request.controller)
            # The same act once more: what it puts back does not stand any more.
            sealed = TakenBack(redaction=await self._stands(tx, request_id, redaction, without=act_id))
        return await self.act(ActKind.UNREDACT, request_id, by=by, reason=reason, act_id=act_id, sealed=sealed)

    async def _stands(self, tx: Tx, request_id: str, redaction: str, *, without: str | None = None) -> str:
        """The id of the one redaction that stands and begins so."""
        standing = [one.id for one in await redactions(tx, request_id, without=without)]
        found = [one for one in standing if len(redaction) >= _SHORT and one.startswith(redaction.lower())]
        if len(found) != 1:
            raise BadInput("redaction: none of this id stands; see `habeas request redactions`.", field="redaction")
        return found[0]

    async def _of_copy(self, tx: Tx, request_id: str) -> Request:
        request = await tx.request(request_id)
        if request.right not in COPIES:
            raise BadInput("No copy is asked for by this request: there is nothing to take out.", field="request")
        return request

    async def _reader(self, tx: Tx, request_id: str) -> Reader:
        pages = Pages(self._ledger, self._storage, request_id)
        return Reader(pages, await tx.key(request_id), await load_collected(tx, request_id))

    def _asks(self, request: Request, codes: Iterable[str]) -> dict[str, str]:
        policy = self.policy(request.controller)
        asked = {code: asked_of(request, policy, code) for code in codes}
        return {code: asks.what for code, asks in asked.items() if asks}

    def _grounds(self, request: Request) -> dict[str, str]:
        return grounds(self.policy(request.controller), request.regime, request.jurisdiction, request.right)


_SHORT = 8
"""Characters of an id that name a redaction at least."""


def refuse_twice(redaction: Redaction, standing: Iterable[Decided]) -> None:
    """Refuse to take out what is taken out already.

    Raises:
        BadInput: it is.
    """
    if any(one.redaction == redaction for one in standing):
        raise BadInput("This is taken out already; see `habeas request redactions`.", field="object")


async def _known(tx: Tx, request_id: str) -> Known:
    """By what the person is known: what they gave, and what their records say."""
    subject, graph = await tx.subject(request_id), await load_graph(tx, request_id)
    identifiers = (*subject.identifiers, *graph.own())
    names = (subject.name, *(one.match.name for one in graph.settled().kept))
    return Known.of(
        emails=(one.value for one in identifiers if one.kind == "email"),
        phones=(one.value for one in identifiers if one.kind == "phone"),
        names=names,
    )


def _shown(one: Decided, article: str | None, matches: bool | None) -> ShownRedaction:
    redaction, place = one.redaction, one.redaction.place
    return ShownRedaction(
        id=one.id,
        ground=one.ground,
        article=article,
        part=redaction.part,
        system=place.system if place else None,
        collection=place.record.collection if place else None,
        path=redaction.path,
        text=redaction.text,
        start=redaction.start,
        file=redaction.file,
        by=one.act.actor,
        at=one.act.proposed_at,
        reason=one.act.reason,
        matches=matches,
    )
