"""What comes in to a request after it was opened: from the person's page, the form, another program; staff read it."""

from __future__ import annotations

import uuid

import structlog
from pydantic import Field, JsonValue

from activities.ledger import Tx
from activities.letters import Attention, Kind
from activities.messages import MESSAGES, Message, MessageKind, SentFile, file_name
from activities.model import LetterOrder
from activities.task_model import FoundFile
from habeas.access import Scope
from habeas.errors import BadInput, EngineUnavailable, KeyDestroyed, WrongStage
from habeas.evidence import Tag
from habeas.model import Frozen, Identifier, Stage
from habeas.particulars import Particulars
from workers.office.reading import Reading
from workers.office.room import SUBJECT
from workers.office.written import printable, written

log = structlog.get_logger(__name__)

STAFF_NOT_TOLD = "staff_not_told_of_message"
"""A person's message is kept, and staff were not told of it by mail."""
MOST_MESSAGES = 50
"""Of one request, of whoever gave a code, and of each program; whoever has more to say writes to the controller."""
MOST_FORMS = 500
"""Of one request, by the form, of nobody knows whom: they take no room from who has a code.

Ten forms a day are taken with one address, whoever has it (`workers.desk.ask.AskLimits`): who comes to this bound has
sent them for weeks, and learns of no address whether anybody has it.
"""
MOST_TEXT = 5000
"""Characters of one message."""
MOST_OPENING = 12_000
"""Characters of the words that came with an opening: those that a request may be opened with, and more."""


class Sent(Frozen):
    """What is sent. Nothing here has been checked yet."""

    kind: MessageKind
    text: str = Field(default="", repr=False)
    situation: str | None = Field(default=None, repr=False)
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)
    files: tuple[FoundFile, ...] = Field(default=(), repr=False)
    proven: bool = False
    source: str | None = None


class Came(Frozen):
    """What came with an opening, beside what is asked in it."""

    kind: MessageKind = MessageKind.OPENING
    files: tuple[FoundFile, ...] = Field(default=(), repr=False)
    source: str | None = None
    """The program that passes it on."""
    message_id: str | None = None
    """A UUID: the same again is the same message; unset for one by the caller's key."""
    other_language: str = ""
    """Put before the words where the request is open already and its letters go in another language."""


