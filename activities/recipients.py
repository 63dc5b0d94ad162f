"""Telling recipients what became of the data they got (GDPR art. 19), and sending on what others decide over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue, TypeAdapter, ValidationError
from temporalio import activity

from activities.by_hand import unnamed
from activities.change_model import LiftedOrder
from activities.chosen import find_chosen, keep_chosen
from activities.clockface import local_day
from activities.connectors.manual import hands_of
from activities.controllers import addressed, controllers_of
from activities.keeping import EndedOrder
from activities.ledger import NEVER_TOLD, NoticeKind, NoticeRow, NoticeState, OutcomeRow, TaskState, Tx, new_token
from activities.letters import EscalationFacts, ForwardedFacts, NewValue
from activities.manifests import categories_of
from activities.model import NoticeBrief, NoticeOrder, NoticesReport, OnRequest
from activities.naming import Naming
from activities.notice_letters import NoticeCase, PlannedNotice, notice_letter
from activities.parts import Parts
from activities.plans import keepers_of
from activities.reach import TELLING, reach_of, stopped_categories, stopped_purposes
from activities.telling import keep_about
from habeas.connector import Change, Manifest, Rectify
from habeas.errors import BadInput
from habeas.evidence import Tag
from habeas.model import Request, Right
from habeas.outcomes import Fate
from habeas.policy import Policy, Recipient
from habeas.policy.told import PASSED_ON

CHANGES = "change/"
FORWARDED = "letter/forwarded"
_DAY = timedelta(days=1).total_seconds()
_CHANGE: TypeAdapter[Change] = TypeAdapter(Change)


class RecipientActivities:
    """Who must be told, and whether they said that they did it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def prepare_notices(self, order: OnRequest) -> NoticesReport:
        """Who must hear of what was done with the data, or is done no more: a notice for each, with its link."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
        policy = self._parts.policy(request.controller)
        chosen = await find_chosen(self._parts, request, policy)
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            await keep_chosen(tx, request.id, chosen)
            rows = await tx.outcomes(request.id)
            if request.right in PASSED_ON:
                touched = self._categories(request, (row for row in rows if row.fate in TELLING))
            else:
                touched = await stopped_categories(tx, request, policy, self._manifests(request))
            changes = await self._changes(tx, request, policy) if request.right is Right.RECTIFICATION else {}
            planned = await self._recipients(tx, request, policy, touched, order)
            return await self._write(tx, request, policy, planned, changes, order)

    @activity.defn
    async def prepare_ended(self, order: EndedOrder) -> NoticesReport:
        """Who got data that an erasure had kept and that ended since: a notice for each, of this ending.

        Whoever had a notice of the request before gets another: it was about other data. The same order again is the
        same ending, and finds its own notices.
        """
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            policy = self._parts.policy(request.controller)
            rows = await tx.outcomes(request.id)
            if order.system is None:
                ended = [row for row in rows if row.at >= order.since]
            else:
                ended = [row for row in rows if (row.system, row.at) == (order.system, order.since)]
            where = f"/{order.system}" if order.system else ""
            occasion = f"ended{where}/{order.since.astimezone(UTC):%Y-%m-%dT%H%M%S.%f}"
            touched = self._categories(request, (row for row in ended if row.fate in TELLING))
            those = await self._recipients(tx, request, policy, touched, order)
            planned = tuple(one._replace(occasion=occasion) for one in those)
            report = await self._write(tx, request, policy, planned, {}, order)
        return report.model_copy(update={"occasion": occasion})

    @activity.defn
    async def prepare_lifted(self, order: LiftedOrder) -> NoticesReport:
        """Who was told that data is restricted and may use it again: a notice for each, of this act.

        A category of which something stays restricted, in another system or by another request, is not named yet.
        """
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            policy = self._parts.policy(request.controller)
            told = {
                row.recipient
                for row in await tx.notices(request.id)
                if row.state not in NEVER_TOLD and row.kind is NoticeKind.RECIPIENT
            }
            rows = await tx.outcomes(request.id)
            touched = self._categories(request, (row for row in rows if row.fate is Fate.LIFTED))
            others = await tx.restricted_besides(request.id)
            keepers = await keepers_of(tx, request, self._parts)
            for system in unnamed(self._parts, {row.system for row in rows}):
                if (await keepers.restrictions(system)).keys() - {request.id}:
                    others |= {(system, row.collection) for row in rows if row.system == system}
            touched -= self._categories(
                request,
                (row for row in rows if row.fate is Fate.RESTRICTED or (row.system, row.collection) in others),
            )
            occasion = f"lifted/{order.act_id}"
            planned = tuple(
                one._replace(occasion=occasion, lifted=True)
                for one in await self._recipients(tx, request, policy, touched, order)
                if one.recipient in told
            )
            report = await self._write(tx, request, policy, planned, {}, order)
        return report.model_copy(update={"occasion": occasion})

    @activity.defn
    async def prepare_forwards(self, order: OnRequest) -> NoticesReport:
        """Whose the data is that this controller only processes: the request is sent on to each of them."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
        policy = self._parts.policy(request.controller)
        found, unsent = await controllers_of(self._parts, request, policy)
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            planned = tuple(
                PlannedNotice(
                    kind=NoticeKind.CONTROLLER,
                    recipient=one.recipient,
                    name=one.address.rpartition("@")[2],
                    address=one.address,
                    categories=tuple(sorted(one.theirs.categories)),
                    remind_after=Recipient.model_fields["remind_after_days"].default,
                    escalate_after=Recipient.model_fields["escalate_after_days"].default,
                    theirs=one.theirs,
                    alone=len(found) == 1,
                    apart=one.apart,
                )
                for one in await addressed(tx, self._parts.ledger.vault, request.id, found)
            )
            report = await self._write(tx, request, policy, planned, {}, order)
            if unsent:
                facts: dict[str, JsonValue] = {"categories": [*sorted(unsent)], "records": sum(unsent.values())}
                await tx.record(request.id, Tag.REQUEST_NOT_FORWARDED, at=order.at, facts=facts, dedupe="not_forwarded")
            if planned or unsent:
                touched = {each for one in planned for each in one.categories}
                who = (one.controlled_by.who for one in policy.categories if one.id in touched and one.controlled_by)
                names = dict.fromkeys(policy.text(each, request.language) for each in who)
                await tx.seal(request.id, FORWARDED, ForwardedFacts(who=tuple(names), in_part=bool(unsent)))
                report = report.model_copy(update={"named": len(names), "not_sent": sum(unsent.values())})
        return report

    @activity.defn
    async def notice_sent(self, order: NoticeOrder) -> bool:
        """It went out, or was refused for good. Returns whether an acknowledgement is still waited for."""
        # The report that it came back may overtake the word that it went out.
        state = NoticeState.SENT if order.sent and not await self._came_back(order) else NoticeState.FAILED
        return await self._step(order, state, Tag.RECIPIENT_NOTIFIED, f"notice/{order.notice}/{state.value}")

    @activity.defn
    async def notice_reminded(self, order: NoticeOrder) -> bool:
        """Time for the next reminder. Returns whether it is needed at all."""
        return await self._step(
            order, NoticeState.SENT, Tag.RECIPIENT_REMINDED, f"notice/{order.notice}/reminder/{order.reminder}"
        )

    @activity.defn
    async def notice_escalated(self, order: NoticeOrder) -> bool:
        """They were reminded and stay silent, or nothing reached them. Returns whether staff must be told."""
        # Whom no letter reached is not silent: the list says so until they were told.
        reached = order.sent and not await self._came_back(order)
        state = NoticeState.ESCALATED if reached else NoticeState.FAILED
        wanted = await self._step(order, state, Tag.RECIPIENT_ESCALATED, f"notice/{order.notice}/escalated")
        if wanted:
            await self._tell_staff(order, undelivered=state is NoticeState.FAILED)
        return wanted

    @activity.defn
    async def notice_unanswered(self, order: NoticeOrder) -> bool:
        """It was acknowledged, and its day has come. Returns whether the task is still open."""
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id, lock=True)
            row = await _notice(tx, order)
            if not await _is_wanted(tx, row):
                return False
            await tx.record(
                order.request_id,
                Tag.RECIPIENT_REMINDED,
                at=order.at,
                facts=_said(row, row.state),
                dedupe=f"notice/{order.notice}/unanswered",
            )
        return True

    async def _came_back(self, order: NoticeOrder) -> bool:
        async with self._parts.ledger.begin() as tx:
            return (await _notice(tx, order)).state is NoticeState.FAILED

    async def _tell_staff(self, order: NoticeOrder, *, undelivered: bool) -> None:
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            row = await _notice(tx, order)
            policy = self._parts.policy(request.controller)
            named = {one.id: one.name for one in policy.recipients}
            facts = EscalationFacts(
                # Somebody who is no recipient of the policy may be told about the person by their very name.
                who=named.get(row.recipient, "somebody else"),
                asked_on=local_day(policy, row.queued_at),
                reminders=row.reminded,
                undelivered=undelivered,
            )
            if row.kind is NoticeKind.PROCESSOR:
                connector = self._parts.connector(row.recipient)
                more = {
                    "to": hands_of(connector).owner,
                    "who": connector.manifest.title,
                    "task": row.occasion,
                }
                facts = facts.model_copy(update=more)
            await tx.seal(order.request_id, escalation(order.notice), facts)

    async def _step(self, order: NoticeOrder, state: NoticeState, tag: Tag, dedupe: str) -> bool:
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id, lock=True)
            row = await _notice(tx, order)
            if not row.open or not await _is_wanted(tx, row):
                return False
            await tx.mark_notice(row.id, state, order.at, reminded=order.reminder)
            await tx.record(order.request_id, tag, at=order.at, facts=_said(row, state), dedupe=dedupe)
        return True

    def _categories(self, request: Request, rows: Iterable[OutcomeRow]) -> frozenset[str]:
        """What these objects are."""
        category = categories_of(self._manifests(request))
        found = (category.get((row.system, row.collection)) for row in rows)
        return frozenset(one for one in found if one)

    async def _changes(self, tx: Tx, request: Request, policy: Policy) -> dict[str, tuple[NewValue, ...]]:
        """The corrected values, by category, as the controller calls them."""
        called = Naming(policy, self._manifests(request), policy.language(None))
        found: dict[str, dict[str, NewValue]] = {}
        for name in await tx.sealed_names(request.id, prefix=CHANGES):
            system = name.removeprefix(CHANGES)
            try:
                change = _CHANGE.validate_json(await tx.unseal_bytes(request.id, name) or b"")
            except ValidationError:
                continue
            if system not in called.manifests or not isinstance(change, Rectify):
                continue
            for field in change.fields:
                old = None if field.old is None else str(field.old)
                value = NewValue(what=called.field(system, field.collection, field.field), old=old, new=str(field.new))
                category = called.category_id(system, field.collection) or ""
                found.setdefault(category, {})[f"{value.what}={value.new}"] = value
        return {category: tuple(values.values()) for category, values in found.items()}

    async def _write(
        self,
        tx: Tx,
        request: Request,
        policy: Policy,
        planned: Iterable[PlannedNotice],
        changes: Mapping[str, tuple[NewValue, ...]],
        order: OnRequest,
    ) -> NoticesReport:
        subject = await tx.subject(request.id)
        written = {one.id for one in await tx.notices(request.id)}
        listed = tuple(planned)
        stopped = frozenset() if request.right in PASSED_ON else await stopped_purposes(tx, request.id)
        for one in listed:
            notice_id = one.id(request.id)
            if notice_id in written:
                # Its link is in a letter by now: another one would make that letter's link a dead one.
                continue
            token = new_token()
            await tx.new_notice(_row(request.id, one, order.at), token)
            await keep_about(tx, request.id, one)
            if one.address is not None:
                link = f"{self._parts.public_url}/r/{token.get_secret_value()}"
                today = local_day(policy, order.at)
                case = NoticeCase(request, subject, policy, changes, today, stopped)
                await tx.seal(request.id, _sealed(notice_id), notice_letter(case, one, one.address, link, self._parts))
            if one.kind is NoticeKind.CONTROLLER:
                facts: dict[str, JsonValue] = {"categories": [*one.categories], "to": one.recipient}
                await tx.record(
                    request.id, Tag.REQUEST_FORWARDED, at=order.at, facts=facts, dedupe=f"forwarded/{notice_id}"
                )
        told = [one for one in listed if one.address is not None]
        return NoticesReport(
            notices=tuple(_brief(request.id, one) for one in told),
            not_told=len(listed) - len(told),
            unsure=sum(one.unsure for one in listed),
        )

    async def _recipients(
        self, tx: Tx, request: Request, policy: Policy, categories: frozenset[str], order: OnRequest
    ) -> tuple[PlannedNotice, ...]:
        today, manifests = local_day(policy, order.at), self._manifests(request)
        reach = await reach_of(tx, request, policy, manifests, categories, today)
        return tuple(
            PlannedNotice(
                kind=NoticeKind.RECIPIENT,
                recipient=one.recipient.id,
                name=one.recipient.name,
                address=one.recipient.email if one.in_time and not one.unsure else None,
                categories=one.categories,
                remind_after=one.recipient.remind_after_days,
                escalate_after=one.recipient.escalate_after_days,
                source=one.source,
                by_law=one.by_law,
                in_time=one.in_time,
                unsure=one.unsure,
                known=reach.known[one.recipient.id],
            )
            for one in reach.those
        )

    def _manifests(self, request: Request) -> dict[str, Manifest]:
        return self._parts.manifests(self._parts.policy(request.controller))


