"""The export: written as a stream from collected pages, encrypted at rest, read back whole before it is offered."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial

from temporalio import activity

from activities import letters
from activities.authority import authorities
from activities.chosen import find_chosen
from activities.clockface import local_day
from activities.coverage import Coverage, coverage, recipient_name, recipients_of, refused_parts
from activities.deciding import Ours
from activities.ledger import Artifact
from activities.letters.wording import lookup
from activities.model import PackageOrder, PackageReport
from activities.package import (
    CategoryFacts,
    CollectionFacts,
    PackageCheck,
    PackageDamaged,
    PackageFacts,
    SystemFacts,
    WithheldItem,
    verify_package,
    write_package,
)
from activities.pages import Collected, Pages, Span, load_collected, outdated, save_collected
from activities.parts import Parts
from activities.redactions import as_approved, redactions, redactor
from activities.stages import enter_with
from activities.wrapper import progress
from habeas import law
from habeas.connector import Collection, Manifest, Record
from habeas.evidence import Tag
from habeas.model import Request
from habeas.policy import Category, Policy
from habeas.policy.told import Chosen
from habeas.redaction import MARKED, Redactor, Standing

MIB = 1024 * 1024


class ExportActivities:
    """Building the package that the person gets."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def build_package(self, order: PackageOrder) -> PackageReport:
        """Write the package, read it back, and only then say that it is there.

        The same order writes the same artifact: a try after a crash replaces what the last one left.

        Raises:
            StorageFull: there is no room; nothing is offered, and it is tried again.
            PackageDamaged: what was read back is not what was written.
        """
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            await enter_with(tx, order)
            # The workflow has counted the approvals; asked again here, at the last door: of exactly this copy?
            if not await as_approved(tx, request.id, order.approvals):
                return PackageReport(changed=True)
            standing = await redactions(tx, request.id)
            policy = self._parts.policy(request.controller)
            place = policy.answered_in(request.regime, request.jurisdiction)
            manifests = self._parts.manifests(policy)
            collected = await load_collected(tx, order.request_id)
            covers = await coverage(tx, request, policy, manifests)
            refused = await refused_parts(tx, request, policy, covers.called)
        collected = {name: one for name, one in collected.items() if name not in order.missing}
        if again := outdated(collected, manifests):
            return PackageReport(changed=True, outdated=again)
        nothing = covers.without(held(manifests, collected), missing=bool(order.missing))
        if nothing is not None:
            changed = bool(order.approvals) and await self._changed(request.id, collected)
            return PackageReport(changed=True) if changed else PackageReport(nothing=nothing)
        covered = {name: covered_part(name, one, covers) for name, one in collected.items()}
        chosen = await find_chosen(self._parts, request, policy)
        facts = package_facts(request, covers, manifests, covered, order, chosen).model_copy(
            update={"withheld": (*covers.left_out(held(manifests, collected)), *_refused(refused, request, place))}
        )
        artifact_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{request.id}/package/{order.at.isoformat()}"))
        path = f"requests/{request.id}/package/{artifact_id}"
        written = await self._write(request, facts, covered, covers.ours, standing, order.at, path)
        check = await self._read_back(request.id, path)
        if check.sha256 != written.hexdigest():
            raise PackageDamaged
        if order.approvals and await self._changed(request.id, collected):
            await self._parts.storage.delete_prefix(path)
            return PackageReport(changed=True)
        artifact = Artifact(
            id=artifact_id,
            request_id=request.id,
            kind="package",
            path=path,
            sha256=check.sha256,
            size=check.bytes,
            created_at=order.at,
            verified_at=order.at,
        )
        async with self._parts.ledger.begin(after=tx) as tx:
            await tx.save_artifact(artifact)
            for tag in (Tag.EXPORT_BUILT, Tag.EXPORT_VERIFIED):
                await tx.record(
                    request.id,
                    tag,
                    at=order.at,
                    facts={"artifact": artifact_id, "sha256": check.sha256, "size": check.bytes, "files": check.files},
                    dedupe=f"{tag.value}/{artifact_id}",
                )
        return PackageReport(artifact_id=artifact_id, sha256=check.sha256, size=check.bytes, files=check.files)

    async def _write(
        self,
        request: Request,
        facts: PackageFacts,
        collected: Mapping[str, Collected],
        ours: Ours,
        standing: Iterable[Standing],
        at: datetime,
        path: str,
    ) -> hashlib._Hash:
        pages = Pages(self._parts.ledger, self._parts.storage, request.id)
        taken_out = redactor(standing, request, self._parts.policy(request.controller))
        sources = {
            (system, name): partial(_shown, pages, system, span, name, ours, taken_out)
            for system, one in collected.items()
            for name, span in one.collections.items()
        }
        digest = hashlib.sha256()
        key = await self._parts.ledger.key(request.id)
        package = _digested(write_package(facts, sources, at), digest)
        await self._parts.storage.put(path, key.encrypt(package, path))
        return digest

    async def _changed(self, request_id: str, collected: Mapping[str, Collected]) -> bool:
        """Whether a page that the package was made from is not the one that was approved; what is there is noted.

        A step that was given up for dead may have written it since, and then died.
        """
        pages = Pages(self._parts.ledger, self._parts.storage, request_id)
        found = {
            name: one.model_copy(update={"content": await pages.content(name, one.pages, progress)})
            for name, one in collected.items()
            if one.content is not None
        }
        others = {name: one for name, one in found.items() if one.content != collected[name].content}
        async with self._parts.ledger.begin() as tx:
            for name, one in others.items():
                await save_collected(tx, request_id, name, one)
        return bool(others)

    async def _read_back(self, request_id: str, path: str) -> PackageCheck:
        key = await self._parts.ledger.key(request_id)
        return await verify_package(_watched(key.decrypt(self._parts.storage.get(path), path)))


