"""One installation with the five controllers: each with its own systems, staff and people; real stores behind them.

A controller's systems lie under ``stores/<controller>/``. Of each system there is either

* ``<system>.sql``: the store's tables, ``<system>.toml``: its data map, and ``<system>.person.sql``: what one person
  has in it, with ``:name``, ``:email``, ``:number``, ``:tag`` (text), ``:id`` (a number with two free digits at its
  end) and ``:today`` (a date) to be filled in; or
* ``<system>.manual.toml``: the settings of a system that a human works.

A controller is installed as soon as each of its systems is there.
"""

from __future__ import annotations

import io
import json
import re
import tomllib
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from activities.connectors import load_connector
from activities.keeping import Sweep, SweepReport
from habeas.acts import ActKind
from habeas.connector import Connector
from habeas.errors import WrongStage
from habeas.evidence import Event
from habeas.model import Right, Stage
from habeas.particulars import Scope
from habeas.policy import Policy
from habeas.policy.sections import Proof
from tests.fetching import fetched
from tests.policies.package import Package, Row
from tests.policies.reading import FIVE
from tests.workflows.world import Case, Person, World, eventually, someone
from workers.office import NewRequestInput
from workers.postgres import EmbeddedPostgres

__all__ = ["Asked", "Installation", "Package", "Row", "Rows", "connect_systems", "in_days", "installable", "last_day"]

STORES = Path(__file__).parent / "stores"
Rows = dict[str, frozenset[str]]
"""``system.table`` -> its rows, each as JSON, byte for byte."""

_PLACEHOLDER = re.compile(r"(?<!:):(name|email|number|tag|id|today)\b")
_REACHES_DATA = frozenset({Right.ACCESS, Right.PORTABILITY, Right.RECTIFICATION, Right.ERASURE})
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


