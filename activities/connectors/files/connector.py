"""The connectors of files in a bucket and in a folder: one mechanism, two places."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

from activities.connectors.api.erasure import carry_out, look_again
from activities.connectors.files.folder.settings import FolderSettings
from activities.connectors.files.folder.store import FolderStore
from activities.connectors.files.health import ping
from activities.connectors.files.locate import locate
from activities.connectors.files.objects import FileObjects
from activities.connectors.files.s3.settings import S3Settings, without_credentials
from activities.connectors.files.s3.store import S3Store
from activities.connectors.files.settings import FilesSettings, collections_of, kinds_of, patterns_of, read
from activities.connectors.files.store import Store
from activities.connectors.files.walk import Walk
from habeas.connector import Capability, Health, Located, Manifest, Page, RecordRef, SystemPlan, Treatment, Veto
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, EraseAnswer, Fate

__all__ = ["FolderConnector", "S3Connector"]

_ALWAYS = frozenset({Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM})


class _Files:
    """Files under names that say whose they are."""

    manifest: Manifest

    def __init__(self, system: str, settings: FilesSettings, store: Store, secret: str) -> None:
        self._system = system
        self._settings = settings
        self._store = store
        self._patterns = patterns_of(system, settings)
        self._walk = Walk(system, store, self._patterns, settings, secret)
        self._folders = tuple(dict.fromkeys(self._patterns[name].static for name in settings.collections))

    async def ping(self) -> Health:
        """Try every permission that can be tried without changing anything."""
        return await ping(self._store, self._folders)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """One record for each person that names are about which bear one of these."""
        await self._store.ready(self._folders)
        return await locate(self._system, self._store, self._patterns, self._settings, identifiers)

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """All files under names of the same persons, with what is in them."""
        await self._store.ready(self._folders)
        async for page in self._walk.pages(roots, cursor):
            yield page

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Delete what is planned, and the traces of its name."""
        await self._store.ready(self._folders)
        return await carry_out(self._objects(plan), plan)

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look under every name again. What the store itself does not let go says so."""
        await self._store.ready(self._folders)
        objects = self._objects(plan)
        answer = await look_again(objects, plan)
        if not isinstance(answer, Done):
            return answer
        planned = {(one.collection, one.key): one for one in plan.objects}
        said = list(answer.result)
        for at, one in enumerate(said):
            if one.fate is Fate.FAILED and (one.collection, one.key) in planned:
                stored = await objects.stored(planned[one.collection, one.key])
                stays = await self._store.obstacle(stored) if stored is not None else None
                said[at] = stays.outcome(one.collection, one.key) if stays is not None else one
        return Done(result=tuple(said))

    async def aclose(self) -> None:
        """Give back connections."""
        await self._store.aclose()

    def _objects(self, plan: SystemPlan) -> FileObjects:
        order = tuple(self._settings.collections)
        return FileObjects(self._store, self._patterns, self._walk, order, self.locate, plan)


class S3Connector(_Files):
    """Files in a bucket of an S3 server."""

    def __init__(self, system: str, settings: S3Settings) -> None:
        secret = settings.secret_access_key.get_secret_value() if settings.secret_access_key else ""
        self._bucket = S3Store(system, settings)
        super().__init__(system, settings, self._bucket, secret)
        self.manifest = _of_bucket(settings)

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make the connector of one configured bucket.

        Raises:
            ConfigurationError: a setting is missing or wrong; names each.
        """
        return cls(system, read(S3Settings, system, settings))

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`."""
        return _of_bucket(read(S3Settings, system, without_credentials(settings)))

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """Legal holds: whoever put one on a file wants it kept, whatever is asked."""
        objects = self._objects(plan)
        found = []
        for one in plan.objects if await self._bucket.locks() else ():
            stored = await objects.stored(one) if one.treatment is not Treatment.RETAIN else None
            stays = await self._store.obstacle(stored) if stored is not None else None
            if stays is not None and stays.reason == "legal_hold":
                found.append(Veto(collection=one.collection, key=one.key, reason=stays.reason))
        return tuple(found)


class FolderConnector(_Files):
    """Files in a folder that this worker can reach."""

    def __init__(self, system: str, settings: FolderSettings) -> None:
        # A folder has no secret. The time of a file, to the nanosecond, is in each mark instead.
        super().__init__(system, settings, FolderStore(system, settings), "")
        self.manifest = _manifest(settings, "Files")

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make the connector of one configured folder.

        Raises:
            ConfigurationError: a setting is missing or wrong; names each.
        """
        return cls(system, read(FolderSettings, system, settings))

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`."""
        return _manifest(read(FolderSettings, system, settings), "Files")


def _of_bucket(settings: S3Settings) -> Manifest:
    # What can be locked has versions.
    return _manifest(settings, "S3", *([Capability.VETO] if settings.versions else []))


def _manifest(settings: FilesSettings, title: str, *more: Capability) -> Manifest:
    return Manifest(
        title=settings.title or title,
        needs=kinds_of(settings),
        yields=tuple(sorted({kind for one in settings.collections.values() for kind in one.yields})),
        capabilities=_ALWAYS | set(more),
        collections=collections_of(settings),
        glossary=settings.glossary,
    )
