"""Afterwards: every request, every row, every letter and every event accounted for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from habeas.model import CHANGING, Right
from tests.acceptance.house import House
from tests.acceptance.people import ANONYMISE, DELETE, RETAIN, STORES, Planted
from tests.chaos.carrying import Ending, Request
from workers.maildir import messages

Rows = Mapping[str, Mapping[str, Counter[str]]]
"""Store -> table -> digest of a row -> how many."""
ENDED = frozenset({"COMPLETED", "CONTINUED_AS_NEW"})
LETTERS = 120.0
"""Seconds in which the last letters leave."""


@dataclass
class Account:
    """What was looked at, and what is wrong."""

    counted: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def hold(self, what: str, wrong: Iterable[object]) -> None:
        """Count one look, and each thing that is wrong in it."""
        self.counted[what] += 1
        self.breaches += [f"{what}: {one}" for one in wrong]


async def every_row(house: House) -> Rows:
    """All stores as they are."""
    return {name: {table: Counter(rows) for table, rows in (await house.rows(name)).items()} for name in STORES}


async def settle(house: House, requests: list[Request], before: Rows, bystanders: list[Planted]) -> Account:
    """Look at everything once all is over."""
    account = Account()
    for one in requests:
        account.hold("requests", _request(one))
    closed = [one for one in requests if one.story is not None]
    await _letters(house, closed, account)
    for one in closed:
        verdict = await house.office.verify_evidence(one.id)
        account.hold("chains", (f"{one.id}: {finding}" for finding in verdict.findings))
        account.counted["events"] += verdict.events
    await _whole_chain(house, account)
    await _engine(house, requests, account)
    look_at_rows(requests, before, await every_row(house), bystanders, account)
    return account


def _request(one: Request) -> list[str]:
    if one.story is None:
        return [f"{one.id or 'never opened'} ({one.right}, {one.ending}) did not end: {one.error}"]
    found, outcome = [], one.story.request.outcome
    if outcome not in one.outcomes:
        found.append(f"{one.id} ({one.right}) was to be {one.ending} and ended as {outcome}")
    if one.right is Right.ERASURE and one.ending is Ending.CARRIED_OUT:
        found += [
            f"{one.id}: {name} has {one.story.fates.get(name)}, the plan {one.person.fates(name)}"
            for name in STORES
            if one.story.fates.get(name) != one.person.fates(name)
        ]
    return found


async def _letters(house: House, closed: list[Request], account: Account) -> None:
    """Every letter is sent, and in the mailbox once. Recipients are written to beside a request, and after its end."""
    async with asyncio.timeout(LETTERS):
        while True:
            for one in closed:
                one.story = await house.office.show(one.id)
            if all(map(_all_sent, closed)):
                break
            await asyncio.sleep(1.0)
    kept = await asyncio.to_thread(messages, house.stack.folder.path)
    arrived = Counter(str(mail.message["message-id"]) for mail in kept)
    known = set[str]()
    for one in closed:
        assert one.story is not None
        for letter in one.story.letters:
            account.hold("letters", _letter(one, letter.kind, arrived[str(letter.message_id)]))
            known.add(str(letter.message_id))
    ids = {one.id for one in closed}
    strange = [mail for mail in kept if str(mail.message["message-id"]) not in known]
    about = [mail for mail in strange if any(one in mail.text for one in ids)]
    account.hold("the mailbox", (f"a letter that the ledger does not know: {mail.subject}" for mail in about))
    account.counted["letters that came twice under one id"] = house.letters_told()["mail.repeated"]


def _letter(one: Request, kind: str, times: int) -> list[str]:
    return [] if times == 1 else [f"{one.id}: {kind} arrived {times} times"]


def _all_sent(one: Request) -> bool:
    assert one.story is not None
    return all(letter.state.value == "sent" for letter in one.story.letters)


async def _whole_chain(house: House, account: Account) -> None:
    said = await house.habeas.run("evidence", "verify", "--json")
    account.hold("the chain over all", [] if said.code == 0 else [f"exit code {said.code}: {said.out[:300]}"])


async def _engine(house: House, requests: list[Request], account: Account) -> None:
    """Each request has one workflow, which has completed and fails in its own code nowhere; and there is no other."""
    client = await house.temporal()
    found: dict[str, str] = {}
    async for one in client.list_workflows("WorkflowType = 'RequestWorkflow'"):
        status = one.status.name if one.status else "?"
        account.hold("workflow runs", [] if status in ENDED else [f"{one.id} is {status}"])
        found[one.id] = status
    ids = {one.id for one in requests if one.id}
    account.hold("workflows", [f"{one} has none" for one in ids - found.keys()])
    account.hold("workflows", [f"{one} is nobody's" for one in found.keys() - ids])
    failed = client.list_workflows("TemporalReportedProblems IN ('category=WorkflowTaskFailed')")
    account.hold("problems that Temporal reports", [one.id async for one in failed])


def look_at_rows(
    requests: list[Request], before: Rows, after: Rows, bystanders: list[Planted], account: Account
) -> None:
    """Each row is where the plan put it: gone, emptied, changed, or as it was."""
    for name in STORES:
        for table, there in before[name].items():
            stays, goes, other = Counter(there), Counter[str](), 0
            for person in bystanders:
                stays += person.of(name).get(table, Counter())
            for one in requests:
                theirs = one.person
                if not one.planted:
                    continue
                if one.right is Right.ERASURE and one.ending is Ending.CARRIED_OUT:
                    stays += theirs.of(name, RETAIN).get(table, Counter())
                    goes += theirs.of(name, DELETE, ANONYMISE).get(table, Counter())
                    other += theirs.of(name, ANONYMISE).get(table, Counter()).total()
                elif one.right in CHANGING:
                    # Which of them were changed the plan says by collection, not by row.
                    other += theirs.of(name).get(table, Counter()).total()
                else:
                    stays += theirs.of(name).get(table, Counter())
            now = after[name][table]
            account.counted["rows"] += stays.total() + goes.total() + other
            lost = (stays - now).total()
            left = sum(now[digest] > stays[digest] for digest in goes)
            rest = (now - stays).total() - other
            account.hold("tables", _table(f"{name}.{table}", lost, left, rest))


def _table(table: str, lost: int, left: int, rest: int) -> list[str]:
    found = []
    if lost:
        found.append(f"{table}: {lost} rows are not as they were, and no plan names them")
    if left:
        found.append(f"{table}: {left} rows are there still that the plan erases")
    if rest:
        found.append(f"{table}: {abs(rest)} rows {'too many' if rest > 0 else 'too few'}")
    return found