def installable(policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """The controllers whose systems are all there."""

    def there(controller: str, system: str) -> bool:
        return any((STORES / controller / f"{system}{end}").is_file() for end in (".sql", ".manual.toml"))

    return {name: policies[name] for name in FIVE if all(there(name, one) for one in policies[name].systems)}


async def connect_systems(
    server: EmbeddedPostgres, policies: Mapping[str, Policy]
) -> tuple[dict[str, Connector], dict[str, asyncpg.Connection]]:
    """Make each store, and its connector; and a connection of the test's own to each store."""
    connectors: dict[str, Connector] = {}
    stores: dict[str, asyncpg.Connection] = {}
    for controller, policy in policies.items():
        for system in policy.systems:
            folder = STORES / controller
            manual = folder / f"{system}.manual.toml"
            if manual.is_file():
                settings = tomllib.loads(manual.read_text(encoding="utf-8"))
                connectors[system] = load_connector(system, {"connector": "manual", **settings})
                continue
            url = server.create_database(system)
            stores[system] = await asyncpg.connect(url)
            await stores[system].execute((folder / f"{system}.sql").read_text(encoding="utf-8"))
            sql = {"connector": "sql", "url": url, "map": str(folder / f"{system}.toml"), "pool_size": 2}
            connectors[system] = load_connector(system, sql)
    return connectors, stores


def filled(text: str, person: Person, zone: str) -> str:
    """SQL with what is the person's filled in; today is the day in this zone."""
    number = int(person.number.removeprefix("N-"), 16)
    values = {
        "name": f"'{person.name}'",
        "email": f"'{person.email}'",
        "number": f"'{person.number}'",
        "tag": f"'{person.number.removeprefix('N-')}'",
        "id": str(number * 100),
        "today": f"DATE '{datetime.now(ZoneInfo(zone)).date()}'",
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


@dataclass
class Installation(World):
    """Everything that a test of a policy works with."""

    stores: dict[str, asyncpg.Connection] = field(default_factory=dict)

    def policy(self, controller: str) -> Policy:
        """One controller's policy."""
        return self.parts.policies[controller]

    def staff(self, controller: str) -> tuple[str, ...]:
        """Who works there: two or more."""
        return self.policy(controller).staff.accounts

    async def settle(self, controller: str, name: str = "Ada Test", *, only: tuple[str, ...] = ()) -> Person:
        """A new person with rows in every store of a controller, or in these."""
        person = someone(name)
        for system in only or self.policy(controller).systems:
            if system in self.stores:
                text = (STORES / controller / f"{system}.person.sql").read_text(encoding="utf-8")
                await self.stores[system].execute(filled(text, person, self._zone(system)))
        return person

    async def sql(self, system: str, statement: str, person: Person) -> None:
        """Change a store behind the engine's back, with a person's values filled in."""
        await self.stores[system].execute(filled(statement, person, self._zone(system)))

    def _zone(self, system: str) -> str:
        controllers = (policy for policy in self.parts.policies.values() if system in policy.systems)
        return next(controllers).controller.clock_tz

    async def rows(self, controller: str) -> Rows:
        """Every row of every store of a controller."""
        found = {}
        for system in self.policy(controller).systems:
            if (store := self.stores.get(system)) is None:
                continue
            for (table,) in await store.fetch(_TABLES):
                texts = await store.fetch(f'SELECT to_jsonb(t)::text FROM "{table}" t')  # noqa: S608  from the catalogue
                found[f"{system}.{table}"] = frozenset(text for (text,) in texts)
        return found

    async def since(self, controller: str, before: Rows) -> dict[str, list[Row]]:
        """Rows that were not there before, by ``system.table``. All that was there is there, byte for byte."""
        now = await self.rows(controller)
        lost = {place: rows - now[place] for place, rows in before.items() if rows - now[place]}
        assert not lost, f"somebody else's rows were touched: {lost}"
        return {place: [json.loads(row) for row in rows - before[place]] for place, rows in now.items()}

    async def ask(
        self,
        controller: str,
        person: Person,
        right: Right = Right.ACCESS,
        *,
        at: datetime | None = None,
        **words: Any,
    ) -> Asked:
        """Open a person's request, as the controller's own staff do; at another time than now, if it must be."""
        account = self.staff(controller)[0]
        given: dict[str, Any] = {
            "right": right.value,
            "opened_by": account,
            "controller": controller,
            "emails": (person.email,),
        }
        self.now[0] = at or datetime.now(UTC)
        opened = await self.office.for_staff(account).open_request(NewRequestInput.model_validate(given | words))
        assert opened.created
        return Asked(self, opened.id, person, controller)

    async def through(self, controller: str, person: Person, right: Right = Right.ACCESS, **words: Any) -> Asked:
        """A request carried to its end: proven as its policy asks, approved by as many as it asks for."""
        case = await self.ask(controller, person, right, **words)
        await case.proves()
        if await case.reviewed():
            await case.approved()
        await case.reaches(Stage.CLOSED)
        return case

    async def sweep(self, after: timedelta = timedelta()) -> SweepReport:
        """One daily sweep, so much later than now."""
        handle = await self.env.client.start_workflow(
            "SweepWorkflow",
            Sweep(once=True),
            id=f"sweep-{uuid.uuid4().hex}",
            task_queue="habeas",
            start_delay=after,
            result_type=SweepReport,
        )
        if after:
            await self.env.fast_forward(handle, after)
        report: SweepReport = await handle.result()
        return report


class Asked(Case):
    """One request to one of the five."""

    world: Installation

    def __init__(self, world: Installation, request_id: str, person: Person, controller: str) -> None:
        super().__init__(world, request_id, person)
        self.controller = controller

    @property
    def by(self) -> tuple[str, ...]:
        """The controller's staff."""
        return self.world.staff(self.controller)

    async def do(self, kind: ActKind, by: int = 0, **facts: str | None) -> None:
        """One act of the controller's own staff."""
        office = self.world.office.for_staff(self.by[by])
        by_whom = self.by[by]
        await office.act(kind, self.id, by=by_whom, reason="as told", act_id=None, sealed=None, stated=None, **facts)

    async def proves(self) -> None:
        """The person proves who they are: by the code, and to staff as well where the policy asks for both."""
        await self.prove()
        sensitive = self.world.policy(self.controller).identity.sensitive
        row = await self.row()
        if sensitive is Proof.BOTH and row.right in _REACHES_DATA and row.scope is not Scope.CATEGORIES:
            assert (await self.row()).stage is Stage.VERIFYING, "the code alone is not enough"
            await self.attested()

    async def reviewed(self) -> bool:
        """Until somebody must look at it, or it is closed without."""

        async def there() -> Stage | None:
            stage = (await self.row()).stage
            return stage if stage in {Stage.REVIEWING, Stage.CLOSED} else None

        return await eventually(there) is Stage.REVIEWING

    async def attested(self) -> None:
        """Staff say that they have made sure of the person."""
        await self.reaches(Stage.VERIFYING)
        await self.do(ActKind.ATTEST)

    async def approved(self) -> None:
        """As many of the staff as are asked approve what is under review."""
        await self.reaches(Stage.REVIEWING)
        row = await self.row()
        policy = self.world.policy(self.controller)
        office = self.world.office.for_staff(self.by[0])
        if row.right is Right.ERASURE:
            plan: str | None = (await office.plan(self.id, by=self.by[0], reason="review")).digest
            times = policy.review.erasure_approvals
        elif await office.is_change(self.id):
            plan = (await office.change_plan(self.id, by=self.by[0], reason="review")).digest
            times = policy.review.change_approvals
        else:
            plan, times = None, policy.review.access_approvals
        for number in range(times):
            await self.do(ActKind.APPROVE, by=number, plan=plan)

    async def approved_without(self, category: str, ground: str) -> None:
        """Staff refuse a category of an erasure, and approve the plan that is drafted without it."""
        office = self.world.office.for_staff(self.by[0])

        async def planned() -> str:
            return (await office.plan(self.id, by=self.by[0], reason="review")).digest

        before = await planned()
        await self.do(ActKind.EXEMPT, category=category, ground=ground)

        async def approved() -> bool:
            if await planned() == before:
                return False
            try:
                await self.approved()
            except WrongStage:
                return False
            return True

        await eventually(approved)

    async def answered(self) -> str:
        """Until it is closed: the text of the last letter to the person, on one line."""
        await self.reaches(Stage.CLOSED)
        return self.letter()

    def letter(self, containing: str = "") -> str:
        """The text of the newest letter to the person about this request with these words, on one line."""
        for message in reversed(self.world.mail.to(self.person.email)):
            body = message.get_body(preferencelist=("plain",))
            text = " ".join(str(body.get_content()).split()) if body else ""
            if self.id in text and containing in text:
                return text
        raise AssertionError(f"no letter about {self.id} contains {containing!r}")

    async def fates(self) -> dict[str, dict[str, int]]:
        """What became of objects, by system."""
        async with self.world.parts.ledger.begin() as tx:
            return await tx.outcome_counts(self.id)

    async def evidence(self, tag: str) -> Event:
        """Until this is in evidence: the first such event."""

        async def there() -> Event | None:
            return next((event for event in await self.events() if event.tag.value == tag), None)

        return await eventually(there)

    async def told(self) -> dict[str, str]:
        """The recipients that the data had gone to, and how each stands."""
        return {one.recipient: one.state for one in await self.world.office.recipients(self.id)}

    async def tells(self, *recipients: str) -> dict[str, str]:
        """Until each of these was written to: the text of each letter, by recipient."""

        async def sent() -> bool:
            states = await self.told()
            return all(states.get(one) == "sent" for one in recipients)

        await eventually(sent)
        policy = self.world.policy(self.controller)
        addresses = {one: policy.recipient(one).email or "" for one in recipients}
        return {one: self.world.mail.text(address, self.id) for one, address in addresses.items()}

    async def package(self) -> Package:
        """What the person gets by the link in the letter."""
        found = re.search(r"/d/([A-Za-z0-9_-]+)", self.letter("/d/"))
        assert found
        return Package(zipfile.ZipFile(io.BytesIO(await fetched(self.world.office, found[1]))))


def last_day() -> int:
    """How many days before today less a term of months or years a term began that ends today.

    0; but late in a month no such day need be (a month before 31 March is 28 February, and a month after that 28
    March): then the term ends after today.
    """
    return 0 if datetime.now(UTC).day < 28 else -1


def in_days(days: int) -> date:
    """A day so much from today."""
    return datetime.now(UTC).date() + timedelta(days=days)
