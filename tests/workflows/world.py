"""A whole engine for workflow tests: real ledger, storage, letters and Temporal; connected systems in memory.

Each workflow has its own virtual clock: a test moves one request through a month without waiting.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import TypeVar

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.connectors.manual import ManualConnector
from activities.connectors.processor import ProcessorConnector
from activities.ledger import RequestRow
from activities.parts import Parts
from activities.stated import Stated
from habeas.acts import ActAnswer, ActKind
from habeas.connector import Capability, Collection, Connector, Retention, Treatment
from habeas.errors import WrongStage
from habeas.evidence import Event, verify
from habeas.model import Identifier, Right, Stage
from habeas.testing import MemoryConnector, MemoryRow
from workers.office import NewRequestInput, Office
from workflows.request import RequestWorkflow

T = TypeVar("T")

REFUSED = "refused-"
"""Addresses that begin so are refused by the mail server."""

UNEXPECTED: list[str] = []
"""Foreign exceptions in activities since the test began: defects, even where a retry hides them."""

LAW = "Bookkeeping Act § 12"
CRM = (
    Collection(
        name="contacts",
        category="contact",
        treatment=Treatment.DELETE,
        rectifiable=("email", "name", "phone"),
        restrictable=True,
    ),
    Collection(name="notes", category="activity", treatment=Treatment.DELETE, free_text=("text",), restrictable=True),
)
BILLING = (
    Collection(
        name="customers", category="account", treatment=Treatment.DELETE, rectifiable=("name",), restrictable=True
    ),
    Collection(
        name="invoices",
        category="transactions",
        treatment=Treatment.RETAIN,
        retention=Retention(law=LAW, years=5, anchor="issued_on"),
    ),
)


CHAT = (
    Collection(name="visitors", category="account", treatment=Treatment.DELETE),
    Collection(
        name="messages",
        category="support",
        treatment=Treatment.DELETE,
        expires=Retention(law="our policy: a month", days=30, anchor="sent_on"),
    ),
)
"""A chat whose messages end by themselves."""


def systems() -> dict[str, MemoryConnector]:
    """A CRM that knows addresses, and a billing store that is found by the customer number."""
    return {
        "crm": MemoryConnector(
            CRM,
            title="Customer relations",
            needs=("email", "customer_number"),
            purposes=("newsletter", "profiling", "sale", "sensitive"),
        ),
        "billing": MemoryConnector(BILLING, title="Billing", needs=("customer_number", "email")),
        "chat": MemoryConnector(CHAT, title="Chat", needs=("email",)),
    }


OWNER = "archive@archive.example"
"""Who keeps the filing cabinet."""
FILED = "Archives Act § 3"
AGENCY = "privacy@agency.example"
"""A processor that sends the newsletter, and reads German."""
TAX = "Tax Act § 147"
"""By which the agency may have to keep something."""


def by_hand() -> dict[str, Connector]:
    """A filing cabinet, and resellers that can be asked what they hold and erase nothing by themselves."""
    paper = {
        "title": "Filing cabinet",
        "owner": OWNER,
        "due_days": 5,
        "max_file_mb": 1,
        "instructions": {"en": "Second floor, by customer number."},
        "collections": [
            {"name": "letters", "category": "correspondence"},
            {
                "name": "contracts",
                "category": "transactions",
                "treatment": "retain",
                "retention": {"law": FILED, "years": 5},
            },
        ],
    }
    agency = {
        "title": "Newsletter agency",
        "email": AGENCY,
        "letters_in": "de",
        "told": ["email"],
        "owner": OWNER,
        "max_file_mb": 1,
        "keeps": [TAX],
        "purposes": ["newsletter"],
        "instructions": {"de": "In der Versandliste und in den Rückläufern."},
        "collections": [
            {"name": "subscribers", "category": "contact"},
            {
                "name": "orders",
                "category": "transactions",
                "treatment": "retain",
                "retention": {"law": FILED, "years": 5},
            },
        ],
    }
    resellers = MemoryConnector(CRM[:1], title="Resellers", needs=("customer_number",))
    can = resellers.manifest.capabilities - {Capability.ERASE, Capability.CONFIRM}
    resellers.manifest = resellers.manifest.model_copy(update={"capabilities": can})
    return {
        "paper": ManualConnector.from_settings("paper", paper),
        "mailing": ProcessorConnector.from_settings("mailing", agency),
        "resellers": resellers,
    }


@dataclass(frozen=True)
class Person:
    """Somebody with a contact, notes, a customer account and invoices."""

    name: str
    email: str
    number: str

    def settle_in(
        self,
        connectors: dict[str, MemoryConnector],
        *,
        notes: int = 3,
        free_text: bool = False,
        controlled_by: str | None = None,
    ) -> None:
        """Put their rows into the systems."""
        email = Identifier(kind="email", value=self.email)
        number = Identifier(kind="customer_number", value=self.number)
        contact = MemoryRow(
            collection="contacts",
            key=f'["{self.number}"]',
            data={"email": self.email, "name": self.name},
            identifiers=(email, number),
            name=self.name,
        )
        theirs = {"controlled_by": controlled_by, "writer": self.email} if controlled_by else {}
        text = "Spoke with her brother about it" if free_text else ""
        connectors["crm"].put(
            contact,
            *(
                MemoryRow(
                    collection="notes",
                    key=f'["{self.number}-{n}"]',
                    root=contact.key,
                    data={"text": text, "n": n, **theirs},
                )
                for n in range(notes)
            ),
        )
        customer = MemoryRow(
            collection="customers",
            key=f'["C{self.number}"]',
            data={"name": self.name},
            identifiers=(number,),
            name=self.name,
        )
        connectors["billing"].put(
            customer,
            MemoryRow(
                collection="invoices",
                key=f'["I{self.number}"]',
                root=customer.key,
                data={"total": "12.50"},
                anchor=date(2026, 3, 1),
            ),
        )


def someone(name: str = "Ada Test") -> Person:
    """A person nobody else in the test run is."""
    unique = uuid.uuid4().hex[:10]
    return Person(name=name, email=f"{unique}@example.org", number=f"N-{unique}")


class Mail:
    """The letters that the SMTP server took."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []

    def to(self, address: str) -> list[EmailMessage]:
        """Letters to an address, oldest first."""
        return [letter for to, letter in self.letters if to == address]

    def text(self, address: str, containing: str) -> str:
        """The plain text of the newest letter to an address that contains these words."""
        text = ""
        for letter in reversed(self.to(address)):
            body = letter.get_body(preferencelist=("plain",))
            # A no-break space keeps an article and its number on one line, and is a space to who reads it.
            text = str(body.get_content()).replace("\xa0", " ") if body else ""
            if containing in " ".join(text.split()) or containing in text:
                return text
        raise AssertionError(f"no letter contains {containing!r}; the newest:\n{text if self.to(address) else None}")


