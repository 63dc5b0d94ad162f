"""A company's own service as a connected system: the contract over HTTP, signed both ways (`habeas.wire`)."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, SecretStr, TypeAdapter, ValidationError

from activities.connectors.api import Answer, ApiClient, ApiSettings
from activities.connectors.api.paging import refuse_same_page
from activities.connectors.http.callbacks import CallbackDoor
from activities.connectors.http.dry_run import dry_run
from activities.connectors.settings import read_settings
from habeas import wire
from habeas.connector import Change, Health, Located, Manifest, Page, RecordRef, SystemPlan, Veto
from habeas.errors import ConfigurationError, HabeasError, Quarantine, Terminal, Transient
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, EraseAnswer
from habeas.wire.messages import PREFIX
from habeas.wire.said import says_all

__all__ = ["HttpConnector", "HttpSettings"]

T = TypeVar("T")
_PROBLEMS = (409, 422, 503)


class HttpSettings(ApiSettings):
    """A system's settings for this connector."""

    url: str
    """Where the service is: what stands before ``/habeas/v1``."""
    secrets: tuple[SecretStr, ...] = Field(min_length=1)
    """Shared with the service, ``whsec_…``: the first one signs, each is accepted."""
    callback_secrets: tuple[SecretStr, ...] = ()
    """Those that its callbacks are signed with, where the desk has not the others; unset for the same."""
    manifest: Path
    """What was reviewed of it: a `habeas.connector.Manifest` in JSON, as ``habeas system manifest`` writes it."""


