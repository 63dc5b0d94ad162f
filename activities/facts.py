"""What goes into each letter, gathered from the ledger, the law and the controller's policy.

Letters that may go out before identity is proven (acknowledgement, code, reminder, unverified, extension, refusal,
withdrawal) say nothing of what any system holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, assert_never

from pydantic import SecretStr

from activities import letters
from activities.authority import authority
from activities.clockface import local_day
from activities.finding import load_graph
from activities.ledger import Link, Tx
from activities.letters import Attention, Kind, LetterFacts
from activities.model import LetterOrder
from habeas import law
from habeas.connector import Connector
from habeas.errors import ConfigurationError
from habeas.model import Request, Subject
from habeas.outcomes import Fate
from habeas.policy import Policy


@dataclass(frozen=True)
class LetterCase:
    """Everything a letter may be written from."""

    tx: Tx
    request: Request
    subject: Subject
    policy: Policy
    order: LetterOrder
    connectors: Mapping[str, Connector]
    public_url: str

    def link_ends(self) -> datetime:
        """When a download link made now ends."""
        return self.order.at + timedelta(hours=self.policy.release.link_hours)

    def title(self, system: str) -> str:
        """A system's name for people."""
        connector = self.connectors.get(system)
        return connector.manifest.title if connector else system

    def day(self, at: datetime) -> date:
        """The date in the establishment's zone."""
        return local_day(self.policy, at)