@dataclass
class World:
    """Everything a test works with."""

    env: WorkflowEnvironment
    parts: Parts
    connectors: dict[str, MemoryConnector]
    mail: Mail
    office: Office
    now: list[datetime] = field(default_factory=lambda: [datetime.now(UTC)])
    passed: float = 0.0
    """Seconds that went by for the requests of the test run, beside those that really did."""

    @contextmanager
    def asked_together(self, *systems: str) -> Iterator[None]:
        """Requests that begin meanwhile ask these in one call, as far as they answer at once."""
        self.parts.together.update(dict.fromkeys(systems, 10))
        try:
            yield
        finally:
            self.parts.together.clear()

    async def open(self, person: Person, right: Right = Right.ACCESS, **words: object) -> Case:
        """Open a request of a person."""
        asked = NewRequestInput.model_validate(
            {"right": right.value, "opened_by": "ann", "controller": "demo", "emails": (person.email,), **words}
        )
        self.now[0] = datetime.now(UTC)
        opened = await self.office.open_request(asked)
        assert opened.created
        return Case(self, opened.id, person, also=opened.also)


class Case:
    """One request under test."""

    def __init__(self, world: World, request_id: str, person: Person, *, also: tuple[str, ...] = ()) -> None:
        self.world = world
        self.also = also
        """Requests that were opened beside it."""
        self.id = request_id
        self.person = person
        self.handle: WorkflowHandle[RequestWorkflow, object] = world.env.client.get_workflow_handle_for(
            RequestWorkflow.run, request_id
        )

    async def row(self) -> RequestRow:
        """The request as the ledger has it."""
        async with self.world.parts.ledger.begin() as tx:
            return await tx.request_row(self.id)

    async def reaches(self, stage: Stage) -> RequestRow:
        """Until the request is in a stage."""

        async def there() -> RequestRow | None:
            row = await self.row()
            return row if row.stage is stage else None

        return await eventually(there)

    async def passes(self, time: timedelta) -> None:
        """Let time pass for this request."""
        self.world.passed += time.total_seconds()
        await self.world.env.fast_forward(self.handle, time)
        self.world.now[0] = await self.world.env.get_current_time(self.handle)

    async def letters(self) -> list[str]:
        """The kinds of letters that were sent, in order."""
        async with self.world.parts.ledger.begin() as tx:
            return [row.kind for row in await tx.letters(self.id) if row.state == "sent"]

    async def has_letter(self, kind: str, times: int = 1) -> None:
        """Until so many letters of this kind were sent."""

        async def sent() -> bool:
            return (await self.letters()).count(kind) >= times

        await eventually(sent)

    async def events(self) -> tuple[Event, ...]:
        """The evidence; its chain is whole."""
        async with self.world.parts.ledger.begin() as tx:
            events = await tx.events(self.id)
        assert verify(events) == ()
        return events

    async def tags(self) -> list[str]:
        """What the evidence says happened."""
        return [event.tag.value for event in await self.events()]

    async def act(
        self,
        kind: ActKind,
        by: str = "ann",
        act_id: str | None = None,
        stated: Stated | None = None,
        **facts: str | None,
    ) -> ActAnswer:
        """One act of staff."""
        return await self.world.office.act(
            kind, self.id, by=by, reason="as told", act_id=act_id, sealed=None, stated=stated, **facts
        )

    async def code(self, number: int = 1) -> str:
        """The code that the person was sent."""
        await self.has_letter("code", number)
        letter = self.world.mail.text(self.person.email, self.id)
        for message in reversed(self.world.mail.to(self.person.email)):
            body = message.get_body(preferencelist=("plain",))
            text = str(body.get_content()) if body else ""
            found = re.search(r"^\s*(\d{4}[ -]?\d{4})\s*$", text, re.MULTILINE)
            if found and self.id in text:  # another request of theirs may have sent one later
                return found.group(1)
        raise AssertionError(f"no code in the letter:\n{letter}")

    async def prove(self) -> None:
        """The person gives the code."""
        await self.reaches(Stage.VERIFYING)
        await self.world.office.submit_code(self.id, await self.code())

    async def plan(self) -> str:
        """The digest of the plan under review."""
        return (await self.world.office.plan(self.id, by="ann", reason="review")).digest

    async def approve_anew(self, before: str) -> None:
        """Two people approve the plan that takes the place of this one, as soon as it is under review."""

        async def approved() -> bool:
            plan = await self.plan()
            if plan == before:
                return False
            try:
                await self.act(ActKind.APPROVE, by="ann", plan=plan)
            except WrongStage:
                return False
            await self.act(ActKind.APPROVE, by="bob", plan=plan)
            return True

        await eventually(approved)

    async def approve_twice(self) -> None:
        """Two people approve the plan under review."""
        await self.reaches(Stage.REVIEWING)
        plan = await self.plan()
        await self.act(ActKind.APPROVE, by="ann", plan=plan)
        await self.act(ActKind.APPROVE, by="bob", plan=plan)


async def eventually(condition: Callable[[], Awaitable[T | None]], within: float = 60.0) -> T:
    """Ask again until the answer is a true one; less and less often, for each answer costs the ledger a trip."""
    pause = 0.01
    async with asyncio.timeout(within):
        while True:
            if UNEXPECTED:
                pytest.fail("\n".join(dict.fromkeys(UNEXPECTED)), pytrace=False)
            answer = await condition()
            if answer:
                return answer
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, 0.1)