class HttpConnector:
    """`habeas.connector.Connector`, `Changing`, `Expiring` and `Vetoing`, as far as the manifest declares them."""

    def __init__(self, system: str, settings: HttpSettings, manifest: Manifest) -> None:
        self.manifest = manifest.model_copy(update={"title": settings.title or manifest.title})
        self._system = system
        self._reviewed = manifest
        try:
            self._signer = wire.Signer([one.get_secret_value() for one in settings.secrets])
        except ValueError as error:
            raise ConfigurationError(f"systems.{system}.secrets: {error}.", system=system) from None
        self._door = CallbackDoor(system, settings.callback_secrets or settings.secrets)
        self._api = ApiClient(system, settings.url, settings)

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make it; the service is not asked yet.

        Raises:
            ConfigurationError: a setting is missing or wrong, or the manifest cannot be read.
        """
        known = read_settings(HttpSettings, system, settings)
        return cls(system, known, _read(system, known.manifest))

    @classmethod
    def unreviewed(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make it before there is a reviewed manifest: to ask for what is `offered`, and for nothing else.

        Raises:
            ConfigurationError: a setting is missing or wrong.
        """
        known = read_settings(HttpSettings, system, {"manifest": "", **settings})
        return cls(system, known, Manifest(title=system, needs=(), yields=(), capabilities=frozenset(), collections=()))

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`; only the manifest's file is read."""
        path = settings.get("manifest")
        if path is None:
            raise ConfigurationError(f"`systems.{system}.manifest` is missing.", system=system)
        return _read(system, Path(path))

    async def ping(self) -> Health:
        """Whether it answers, is well, still is what was reviewed, and does what it says; about nobody."""
        try:
            health: Health = await self._ask(Health, wire.PingCall(operation="ping"))
            offered = await self.offered()
        except HabeasError as error:
            return Health(ok=False, detail=str(error))
        changed = _differences(self._reviewed, offered)
        if health.ok and changed:
            detail = f"What the service offers is not what was reviewed: {', '.join(changed)}. Review its manifest."
            return Health(ok=False, fits=False, detail=detail)
        if health.ok and (wrong := [one async for one in dry_run(self._system, self)]):
            return Health(ok=False, detail=" ".join(wrong))
        return health

    async def offered(self) -> Manifest:
        """What the service itself says that it is, to be reviewed."""
        manifest: Manifest = await self._ask(Manifest, wire.ManifestCall(operation="manifest"))
        return manifest

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """See `habeas.connector.Connector.locate`."""
        asked = tuple(one for one in identifiers if one.kind in self.manifest.needs)
        if not asked:
            return Located()
        found: Located = await self._ask(Located, wire.LocateCall(operation="locate", identifiers=asked))
        return found

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """See `habeas.connector.Connector.collect`; a call for each page."""
        while True:
            page = await self._ask(Page, wire.CollectCall(operation="collect", roots=roots, cursor=cursor))
            yield page
            if page.cursor is None:
                return
            cursor = self._moved_on(cursor, page.cursor)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """See `habeas.connector.Connector.erase`."""
        answer: EraseAnswer = await self._ask(EraseAnswer, wire.EraseCall(operation="erase", plan=plan, handle=handle))
        return answer

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """See `habeas.connector.Connector.confirm`."""
        answer: ConfirmAnswer = await self._ask(
            ConfirmAnswer, wire.EraseCall(operation="confirm", plan=plan, handle=handle)
        )
        return answer

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """See `habeas.connector.Vetoing.vetoes`."""
        answer: wire.Vetoes = await self._ask(wire.Vetoes, wire.VetoesCall(operation="vetoes", plan=plan))
        return answer.vetoes

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """See `habeas.connector.Changing.change`."""
        call = wire.ChangeCall(operation="change", change=change, handle=handle)
        answer: ChangeAnswer = await self._ask(ChangeAnswer, call)
        return answer

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """See `habeas.connector.Changing.confirm_change`."""
        call = wire.ChangeCall(operation="confirm-change", change=change, handle=handle)
        answer: ConfirmAnswer = await self._ask(ConfirmAnswer, call)
        return answer

    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        """See `habeas.connector.Expiring.expired`."""
        while True:
            page = await self._ask(Page, wire.ExpiredCall(operation="expired", today=today, cursor=cursor))
            yield page
            if page.cursor is None:
                return
            cursor = self._moved_on(cursor, page.cursor)

    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        """See `habeas.connector.Expiring.expire`."""
        answer: ConfirmAnswer = await self._ask(ConfirmAnswer, wire.ExpireCall(operation="expire", plan=plan))
        return answer

    def callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> wire.Finished:
        """What the service says that it finished.

        Raises:
            habeas.wire.BadSignature: it is not the service that says so, or it is no such message.
        """
        return self._door.callback(headers, body, now)

    async def aclose(self) -> None:
        """Give back connections."""
        await self._api.aclose()

    async def _ask(self, answers: Any, call: wire.Call) -> Any:
        path, body = call.operation, call.model_dump_json().encode()
        message_id = f"msg_{uuid.uuid4().hex}"
        headers = self._signer.sign(message_id, datetime.now(UTC), body)
        answer = await self._api.call("POST", f"{PREFIX}/{path}", content=body, headers=headers, also=_PROBLEMS)
        self._check(answer, message_id)
        if answer.status in _PROBLEMS:
            raise self._problem(answer)
        with suppress(ValidationError):
            said = TypeAdapter(answers).validate_json(answer.content)
            if says_all(said):
                return said
        detail = f"{self._system} answered {path} with something that is not of the protocol."
        raise Quarantine(detail, system=self._system)

    def _check(self, answer: Answer, message_id: str) -> None:
        try:
            self._signer.verify(answer.headers, answer.content, datetime.now(UTC), message_id=message_id)
        except wire.BadSignature:
            if answer.status in _PROBLEMS:  # of somebody in between: a proxy that has no service behind it
                raise Transient(f"{self._system} cannot be reached (status {answer.status}).") from None
            detail = f"An answer in the name of {self._system} was not signed by it."
            raise Transient(detail, system=self._system) from None

    def _problem(self, answer: Answer) -> HabeasError:
        try:
            problem = wire.Problem.model_validate_json(answer.content)
        except ValidationError:
            return Quarantine(f"{self._system} answered status {answer.status} without a reason.", system=self._system)
        # What it wrote may name somebody: the message is ours.
        said, system = problem.detail, self._system
        match problem.error:
            case "transient":
                detail = f"{system} cannot do this now."
                return Transient(detail, said=said, retry_after=problem.retry_after, system=system)
            case "quarantine":
                return Quarantine(f"{system} asks that a human looks first.", said=said, system=system)
            case "terminal":
                return Terminal(f"{system} refuses to do this.", said=said, system=system)

    def _moved_on(self, before: str | None, cursor: str) -> str:
        refuse_same_page(self._system, before, cursor)
        return cursor


def _read(system: str, path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        reason = f"is no manifest: {'.'.join(map(str, first['loc'])) or 'JSON'}: {first['msg']}"
    raise ConfigurationError(f"systems.{system}.manifest: {path} {reason}.", system=system)


def _differences(reviewed: Manifest, offered: Manifest) -> list[str]:
    before, now = (json.loads(one.model_dump_json()) for one in (reviewed, offered))
    return sorted(key for key in before if _sorted(before[key]) != _sorted(now[key]))


def _sorted(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value
