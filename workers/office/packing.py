"""Making a request's evidence pack: what a regulator, or anybody who doubts us, checks offline."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from pydantic import BaseModel, Field

from activities.clockface import dated, pause_spans
from activities.commitment import Commitment
from activities.ledger import RequestRow, Tx
from habeas import pack_verifier
from habeas.access import Scope
from habeas.errors import UnknownRegime
from habeas.evidence import Event
from habeas.model import Frozen
from habeas.pack_verifier import ANCHORS, EVIDENCE, FORMAT, MANIFEST, PERSONAL, REPORT, SIGNATURE, archive, canonical
from workers.office import pack_report as reported
from workers.office.pack_report import PackReport
from workers.office.reading import Reading
from workers.office.to_disk import refuse_unfit, write_whole
from workers.office.written import written as written_by

VERIFIER, PAGE, README = "verify.py", "index.html", "README.txt"
_ABOUT = """Evidence of one data-subject request, as Habeas kept it.

index.html      to read
report.json     the same for programs
evidence.jsonl  every event, one a line, chained by hash
anchors.json    that the chain was there, in this form, when the anchors over all evidence were made
verify.py       checks all of it; needs Python 3.11 and nothing else:  python verify.py PACK.zip

Take verify.py, the company's key and the anchors from elsewhere than this pack:
python verify.py PACK.zip --key HEX --anchors FILE
"""


class MadePack(Frozen):
    """A pack, ready to be written to a file."""

    request_id: str
    events: int
    head: str
    key: str
    """What signed it; the public key in hex."""
    personal: bool
    content: bytes = Field(repr=False)


class WrittenPack(Frozen):
    """A pack on disk."""

    path: str
    request_id: str
    events: int
    head: str
    key: str
    personal: bool
    sha256: str
    size: int


class Packing(Reading):
    """Methods that make packs."""

    async def write_pack(
        self, request_id: str, *, to: Path, by: str, reason: str = "", personal: bool = False
    ) -> WrittenPack:
        """Make a pack and write it to a new file of mode 0600.

        Raises:
            BadInput: there is no such folder, or the file is there already.
            As `evidence_pack`.
        """
        await asyncio.to_thread(refuse_unfit, to)
        made = await self.evidence_pack(request_id, by=by, reason=reason, personal=personal)
        return await written(to, made.content, personal=personal)

    async def evidence_pack(self, request_id: str, *, by: str, reason: str = "", personal: bool = False) -> MadePack:
        """Everything that shows what was done. Without personal data it names nobody, and leaves no mark.

        Args:
            request_id: whose.
            by: who makes it.
            reason: why; needed for personal data.
            personal: with the person, what they wrote, the words of letters and the reasons of acts. Leaves a mark.

        Raises:
            UnknownRequest: there is none.
            NotAllowed: this account may not read requests, or personal data.
            BadInput: personal data is asked for without a reason.
            KeyDestroyed: personal data is asked for, and is gone.
        """
        async with self._ledger.begin() as tx:
            row = await tx.request_row(request_id)
            self.demand(Scope.REQUESTS_READ, row.controller)
            shown = await self._personal(tx, row, by, reason) if personal else None
            events = await tx.events(request_id)
            anchors, proofs = await tx.anchor_proofs(request_id)
            report = await self._report(tx, row, events)
        files = {
            EVIDENCE: b"".join(_line(event) for event in events),
            ANCHORS: _json({"anchors": _dumped(anchors), "proofs": _dumped(proofs)}),
            REPORT: _json(report.model_dump(mode="json")),
            PAGE: _page(report, shown).encode(),
            VERIFIER: inspect.getsource(pack_verifier).encode(),
            README: _ABOUT.encode(),
            **({PERSONAL: _json(shown)} if shown else {}),
        }
        vault, head = self._ledger.vault, events[-1].hash if events else ""
        manifest = {
            "format": FORMAT,
            "request_id": request_id,
            "made_at": self._now().isoformat(),
            "events": len(events),
            "head": head,
            "key": vault.evidence_keys()[0],
            "files": {name: _listed(content) for name, content in files.items()},
        }
        files[MANIFEST] = canonical(manifest)
        files[SIGNATURE] = vault.sign_evidence(FORMAT.encode() + b"\n" + files[MANIFEST]).encode()
        return MadePack(
            request_id=request_id,
            events=len(events),
            head=head,
            key=vault.evidence_keys()[0],
            personal=personal,
            content=archive(files),
        )

    async def _report(self, tx: Tx, row: RequestRow, events: tuple[Event, ...]) -> PackReport:
        return PackReport(
            request=reported.reported_request(row),
            dates=reported.reported_dates(row),
            why=await self._why(tx, row),
            pauses=reported.reported_pauses(await tx.pauses(row.id)),
            systems=reported.reported_systems(await tx.systems(row.id)),
            outcomes=reported.reported_outcomes(await tx.outcomes(row.id)),
            decisions=reported.reported_decisions(await tx.acts(row.id)),
            letters=reported.reported_letters(await tx.letters(row.id), events, await tx.numbers(row.id, "letter/")),
            packages=reported.reported_packages(await tx.artifacts(row.id)),
            timeline=reported.reported_events(events),
        )

    async def _why(self, tx: Tx, row: RequestRow) -> tuple[str, ...]:
        """How the dates came about; nothing where the controller, or its law, is not here any more."""
        policy = self._policies.get(row.controller)
        if policy is None:
            return ()
        try:
            return dated(await tx.request(row.id), policy, await pause_spans(tx, row.id), self._now()).explanation
        except UnknownRegime:
            return ()

    async def _personal(self, tx: Tx, row: RequestRow, by: str, reason: str) -> dict[str, Any]:
        """The person, what they wrote, their letters and acts' reasons; a mark is left that somebody took them."""
        key = await tx.key(row.id)
        await self._mark_view(tx, row.id, "evidence_pack", by, reason)
        subject, noted = await tx.subject(row.id), await tx.numbers(row.id, "letter/")
        letters = [await tx.letter_of(row.id, one.dedupe) for one in await tx.letters(row.id)]
        return {
            "subject": {
                "name": subject.name,
                "identifiers": [{"kind": one.kind, "value": one.value} for one in subject.identifiers],
            },
            "messages": [one.model_dump(mode="json") for one in await written_by(tx, row.id)],
            "reasons": [
                {"kind": act.kind, "proposed_at": act.proposed_at.isoformat(), "reason": act.reason}
                for act in await tx.acts(row.id)
            ],
            "letters": [
                {"event": noted.get(one.dedupe), "salt": made.salt, "content": made.content}
                for one in letters
                if (made := Commitment.of(key, one))
            ],
        }


async def written(to: Path, content: bytes, *, personal: bool) -> WrittenPack:
    """Write a pack to a new file of mode 0600.

    Raises:
        BadInput: the file cannot be made.
        StorageFull: it cannot be written to its end.
    """
    size, sha256 = await write_whole(to, _whole(content))
    said = pack_verifier.verify(content)
    return WrittenPack(
        path=str(to),
        request_id=said.request_id,
        events=said.events,
        head=said.head,
        key=said.key,
        personal=personal,
        sha256=sha256,
        size=size,
    )


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _line(event: Event) -> bytes:
    at = event.at.replace(tzinfo=None).isoformat(timespec="microseconds")
    return canonical({**event.model_dump(), "at": f"{at}Z"}) + b"\n"


def _json(content: Mapping[str, Any]) -> bytes:
    return canonical(content) + b"\n"


def _dumped(models: tuple[BaseModel, ...]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in models]


def _listed(content: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _page(report: PackReport, shown: Mapping[str, Any] | None) -> str:
    pages = Environment(loader=PackageLoader("workers", "pages"), autoescape=True, trim_blocks=True)
    return pages.get_template("pack.html").render(report=report, personal=shown)