async def _notice(tx: Tx, order: NoticeOrder) -> NoticeRow:
    row = next((one for one in await tx.notices(order.request_id) if one.id == order.notice), None)
    if row is None:
        raise BadInput("There is no such notice.", field="notice")
    return row


async def _is_wanted(tx: Tx, row: NoticeRow) -> bool:
    """Whether anybody still waits for what the notice asks: of a processor's, while its task is open."""
    return row.kind is not NoticeKind.PROCESSOR or (await tx.task(row.occasion)).state is TaskState.OPEN


def _said(row: NoticeRow, state: NoticeState) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {"recipient": row.recipient, "kind": row.kind.value, "state": state.value}
    return facts | ({"occasion": row.occasion} if row.occasion else {})


def escalation(notice_id: str) -> str:
    """Where the facts of the letter to staff lie."""
    return f"letter/notice/{notice_id}/escalated"


def _sealed(notice_id: str) -> str:
    return f"letter/notice/{notice_id}"


def _row(request_id: str, one: PlannedNotice, at: datetime) -> NoticeRow:
    return NoticeRow(
        id=one.id(request_id),
        request_id=request_id,
        kind=one.kind,
        recipient=one.recipient,
        state=_first_state(one),
        queued_at=at,
        state_at=at,
        reminded=0,
        acknowledged_at=None,
        acknowledged_by=None,
        occasion=one.occasion,
    )


def _first_state(one: PlannedNotice) -> NoticeState:
    if not one.in_time:
        return NoticeState.TOO_LONG_AGO
    return NoticeState.NOT_TOLD if one.address is None else NoticeState.QUEUED


def _brief(request_id: str, one: PlannedNotice) -> NoticeBrief:
    return NoticeBrief(
        id=one.id(request_id),
        kind=one.kind.value,
        to=one.recipient if one.kind is NoticeKind.RECIPIENT else None,
        sealed=_sealed(one.id(request_id)),
        remind_after=tuple(days * _DAY for days in one.remind_after),
        escalate_after=one.escalate_after * _DAY,
    )
