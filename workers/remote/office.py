"""What staff do, done by an office elsewhere: the same methods, over its API.

``by`` is not sent: who acts is the token's account.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import BaseModel

from activities.keeping import SweepReport
from activities.ledger import (
    ErrorRow,
    HoldRow,
    Letter,
    LetterRow,
    RequestFilter,
    RestrictionRow,
    SearchRow,
    TaskFilter,
    TokenRow,
    TroubleRow,
    WebhookRow,
)
from activities.ledger.queue import NOBODY
from activities.messages import Message
from activities.outside import AskedOutside
from activities.replay_model import ReplayReport
from activities.stated import Stated
from activities.task_model import FoundFile
from habeas.acts import ActAnswer, ActKind
from habeas.errors import BadInput
from habeas.model import CHANGING, Identifier
from workers.api.duties import HoldList, KeptList, LetterList, RecipientList, RestrictionList, TaskList
from workers.api.looks import MessageList, SentContent
from workers.api.oversight import SystemList
from workers.api.requests import Queue, SearchList, Timeline
from workers.api.review import RedactionList
from workers.api.sessions import SignedOut
from workers.api.tokens import TokenList
from workers.api.webhooks import WebhookList
from workers.loopback import is_loopback
from workers.office import (
    Candidates,
    CollectedPage,
    Entry,
    NewRequestInput,
    OpenedAnswer,
    RedactionAsked,
    Said,
    ShownPlan,
    ShownRedaction,
    ShownTask,
    Story,
    TaskEntry,
    Told,
    Verdict,
)
from workers.office.handover import Downloaded
from workers.office.holders import Held
from workers.office.holds import Kept, LiftedHold, NewHoldInput, PlacedHold
from workers.office.importing import ImportResult
from workers.office.letters import BouncedLetter, HandedLetter
from workers.office.oversight import Foreseen, SystemStanding, WatchStanding
from workers.office.packing import WrittenPack, written
from workers.office.recipients import Told as ToldRecipient
from workers.office.reports import CaliforniaReport, Report
from workers.office.restrictions import Lifting, ShownChange
from workers.office.to_disk import refuse_unfit, write_whole
from workers.office.tokens import MadeToken
from workers.office.waiting import Retried
from workers.office.webhooks import MadeWebhook
from workers.remote.calls import Calls

__all__ = ["RemoteOffice", "open_remote"]

_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
_WORDS = {ActKind.ASK: "question"}
_DAYS = {ActKind.ASK: "reply_by", ActKind.EXTEND: "until", ActKind.ANNOUNCE_DELAY: "expected_on"}


class RemoteOffice:
    """The methods of `workers.office.Office` that the command line calls; each raises what that one raises."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def actor(self, by: str) -> str:
        """Only the office there has the key that names people; what is asked of oneself is asked by the token."""
        return by

    async def requests(self, wanted: RequestFilter) -> tuple[Entry, ...]:
        """See `Reading.requests`."""
        query = wanted.model_dump(mode="json", exclude={"held"})
        held = wanted.held if wanted.held in {None, NOBODY} else "me"
        return (await self._calls.get("requests", Queue, held=held, **query)).items

    async def open_request(self, asked: NewRequestInput) -> OpenedAnswer:
        """See `Opening.open_request`."""
        said = asked.model_dump(mode="json", exclude={"opened_by", "idempotency_key"}, exclude_unset=True)
        return await self._calls.post("requests", OpenedAnswer, said, key=_long(asked.idempotency_key))

    async def import_requests(
        self,
        text: str,
        *,
        by: str,
        skip_bad: bool = False,
        check_only: bool = False,
        progress: Callable[[int], None] = lambda done: None,
    ) -> ImportResult:
        """See `Importing.import_requests`."""
        answer = await self._calls.send(
            "requests/import", ImportResult, text.encode(), "text/csv", skip_bad=skip_bad, check_only=check_only
        )
        progress(len(answer.opened))
        return answer

    async def forecast(self, controller: str | None = None) -> Foreseen:
        """See `Oversight.forecast`."""
        return await self._calls.get("forecast", Foreseen, controller=controller)

    async def systems(self) -> tuple[SystemStanding, ...]:
        """See `Oversight.systems`."""
        return await self._calls.every("systems", SystemList)

    async def searches(
        self, limit: int = 100, *, sort: str | None = None, cursor: str | None = None
    ) -> tuple[SearchRow, ...]:
        """See `Finding.searches`."""
        return (await self._calls.get("searches", SearchList, limit=limit, sort=sort, cursor=cursor)).items

    async def show(self, request_id: str) -> Story:
        """See `Reading.show`."""
        return await self._calls.get(f"requests/{request_id}", Story)

    async def timeline(self, request_id: str) -> tuple[Told, ...]:
        """See `Reading.timeline`."""
        return await self._calls.every(f"requests/{request_id}/timeline", Timeline)

    async def verify_evidence(self, request_id: str, expected_head: str | None = None) -> Verdict:
        """See `Reading.verify_evidence`."""
        return await self._calls.get(f"requests/{request_id}/evidence", Verdict, head=expected_head)

    async def is_change(self, request_id: str) -> bool:
        """See `Restricting.is_change`."""
        return (await self.show(request_id)).entry.right in CHANGING

    async def plan(self, request_id: str, *, by: str, reason: str) -> ShownPlan:
        """See `Reading.plan`."""
        return await self._calls.post(f"requests/{request_id}/looks/plan", ShownPlan, {"reason": reason})

    async def change_plan(self, request_id: str, *, by: str, reason: str) -> ShownChange:
        """See `Restricting.change_plan`."""
        return await self._calls.post(f"requests/{request_id}/looks/plan", ShownChange, {"reason": reason})

    async def plan_digest(self, request_id: str, beginning: str) -> str:
        """The beginning as it is: the office there knows the rest, and refuses another's."""
        return beginning

    async def candidates(self, request_id: str, *, by: str, reason: str) -> Candidates:
        """See `Reading.candidates`."""
        return await self._calls.post(f"requests/{request_id}/looks/match", Candidates, {"reason": reason})

    async def find_requests(
        self, identifiers: tuple[Identifier, ...], *, by: str, reason: str, controller: str | None = None
    ) -> tuple[Entry, ...]:
        """See `Finding.find_requests`."""
        said = {"identifiers": identifiers, "reason": reason, "controller": controller}
        return (await self._calls.post("requests/find", Queue, said)).items

    async def collected(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        system: str | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> CollectedPage:
        """See `Reviewing.collected`."""
        said = {"reason": reason, "system": system, "cursor": cursor, "limit": limit}
        return await self._calls.post(f"requests/{request_id}/collected", CollectedPage, said)

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
        """See `Reviewing.attachment`."""
        await asyncio.to_thread(refuse_unfit, to)
        said = {"reason": reason, "object": record, "file": file}
        async with self._calls.stream(f"requests/{request_id}/collected/file", said) as response:
            size, digest = await write_whole(to, response.aiter_bytes())
        return Downloaded(path=str(to), sha256=digest, size=size)

    async def redactions(self, request_id: str, *, by: str, reason: str) -> tuple[ShownRedaction, ...]:
        """See `Reviewing.redactions`."""
        path = f"requests/{request_id}/redactions/look"
        return await self._calls.every_seen(path, RedactionList, reason)

    async def redact(
        self, request_id: str, *, by: str, reason: str, ground: str, asked: RedactionAsked, act_id: str | None = None
    ) -> ActAnswer:
        """See `Reviewing.redact`."""
        said = asked.model_dump(mode="json") | {"reason": reason, "ground": ground}
        return await self._calls.post(f"requests/{request_id}/redactions", ActAnswer, said, key=act_id)

    async def unredact(
        self, request_id: str, *, by: str, reason: str, redaction: str, act_id: str | None = None
    ) -> ActAnswer:
        """See `Reviewing.unredact`."""
        path = f"requests/{request_id}/redactions/{quote(redaction, safe='')}/put_back"
        return await self._calls.post(path, ActAnswer, {"reason": reason}, key=act_id)

    async def error(self, request_id: str, correlation: str, *, by: str, reason: str) -> ErrorRow:
        """See `Reading.error`."""
        said = {"reason": reason, "correlation": correlation}
        return await self._calls.post(f"requests/{request_id}/looks/error", ErrorRow, said)

    async def messages(self, request_id: str, *, by: str, reason: str) -> tuple[Message, ...]:
        """See `Messages.messages`."""
        return await self._calls.every_seen(f"requests/{request_id}/looks/messages", MessageList, reason)

    async def message_file(self, request_id: str, message_id: str, number: int, *, by: str, reason: str) -> FoundFile:
        """See `Messages.message_file`."""
        asked = {"reason": reason, "message": message_id, "number": number}
        sent = await self._calls.post(f"requests/{request_id}/looks/file", SentContent, asked)
        return FoundFile(name=sent.name, media_type=sent.media_type, content=base64.b64decode(sent.content))

    async def download(self, request_id: str, *, by: str, reason: str, to: Path) -> Downloaded:
        """See `Handover.download`."""
        await asyncio.to_thread(refuse_unfit, to)
        async with self._calls.stream(f"requests/{request_id}/looks/package", {"reason": reason}) as response:
            size, digest = await write_whole(to, response.aiter_bytes())
        return Downloaded(path=str(to), sha256=digest, size=size)

    async def write_pack(
        self, request_id: str, *, to: Path, by: str, reason: str = "", personal: bool = False
    ) -> WrittenPack:
        """See `Packing.write_pack`."""
        await asyncio.to_thread(refuse_unfit, to)
        path = f"requests/{request_id}/looks/pack" if personal else f"requests/{request_id}/evidence/pack"
        async with self._calls.stream(path, {"reason": reason} if personal else None) as response:
            content = await response.aread()
        return await written(to, content, personal=personal)

    async def act(
        self,
        kind: ActKind,
        request_id: str,
        *,
        by: str,
        reason: str,
        act_id: str | None = None,
        sealed: BaseModel | None = None,
        stated: Stated | None = None,
        **facts: str | None,
    ) -> ActAnswer:
        """See `Acting.act`."""
        said: dict[str, Any] = {_WORDS.get(kind, "reason"): reason}
        for name, value in facts.items():
            if name == "pause_reason":
                said["waits_for"] = value
            elif name == "expected_on":
                said[_DAYS.get(kind, name)] = value
            elif kind is ActKind.APPROVE and name == "ground":
                said |= {value: True} if value else {}  # its fields are called as its grounds
            else:
                said[name] = value
        if sealed is not None:
            said["outside"] = sealed
        if stated is not None:
            said["stated"] = stated
        return await self._act(request_id, kind.value, said, act_id)

    async def submit_code(self, request_id: str, code: str) -> ActAnswer:
        """See `Acting.submit_code`."""
        return await self._act(request_id, "prove", {"code": code}, None)

    async def release(self, request_id: str, *, by: str, reason: str, act_id: str | None = None) -> ActAnswer:
        """See `Handover.release`."""
        return await self._act(request_id, "release", {"reason": reason}, act_id)

    async def charge(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        amount: str,
        ground: str | None = None,
        how_to_pay: str | None = None,
        outside: AskedOutside | None = None,
        act_id: str | None = None,
    ) -> ActAnswer:
        """See `Acting.charge`."""
        said = {"reason": reason, "amount": amount, "ground": ground, "how_to_pay": how_to_pay, "outside": outside}
        return await self._act(request_id, "charge", said, act_id)

    async def add_identifier(
        self, request_id: str, *, by: str, reason: str, identifiers: tuple[Identifier, ...], act_id: str | None = None
    ) -> ActAnswer:
        """See `Acting.add_identifier`."""
        return await self._act(request_id, "add_identifier", {"reason": reason, "identifiers": identifiers}, act_id)

    async def decide_by_handle(
        self, request_id: str, *, by: str, reason: str, said: Mapping[str, bool], act_id: str | None = None
    ) -> ActAnswer:
        """See `Reading.decide_by_handle`."""
        return await self._act(request_id, "decide_match", {"reason": reason, "records": dict(said)}, act_id)

    async def contest(
        self, request_id: str, *, by: str, reason: str, corrections: tuple[int, ...], act_id: str | None = None
    ) -> ActAnswer:
        """See `Restricting.contest`."""
        return await self._act(request_id, "contest", {"reason": reason, "corrections": corrections}, act_id)

    async def restrictions(
        self, *, controller: str | None = None, request_id: str | None = None, standing: bool = True
    ) -> tuple[RestrictionRow, ...]:
        """See `Restricting.restrictions`."""
        return await self._calls.every(
            "restrictions", RestrictionList, controller=controller, request_id=request_id, lifted=not standing
        )

    async def lift_restriction(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        on: date | None = None,
        told: str | None = None,
        act_id: str | None = None,
    ) -> Lifting:
        """See `Restricting.lift_restriction`."""
        said = {"reason": reason, "on": on, "told": told}
        return await self._calls.post(f"requests/{request_id}/acts/lift_restriction", Lifting, said, key=act_id)

    async def lifted_by_hand(
        self, request_id: str, *, system: str, by: str, reason: str, act_id: str | None = None
    ) -> ActAnswer:
        """See `Restricting.lifted_by_hand`."""
        return await self._act(request_id, "lifted_by_hand", {"reason": reason, "system": system}, act_id)

    async def take(self, request_id: str, *, by: str) -> Held:
        """See `Holders.take`."""
        return await self._calls.post(f"requests/{request_id}/holder", Held, {})

    async def hand(self, request_id: str, *, by: str, to: str) -> Held:
        """See `Holders.hand`."""
        return await self._calls.post(f"requests/{request_id}/holder", Held, {"to": to})

    async def put_back(self, request_id: str, *, by: str) -> Held:
        """See `Holders.put_back`."""
        return await self._calls.delete(f"requests/{request_id}/holder", Held)

    async def report(self, controller: str | None, since: date, until: date) -> Report:
        """See `Reporting.report`."""
        period = {"from": since.isoformat(), "to": until.isoformat()}
        return await self._calls.get("reports", Report, controller=controller, **period)

    async def california(self, controller: str | None, year: int, *, everyone: bool = False) -> CaliforniaReport:
        """See `Reporting.california`."""
        path = f"reports/california/{year}"
        return await self._calls.get(path, CaliforniaReport, controller=controller, everyone=everyone)

    async def recipients(self, request_id: str) -> tuple[ToldRecipient, ...]:
        """See `Recipients.recipients`."""
        return await self._calls.every(f"requests/{request_id}/recipients", RecipientList)

    async def acknowledge(self, request_id: str, recipient: str, *, by: str, reason: str) -> ToldRecipient:
        """See `Recipients.acknowledge`."""
        path = f"requests/{request_id}/recipients/{recipient}/acknowledge"
        return await self._calls.post(path, ToldRecipient, {"reason": reason})

    async def tasks(self, wanted: TaskFilter, *, overdue: bool = False) -> tuple[TaskEntry, ...]:
        """See `Tasking.tasks`."""
        query = wanted.model_dump(mode="json", exclude={"mine"})
        every, mine = wanted.state is None, wanted.mine is not None
        return (await self._calls.get("tasks", TaskList, overdue=overdue, every=every, mine=mine, **query)).items

    async def task(self, task_id: str, *, by: str, reason: str) -> ShownTask:
        """See `Tasking.task`."""
        return await self._calls.post(f"tasks/{task_id}/look", ShownTask, {"reason": reason})

    async def finish_task(
        self, task_id: str, *, by: str, reason: str, said: Said, act_id: str | None = None
    ) -> ActAnswer:
        """See `Tasking.finish_task`."""
        body = said.model_dump(mode="json", exclude={"files", "attached", "outside"}) | {
            "reason": reason,
            "files": [_file(one) for one in said.files],
            "attached": [_file(one) for one in said.attached.values()],
        }
        return await self._calls.post(f"tasks/{task_id}/done", ActAnswer, body, key=act_id)

    async def place_hold(self, asked: NewHoldInput, *, by: str, hold_id: str | None = None) -> PlacedHold:
        """See `Holding.place_hold`."""
        return await self._calls.post("holds", PlacedHold, asked, key=hold_id)

    async def holds(self, controller: str | None = None, *, standing: bool = True) -> tuple[HoldRow, ...]:
        """See `Holding.holds`."""
        return await self._calls.every("holds", HoldList, controller=controller, lifted=not standing)

    async def lift_hold(self, hold_id: str, *, by: str, reason: str | None = None) -> LiftedHold:
        """See `Holding.lift_hold`."""
        return await self._calls.post(f"holds/{hold_id}/lift", LiftedHold, {"reason": reason})

    async def letters_to_hand_over(self, controller: str | None = None) -> tuple[LetterRow, ...]:
        """See `LetterPost.letters_to_hand_over`."""
        return await self._calls.every("letters/to_hand_over", LetterList, controller=controller)

    async def letter_to_hand_over(self, letter_id: str, *, by: str, reason: str) -> Letter:
        """See `LetterPost.letter_to_hand_over`."""
        return await self._calls.post(f"letters/{letter_id}/look", Letter, {"reason": reason})

    async def letter_handed(self, letter_id: str, *, by: str, reason: str) -> HandedLetter:
        """See `LetterPost.letter_handed`."""
        return await self._calls.post(f"letters/{letter_id}/handed", HandedLetter, {"reason": reason})

    async def letter_bounced(self, mail: bytes) -> BouncedLetter:
        """See `LetterPost.letter_bounced`."""
        return await self._calls.send("letters/bounces", BouncedLetter, mail, "message/rfc822")

    async def retry_waiting(self, system: str, *, by: str, reason: str) -> Retried:
        """See `Waiting.retry_waiting`."""
        return await self._calls.post(f"systems/{system}/retry", Retried, {"reason": reason})

    async def kept(self, controller: str | None = None) -> tuple[Kept, ...]:
        """See `Holding.kept`."""
        return await self._calls.every("retention", KeptList, controller=controller)

    async def failing(self, system: str) -> tuple[TroubleRow, ...]:
        """See `Holding.failing`."""
        return tuple(one for kept in await self.kept() for one in kept.failing if one.system == system)

    async def start_sweep(self) -> None:
        """Workers there start it."""

    async def sweep_now(self) -> SweepReport:
        """See `Holding.sweep_now`."""
        return await self._calls.post("retention/sweep", SweepReport, {})

    async def watch(self) -> WatchStanding:
        """See `Oversight.watch`."""
        return await self._calls.get("watch", WatchStanding)

    async def look_back(
        self, since: str, *, system: str | None = None, controller: str | None = None, by: str, reason: str
    ) -> ReplayReport:
        """See `Afterwards.look_back`."""
        said = {"since": since, "system": system, "controller": controller, "reason": reason}
        return await self._calls.post("erasures/replay/look", ReplayReport, said)

    async def erase_again(
        self, since: str, *, plan: str, system: str | None = None, controller: str | None = None, by: str, reason: str
    ) -> ReplayReport:
        """See `Afterwards.erase_again`."""
        said = {"since": since, "system": system, "controller": controller, "reason": reason, "plan": plan}
        return await self._calls.post("erasures/replay", ReplayReport, said)

    async def make_token(self, account: str, *, title: str, may: tuple[str, ...], days: int = 90, by: str) -> MadeToken:
        """See `Tokens.make_token`."""
        said = {"account": account, "title": title, "scopes": may, "days": days}
        return await self._calls.post("tokens", MadeToken, said)

    async def tokens(self) -> tuple[TokenRow, ...]:
        """See `Tokens.tokens`."""
        return await self._calls.every("tokens", TokenList)

    async def revoke_token(self, token_id: str, *, by: str) -> TokenRow:
        """See `Tokens.revoke_token`."""
        return await self._calls.delete(f"tokens/{token_id}", TokenRow)

    async def end_sessions(self, account: str) -> None:
        """See `Sessions.end_sessions`."""
        await self._calls.post("sessions/end", SignedOut, {"account": account})

    async def add_webhook(
        self, url: str, *, controller: str | None, types: tuple[str, ...] = (), by: str
    ) -> MadeWebhook:
        """See `Hooks.add_webhook`."""
        return await self._calls.post("webhooks", MadeWebhook, {"url": url, "controller": controller, "types": types})

    async def webhooks(self) -> tuple[WebhookRow, ...]:
        """See `Hooks.webhooks`."""
        return await self._calls.every("webhooks", WebhookList)

    async def remove_webhook(self, webhook_id: str, *, by: str) -> WebhookRow:
        """See `Hooks.remove_webhook`."""
        return await self._calls.delete(f"webhooks/{webhook_id}", WebhookRow)

    async def enable_webhook(self, webhook_id: str) -> WebhookRow:
        """See `Hooks.enable_webhook`."""
        return await self._calls.post(f"webhooks/{webhook_id}/enable", WebhookRow, {})

    async def test_webhook(self, webhook_id: str) -> WebhookRow:
        """See `Hooks.test_webhook`."""
        return await self._calls.post(f"webhooks/{webhook_id}/test", WebhookRow, {})

    async def _act(self, request_id: str, kind: str, said: Mapping[str, Any], act_id: str | None) -> ActAnswer:
        return await self._calls.post(f"requests/{request_id}/acts/{kind}", ActAnswer, said, key=act_id)


@asynccontextmanager
async def open_remote(address: str, token: str) -> AsyncIterator[RemoteOffice]:
    """The office at an address.

    Args:
        address: of the desk, as ``https://privacy.example.org``.
        token: of `habeas token create`.

    Raises:
        BadInput: the address is not one to which a token may be sent.
    """
    url = httpx2.URL(address)
    if url.scheme != "https" and not is_loopback(url.host):
        raise BadInput("HABEAS_API: a token is sent over https only, or to this machine.", field="api")
    base = f"{address.rstrip('/')}/api/v1/"
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=_TIMEOUT, trust_env=True) as client:
        yield RemoteOffice(Calls(client))


def _file(one: FoundFile) -> dict[str, str]:
    return {"name": one.name, "media_type": one.media_type, "content": base64.b64encode(one.content).decode()}


def _long(key: str | None) -> str | None:
    """An own number may be shorter than a key that is told from others'."""
    return key if key is None or len(key) >= 8 else f"own-key-{key}"
