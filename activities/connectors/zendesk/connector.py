"""The connector of one Zendesk Support account: each act is handed to its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, ClassVar

import httpx2

from activities.connectors.api import ApiClient
from activities.connectors.api.connector import ApiConnector
from activities.connectors.api.erasure import carry_out, look_again
from activities.connectors.zendesk import health
from activities.connectors.zendesk.change import ZendeskChanges
from activities.connectors.zendesk.keys import ids_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.locate import locate
from activities.connectors.zendesk.objects import ZendeskObjects
from activities.connectors.zendesk.people import is_deleted_everywhere
from activities.connectors.zendesk.purge import Purge, Step
from activities.connectors.zendesk.rest import Rest
from activities.connectors.zendesk.settings import ZendeskSettings, collections_of, read
from activities.connectors.zendesk.vetoes import vetoes
from activities.connectors.zendesk.walk import Walk
from habeas.connector import (
    Capability,
    Health,
    Located,
    Manifest,
    Page,
    RecordRef,
    SystemPlan,
    Treatment,
    Veto,
)
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, Drifted, EraseAnswer, Fate, ObjectOutcome, Pending

__all__ = ["ZendeskConnector"]

_COMPLIANCE = "compliance"
_LATER = 3600.0


class ZendeskConnector(ApiConnector[ZendeskSettings]):
    """Zendesk Support."""

    stand_ins: ClassVar[Mapping[str, Any]] = {"email": None, "token": None, "oauth_token": "elsewhere"}
    read = staticmethod(read)

    def __init__(self, system: str, settings: ZendeskSettings) -> None:
        super().__init__(system, settings)
        self._api = ApiClient(system, settings.url, settings, auth=_auth(settings), also=settings.file_hosts)
        self._rest = Rest(system, self._api)
        self._purge = Purge(self._rest)
        self._changes = ZendeskChanges(self._rest, settings)

    @staticmethod
    def manifest_of(settings: ZendeskSettings) -> Manifest:
        """What such an account can do."""
        external = (settings.external_id,) if settings.external_id else ()
        return Manifest(
            title=settings.title or "Zendesk",
            needs=("email", *external),
            yields=("email", "phone", *external),
            capabilities=_capabilities(settings),
            collections=collections_of(settings),
            confirm_after=settings.confirm_after,
            purposes=tuple(settings.purposes),
            glossary=settings.glossary,
        )

    async def ping(self) -> Health:
        """Try every permission, and change nothing."""
        return await health.ping(self._rest)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every end user who bears one of these, and what they sent that was suspended."""
        return await locate(self._rest, identifiers, self._settings.external_id, self._settings.region)

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """Users, their tickets with comments and ratings, what is theirs in others' tickets, suspended tickets."""
        return Walk(self._rest, self._settings).pages(roots, cursor)

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """Tickets that are not finished."""
        return await vetoes(self._rest, plan)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Tickets into the bin and out of it, which is a job; then all the rest, users after what they asked for.

        A ticket that somebody works on again by now is drift: nothing is touched.
        """
        if handle is not None:
            under_way = await self._purge.go_on(Step.read(handle), {*_deleted(plan, Kind.TICKETS)})
            if under_way is not None:
                return under_way
        # Weeks may have passed since vetoes were asked for, and what is deleted here is gone for good.
        elif reopened := await self._worked_on(plan):
            return Drifted(changed=reopened, appeared=0)
        leaving = frozenset(
            ids_of(one.key, 1)[0]
            for one in plan.objects
            if one.collection == Kind.USERS and one.treatment is not Treatment.RETAIN
        )
        objects = ZendeskObjects(self._rest, self._settings, purged=handle is not None, leaving=leaving)
        answer = await carry_out(objects, plan)
        return await self._purge.begin(objects.binned) if isinstance(answer, Pending) else answer

    async def _worked_on(self, plan: SystemPlan) -> int:
        """How many of the tickets that would be deleted are not finished, or not any more."""
        going = {*_deleted(plan, Kind.TICKETS)}
        found = [one for one in await vetoes(self._rest, plan) if one.collection == Kind.TICKETS]
        return sum(ids_of(one.key, 1)[0] in going for one in found)

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look at every object again and into the bin, until every product of Zendesk's has deleted the users."""
        step = Step() if handle in (None, _COMPLIANCE) else Step.read(handle or "")
        tickets = {*_deleted(plan, Kind.TICKETS)}
        binned, under_way = await self._purge.left(step, tickets) if tickets else (set[int](), None)
        if under_way is not None:
            return under_way
        answer = await look_again(ZendeskObjects(self._rest, self._settings, purged=True), plan)
        if not isinstance(answer, Done):
            return answer
        for one in answer.result:
            if one.collection == Kind.USERS and one.fate in (Fate.ERASED, Fate.ANONYMISED):
                (user_id,) = ids_of(one.key, 1)
                if not await is_deleted_everywhere(self._rest, user_id, self._settings.applications):
                    return Pending(handle=_COMPLIANCE, poll_after=_LATER)
        return Done(result=tuple(_unless_binned(one, binned) for one in answer.result))


class _Bearer(httpx2.Auth):
    """Apart from the headers, which go to the files' host too."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx2.Request) -> Iterator[httpx2.Request]:  # type: ignore[override]  # sends nothing
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _auth(settings: ZendeskSettings) -> httpx2.Auth:
    """https://developer.zendesk.com/api-reference/introduction/security-and-auth/."""
    if settings.oauth_token is not None:
        return _Bearer(settings.oauth_token.get_secret_value())
    token = settings.token.get_secret_value() if settings.token else ""
    return httpx2.BasicAuth(f"{settings.email}/token", token)


def _capabilities(settings: ZendeskSettings) -> frozenset[Capability]:
    always = {
        Capability.LOCATE,
        Capability.COLLECT,
        Capability.ERASE,
        Capability.CONFIRM,
        Capability.RECTIFY,
        Capability.VETO,
    }
    restricts = {Capability.RESTRICT} if settings.restrict else set()
    return frozenset(always | restricts | ({Capability.OBJECT} if settings.purposes else set()))


def _deleted(plan: SystemPlan, collection: str) -> Iterator[int]:
    for one in plan.objects:
        if one.collection == collection and one.treatment is Treatment.DELETE:
            yield ids_of(one.key, 1)[0]


def _unless_binned(one: ObjectOutcome, binned: set[int]) -> ObjectOutcome:
    if one.collection != Kind.TICKETS or ids_of(one.key, 1)[0] not in binned:
        return one
    return one.model_copy(update={"fate": Fate.FAILED, "reason": "in_bin"})