class Messages(Reading):
    """Methods on messages."""

    async def hear(self, request_id: str, sent: Sent, message_id: str, *, most: int = MOST_TEXT) -> bool:
        """Keep a message and have staff told that there is one.

        Args:
            request_id: to which request.
            sent: what.
            message_id: a UUID; the same one again is the same message.
            most: characters of its text.

        Returns:
            Whether it is new.

        Raises:
            UnknownRequest, KeyDestroyed: there is no such request any more.
            WrongStage: it is closed.
            NotAllowed: one may not for its controller.
            BadInput: there is nothing in it, it is too long, or there are too many.
        """
        return await self._hear(request_id, sent, message_id, most, Scope.REQUESTS_WORK)

    async def _hear(self, request_id: str, sent: Sent, message_id: str, most: int, scope: Scope) -> bool:
        name = f"{MESSAGES}{uuid.UUID(message_id)}"
        text = printable(sent.text).strip()
        situation = printable(sent.situation or "").strip() or None
        if not (text or situation or sent.identifiers or sent.files):
            raise BadInput("Write something, or add a file.", field="text")
        if max(len(text), len(situation or "")) > most:
            raise BadInput(f"text: at most {most} characters.", field="too_long")
        async with self._ledger.begin() as tx:
            # Two that come at once stand in a line here, or both would find room for the last one.
            request = await tx.request(request_id, lock=True)
            self.demand(scope, request.controller)
            if name in await tx.sealed_names(request_id, MESSAGES):
                return False
            if request.stage is Stage.CLOSED:
                raise WrongStage("The request is closed.")
            bound = MOST_FORMS if sent.kind is MessageKind.OPENING else MOST_MESSAGES
            if await _sent_alike(tx, request_id, sent) >= bound:
                raise BadInput("There are too many messages; write to the controller.", field="too_many")
            await self._keep(tx, request_id, name, sent.model_copy(update={"text": text, "situation": situation}))
        await self._tell_staff(request_id, message_id)
        return True

    async def hear_opening(self, request_id: str, sent: Sent, message_id: str | None, *, created: bool = False) -> bool:
        """Keep what came with an opening and is not in the request: files, and words where it was open already.

        Args:
            request_id: that was opened, or was open already.
            sent: what came.
            message_id: a UUID; the same one again is the same message. The same words are, too.
            created: it was opened with these very words.

        Returns:
            Whether something was kept.

        Raises:
            As `hear`, where there is anything to keep; but who may open a request may add to one.
        """
        known = frozenset() if created else await self._known_words(request_id)
        if known is None:
            return False
        new = sent.model_copy(
            update={
                "text": "" if created or sent.text.strip() in known else sent.text,
                "situation": None if created or (sent.situation or "").strip() in known else sent.situation,
            }
        )
        if not (new.text.strip() or new.situation or new.files):
            return False
        return await self._hear(request_id, new, message_id or str(uuid.uuid4()), MOST_OPENING, Scope.REQUESTS_OPEN)

    async def _known_words(self, request_id: str) -> frozenset[str] | None:
        """All that was written: with what the request was opened, and after. None: its key is gone."""
        async with self._ledger.begin() as tx:
            try:
                subject, since = await tx.subject(request_id), await written(tx, request_id)
            except KeyDestroyed:
                return None
        first = (subject.note or "", Particulars.of(subject).situation or "")
        return frozenset(text.strip() for text in (*first, *(one.text for one in since)))

    async def messages(self, request_id: str, *, by: str, reason: str) -> tuple[Message, ...]:
        """What a request was opened with and what was sent to it, oldest first, files by name.

        Personal: looking leaves a mark.

        Raises:
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            read = await written(tx, request_id)
            await self._mark_view(tx, request_id, "messages", by, reason)
        return read

    async def message_file(self, request_id: str, message_id: str, number: int, *, by: str, reason: str) -> FoundFile:
        """A message's file. Personal: looking leaves a mark.

        Args:
            request_id: whose.
            message_id: of which message.
            number: which of its files, from 1.
            by: who looks.
            reason: why.

        Raises:
            BadInput: there is no such file of this request.
            NotAllowed: one may not look, whether there is one or not.
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            self.demand(Scope.PERSONAL_READ, (await tx.request(request_id)).controller)
            read = None
            if message_id.replace("-", "").isalnum():
                read = await tx.unseal(request_id, f"{MESSAGES}{message_id.lower()[:36]}", Message)
            if read is None or not 1 <= number <= len(read.files):
                raise BadInput("file: this request has no such file; see `habeas request messages`.", field="file")
            content = await tx.unseal_bytes(request_id, file_name(read.id, number - 1))
            await self._mark_view(tx, request_id, "file", by, reason)
        named = read.files[number - 1]
        return FoundFile(name=named.name, media_type=named.media_type, content=content or b"")

    async def _keep(self, tx: Tx, request_id: str, name: str, sent: Sent) -> None:
        now, message_id = self._now(), name.removeprefix(MESSAGES)
        message = Message(
            id=message_id,
            at=now,
            files=tuple(
                SentFile(name=printable(one.name)[:200] or "file", media_type=one.media_type, size=len(one.content))
                for one in sent.files
            ),
            **sent.model_dump(include={"kind", "proven", "text", "situation", "source"}),
            identifiers=sent.identifiers,
        )
        for number, one in enumerate(sent.files):
            await tx.seal(request_id, file_name(message_id, number), one.content)
        await tx.seal(request_id, name, message)
        facts: dict[str, JsonValue] = {
            "kind": sent.kind.value,
            "files": len(sent.files),
            "identifiers": len(sent.identifiers),
            "proven": sent.proven,
            "source": sent.source,
        }
        await tx.record(request_id, Tag.PERSON_WROTE, now, SUBJECT, facts, dedupe=name)

    async def _tell_staff(self, request_id: str, message_id: str) -> None:
        """A letter that somebody wrote. It is kept, and stands in the story, whether or not that letter can go now."""
        order = LetterOrder(
            request_id=request_id,
            at=self._now(),
            kind=Kind.STAFF_ATTENTION.value,
            dedupe=f"wrote/{message_id}",
            code=Attention.PERSON_WROTE.value,
        )
        try:
            await self._engine.send(order)
        except EngineUnavailable as error:
            log.warning(STAFF_NOT_TOLD, request=request_id, error=error.code)


async def _sent_alike(tx: Tx, request_id: str, sent: Sent) -> int:
    """How many messages there are of the form, of whoever gave a code, or of the same program."""
    mine = (sent.kind is MessageKind.OPENING, sent.proven, sent.source)
    told = (one.facts for one in await tx.events(request_id) if one.tag is Tag.PERSON_WROTE)
    return sum(
        (facts.get("kind") == MessageKind.OPENING, facts.get("proven"), facts.get("source")) == mine for facts in told
    )