class FactsOf:
    """Makes the facts of one letter."""

    def __init__(self, case: LetterCase, link: Link | None) -> None:
        self._case = case
        self._link = link

    async def make(self, kind: Kind) -> LetterFacts:
        """The facts of this kind of letter.

        Raises:
            ConfigurationError: the letter needs something that was not ordered with it.
        """
        common = self._common()
        order = self._case.order
        if kind.to_staff:
            common["person_name"] = None
        match kind:
            case Kind.ACKNOWLEDGEMENT:
                asked = self._case.policy.identity.required
                return letters.Acknowledgement(
                    **common, due_on=self._case.request.due_on, identity="code" if asked else "none"
                )
            case Kind.CODE | Kind.CODE_REMINDER:
                raise ConfigurationError("A code's letter is written with its code.")
            case Kind.EXTENSION:
                return await self._extension(common)
            case Kind.COMPLETION_ACCESS:
                return await self._completion_access(common)
            case Kind.COMPLETION_ERASURE:
                return await self._completion_erasure(common)
            case Kind.NOTHING_FOUND:
                return await self._nothing_found(common)
            case Kind.REFUSAL:
                return letters.Refusal(**common, grounds=(await self._ground(),))
            case Kind.WITHDRAWAL:
                return letters.Withdrawal(**common)
            case Kind.UNVERIFIED:
                return letters.Unverified(**common)
            case Kind.STAFF_REMINDER:
                return letters.StaffReminder(**common, **self._staff(), due_on=self._due_on())
            case Kind.STAFF_ALARM:
                return letters.StaffAlarm(**common, **self._staff(), due_on=self._due_on())
            case Kind.STAFF_ATTENTION:
                about = _about(order)
                return letters.StaffAttention(
                    **common, **self._staff(), about=about, system=order.system, correlation=order.correlation
                )
            case (
                Kind.QUESTION
                | Kind.FEE
                | Kind.DELAY
                | Kind.PARTIAL_REFUSAL
                | Kind.NOT_A_RIGHT
                | Kind.CATEGORIES
                | Kind.COMPLETION_CHANGE
                | Kind.RESTRICTION_LIFTING
                | Kind.FORWARDED
                | Kind.REMEDY_DECISION
                | Kind.RECIPIENT_NOTICE
                | Kind.RECIPIENT_REMINDER
                | Kind.FORWARD_NOTICE
                | Kind.FORWARD_REMINDER
                | Kind.STAFF_TASK
                | Kind.STAFF_TASK_REMINDER
                | Kind.STAFF_ESCALATION
                | Kind.STAFF_BOUNCE
            ):
                return await self._sealed(kind, common)
            case _:
                assert_never(kind)

    async def _sealed(self, kind: Kind, common: dict[str, Any]) -> LetterFacts:
        """The common facts with the letter's own laid over them, as whoever caused it sealed them."""
        order = self._case.order
        model, letter = letters.SEALED[kind]
        if order.sealed is None:
            raise ConfigurationError(f"A letter of kind {kind} needs its own facts, sealed under a name.")
        own = await self._case.tx.unseal(order.request_id, order.sealed, model)
        if own is None:
            raise ConfigurationError(f"There is no sealed document {order.sealed} for this letter.")
        staff = self._staff() if kind.to_staff else {}
        return letter(**common, **staff, **dict(own))

    def code(self, code: SecretStr, expires_at: datetime, closes_at: datetime | None) -> letters.CodeLetter:
        """The facts of the letter that brings a one-time code; with ``closes_at``, of one that reminds as well."""
        request = self._case.request
        facts: dict[str, Any] = self._common() | {
            "code": code,
            "expires_at": expires_at,
            "confirm_url": f"{self._case.public_url}/v/{request.id}",
            # Asking everybody for a code is no doubt about anybody: the clock stops only when staff pause it.
            "clock_waits": False,
        }
        if closes_at is None:
            return letters.CodeLetter(**facts)
        return letters.CodeReminder(**facts, closes_on=self._case.day(closes_at))

    def _common(self) -> dict[str, Any]:
        case = self._case
        controller, request = case.policy.controller, case.request
        return {
            "request_id": request.id,
            "controller": letters.Controller(name=controller.name, contact=controller.email),
            "right": request.right,
            "regime": request.regime,
            "jurisdiction": request.jurisdiction,
            "received_on": case.day(request.received_at),
            "today": case.day(case.order.at),
            "timezone": controller.clock_tz,
            "person_name": case.subject.name,
            "authority": authority(request, case.policy),
        }

    def _staff(self) -> dict[str, Any]:
        case = self._case
        waiting = (case.order.system,) if case.order.system else ()
        return {
            "stage": case.request.stage.value,
            "desk_url": f"{case.public_url}/requests/{case.request.id}",
            "blocked_on": waiting,
        }

    def _due_on(self) -> date:
        due_on = self._case.request.due_on
        if due_on is None:
            raise ConfigurationError("This regime sets no date to remind of.")
        return due_on

    async def _extension(self, common: dict[str, Any]) -> LetterFacts:
        row = await self._case.tx.request_row(self._case.request.id)
        if row.due_on is None or row.extended_due_on is None:
            raise ConfigurationError("An extension letter needs both dates.")
        return letters.Extension(
            **common, due_on=row.due_on, new_due_on=row.extended_due_on, grounds=(await self._ground(),)
        )

    async def _ground(self) -> letters.Ground:
        """The ground with the words that staff gave, or the policy's where the clock acted by itself."""
        order, policy = self._case.order, self._case.policy
        words: str | None = None
        if order.act_id:
            act = await self._case.tx.act(order.act_id)
            words = act.reason if act else None
        elif policy.clock.extend_reason:
            words = policy.text(policy.clock.extend_reason, self._case.request.language)
        return letters.Ground(code=order.ground, explanation=words, provision=self._provision(order.ground))

    def _provision(self, ground: str | None) -> str | None:
        """Where the law names this ground of refusal."""
        request = self._case.request
        grounds = law.refusal_grounds(request.regime, request.jurisdiction, request.right)
        return next((one.cite for one in grounds if one.code == ground), None)

    async def _completion_access(self, common: dict[str, Any]) -> LetterFacts:
        case = self._case
        if self._link is None:
            raise ConfigurationError("A completion letter needs the link to the package.")
        rows = [row for row in await case.tx.systems(case.request.id) if row.phase == "collect"]
        present = [row for row in rows if row.counts.get("records")]
        withheld = [
            letters.WithheldGroup(what=f"{case.title(row.system)}: {field.replace('_', ' ')}", reason=reason)
            for row in present
            if (connector := case.connectors.get(row.system))
            for collection in connector.manifest.collections
            for field, reason in collection.withheld.items()
        ]
        return letters.CompletionAccess(
            **common,
            link_url=f"{case.public_url}/d/{self._link.token.get_secret_value()}",
            link_expires_at=self._link.expires_at,
            records=sum(row.counts["records"] for row in present),
            systems=tuple(case.title(row.system) for row in present),
            withheld=tuple(dict.fromkeys(withheld)),
            missing=self._missing(),
        )

    async def _completion_erasure(self, common: dict[str, Any]) -> LetterFacts:
        case = self._case
        gone: Counter[tuple[Fate, str, str]] = Counter()
        undone: list[str] = [*case.order.missing]
        kept: Counter[tuple[str, str, str, date]] = Counter()
        for row in await case.tx.outcomes(case.request.id):
            category = self._category(row.system, row.collection)
            if row.fate is Fate.RETAINED:
                kept[case.title(row.system), category, row.law or "", row.until or date.max] += 1
            elif row.fate in {Fate.BLOCKED, Fate.FAILED}:
                undone.append(row.system)
            else:
                # What is not found any more is gone, whoever took it away.
                fate = Fate.ANONYMISED if row.fate is Fate.ANONYMISED else Fate.ERASED
                gone[fate, case.title(row.system), category] += 1
        return letters.CompletionErasure(
            **common,
            erased=_groups(gone, Fate.ERASED),
            anonymised=_groups(gone, Fate.ANONYMISED),
            kept=tuple(
                letters.KeptGroup(
                    system=system,
                    category=category,
                    count=count,
                    law=kept_by,
                    until=None if until == date.max else until,
                )
                for (system, category, kept_by, until), count in sorted(kept.items())
            ),
            missing=self._missing(tuple(dict.fromkeys(undone))),
        )

    def _category(self, system: str, collection: str) -> str:
        case = self._case
        connector = case.connectors.get(system)
        found = (
            next((one.category for one in connector.manifest.collections if one.name == collection), None)
            if connector
            else None
        )
        if found is None:
            return collection
        return case.policy.text(case.policy.category(found).title, case.request.language)

    async def _nothing_found(self, common: dict[str, Any]) -> LetterFacts:
        case = self._case
        graph = await load_graph(case.tx, case.request.id)
        return letters.NothingFound(
            **common,
            systems=tuple(case.title(system) for system in case.policy.systems if system not in case.order.missing),
            searched_by=tuple(sorted({one.kind for one in graph.seeds})),
            missing=self._missing(),
        )

    def _missing(self, systems: tuple[str, ...] | None = None) -> tuple[letters.MissingSystem, ...]:
        named = self._case.order.missing if systems is None else systems
        return tuple(letters.MissingSystem(title=self._case.title(system)) for system in named)


def _groups(gone: Counter[tuple[Fate, str, str]], fate: Fate) -> tuple[letters.ErasedGroup, ...]:
    return tuple(
        letters.ErasedGroup(system=system, category=category, count=count)
        for (one, system, category), count in sorted(gone.items())
        if one is fate
    )


def _about(order: LetterOrder) -> Attention:
    if order.system:
        return Attention.BLOCKED_SYSTEM
    return Attention(order.code or Attention.REVIEW)