async def _shown(
    pages: Pages, system: str, span: Span, collection: str, ours: Ours, taken_out: Redactor
) -> AsyncIterator[Record]:
    """A collection's records as the person gets them, without those that somebody else decides over."""
    mixed = ours.rows(system, collection) > 0
    async for record in pages.read(system, range(span.first, span.last + 1), collection):
        if not mixed or ours.has(system, (record.collection, record.key)):
            yield taken_out.redacted(system, record)


def package_facts(
    request: Request,
    covers: Coverage,
    manifests: Mapping[str, Manifest],
    collected: Mapping[str, Collected],
    order: PackageOrder,
    chosen: Chosen,
) -> PackageFacts:
    """What the package says besides the data: GDPR Article 15(1)(a)-(h) and (2) from the controller's policy."""
    policy, called = covers.policy, covers.called
    used = {one.category for _, one in held(manifests, collected)}
    systems = tuple(
        SystemFacts(
            name=name,
            title=called.system(name),
            collections=tuple(
                _collection(name, one, covers, collected[name].collections[one.name])
                for one in manifests[name].collections
                if one.name in collected[name].collections
            ),
        )
        for name in sorted(collected)
    )
    controller = policy.controller
    return PackageFacts(
        request_id=request.id,
        language=request.language,
        right=request.right,
        regime=request.regime,
        controller=letters.Controller(name=controller.name, contact=controller.email),
        received_on=local_day(policy, request.received_at),
        timezone=controller.clock_tz,
        systems=systems,
        categories=tuple(
            _category(one, policy, request.language, chosen) for one in policy.categories if one.id in used
        ),
        missing=called.missing(order.missing),
        authorities=authorities(request, policy),
    )


def covered_part(system: str, collected: Collected, covers: Coverage) -> Collected:
    """What a copy shows of one system: without the collections, and the records of others, that it leaves out."""
    kinds = {one.name: one for one in covers.called.manifests[system].collections}
    spans = {name: covers.shown(system, kinds[name], span) for name, span in collected.collections.items()}
    return collected.model_copy(update={"collections": {name: span for name, span in spans.items() if span}})


def held(manifests: Mapping[str, Manifest], collected: Mapping[str, Collected]) -> tuple[tuple[str, Collection], ...]:
    """The collections of which anything was collected, with the names of their systems."""
    return tuple(
        (name, one)
        for name in collected
        for one in manifests[name].collections
        if one.name in collected[name].collections
    )


def _refused(refused: Iterable[letters.RefusedPart], request: Request, place: str) -> Iterator[WithheldItem]:
    """What staff refused, by name."""
    words = lookup("activities.letters", request.language)
    for part in refused:
        told = law.told(request.regime, place, request.right, str(part.ground))
        said = [words.named("refusal_grounds", told.words)]
        if part.controller:
            said.append(words.text("common.controlled_by", who=part.controller))
        if part.explanation and told.explained:
            said.append(part.explanation)
        yield WithheldItem(
            what=part.what, reason=" ".join(said), law=part.provision if told.explained else told.provision
        )


def _collection(system: str, one: Collection, covers: Coverage, span: Span) -> CollectionFacts:
    called, words = covers.called, lookup("activities.package", covers.language)
    return CollectionFacts(
        name=one.name,
        title=called.collection(system, one.name),
        category=called.category(system, one.name),
        rows=span.rows,
        labels=called.fields(system, one.name) | {MARKED: words.text("redacted.label")},
        withheld=covers.fields(system, one, span),
        excerpt=covers.excerpt(system, one),
    )


def _category(one: Category, policy: Policy, language: str, chosen: Chosen) -> CategoryFacts:
    recipients = recipients_of(one, policy, chosen)
    return CategoryFacts(
        category=policy.text(one.title, language),
        purposes=policy.texts(one.purposes, language),
        legal_bases=tuple(basis.value for basis in one.legal_bases),
        recipients=tuple(recipient_name(one, each, policy, language, chosen) for each in recipients),
        retention=(policy.text(one.retention, language),),
        sources=(policy.text(one.source, language),),
        transfers=tuple(
            f"{policy.said(each.name, language)} ({each.country}): {policy.text(each.safeguards, language)}"
            for each in recipients
            if each.safeguards
        ),
    )


async def _digested(chunks: AsyncIterable[bytes], digest: hashlib._Hash) -> AsyncIterator[bytes]:
    async for chunk in _watched(chunks):
        digest.update(chunk)
        yield chunk


async def _watched(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, with a heartbeat now and then."""
    seen = 0
    async for chunk in chunks:
        seen += len(chunk)
        if seen >= 16 * MIB:
            progress()
            seen = 0
        yield chunk
