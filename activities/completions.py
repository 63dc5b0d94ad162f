"""The facts of the letters that tell what was done: copied, erased, changed. Made from the outcomes in the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from activities import letters
from activities.brief import purposes_of, weighed
from activities.change_model import Part
from activities.changing import load_changes
from activities.coverage import Copied, because, copied, decider_of, refused_parts, sent_on
from activities.ledger import Link, OutcomeRow
from activities.letter_case import LetterCase
from activities.letters import Kind, LetterFacts
from activities.letters.wording import lookup
from activities.reach import TELLING, reach_of, stopped_categories
from activities.unfinished import half_erased, is_unsure
from habeas.errors import ConfigurationError
from habeas.model import CHANGING, Right
from habeas.outcomes import Fate
from habeas.particulars import Particulars
from habeas.policy.told import PASSED_ON
from habeas.staying import Because

__all__ = ["completion_access", "completion_change", "completion_erasure", "kept_ended", "refused_objection"]

_STAYING = frozenset(each.value for each in Because if each is not Because.CONTROLLED)
"""Why an object stays that no term of a law keeps."""


async def completion_access(case: LetterCase, common: dict[str, Any], link: Link | None) -> LetterFacts:
    """What is in the package, what is not, and the link to it; where nothing is given there is neither.

    Raises:
        ConfigurationError: there is no link to what is given.
    """
    copy = await copied(case.tx, case.request, case.policy, case.connectors, case.order.missing)
    if link is None and any(copy.records.values()):
        raise ConfigurationError("A completion letter needs the link to the package.")
    present = [system for system, records in sorted(copy.records.items()) if records]
    return letters.CompletionAccess(
        **common,
        link_url=f"{case.public_url}/d/{link.token.get_secret_value()}" if link else None,
        link_expires_at=link.expires_at if link else None,
        records=sum(copy.records.values()),
        systems=tuple(case.called.system(system) for system in present),
        withheld=(*_withheld(case, copy), *copy.left_out),
        missing=case.called.missing(case.order.missing),
        refused=await refused_parts(case.tx, case.request, case.policy, case.called),
    )


def _withheld(case: LetterCase, copy: Copied) -> Iterator[letters.WithheldGroup]:
    """Fields that are not in the copy: one line for each system and reason."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for (system, _), fields in copy.fields.items():
        for one in fields:
            groups.setdefault((case.called.system(system), because(one, case.request.language)), {})[one.called] = None
    words = lookup("activities.letters", case.request.language)
    for (system, reason), names in groups.items():
        yield letters.WithheldGroup(what=f"{words.listing(names)} ({system})", reason=reason)


class _Became(NamedTuple):
    """What became of objects, as letters tell it."""

    gone: Counter[tuple[Fate, str, str]]
    """By fate, system and category."""
    kept: tuple[letters.KeptGroup, ...]
    controlled: tuple[letters.WithheldGroup, ...]
    binned: tuple[letters.BinnedGroup, ...]
    undone: tuple[str, ...]


def _became(case: LetterCase, rows: Iterable[OutcomeRow]) -> _Became:
    gone: Counter[tuple[Fate, str, str]] = Counter()
    undone: list[str] = []
    kept: Counter[tuple[str, str, str, date, str]] = Counter()
    others = sent_on(case.policy, case.request.language)
    controlled: set[letters.WithheldGroup] = set()
    binned: dict[str, list[date | None]] = {}
    for row in rows:
        category = case.called.category(row.system, row.collection)
        if row.fate is Fate.ERASED and row.reason == "in_the_bin":
            binned.setdefault(case.called.system(row.system), []).append(row.until)
        if row.fate is Fate.RETAINED and (decider := decider_of(row.reason, row.law, others)):
            controlled.add(letters.WithheldGroup(what=category, reason=others[decider]))
        elif row.fate is Fate.RETAINED:
            reason = row.reason if row.reason in _STAYING else None
            law_told = case.called.law(row.system, row.law or "")
            kept[case.called.system(row.system), category, law_told, row.until or date.max, reason or ""] += 1
        elif row.fate in {Fate.BLOCKED, Fate.FAILED}:
            undone.append(row.system)
        else:
            # What is not found any more is gone, whoever took it away.
            fate = Fate.ANONYMISED if row.fate is Fate.ANONYMISED else Fate.ERASED
            gone[fate, case.called.system(row.system), category] += 1
    return _Became(
        gone=gone,
        kept=tuple(
            letters.KeptGroup(
                system=system,
                category=category,
                count=count,
                law=kept_by,
                until=None if until == date.max else until,
                reason=Because(reason) if reason else None,
            )
            for (system, category, kept_by, until, reason), count in sorted(kept.items())
        ),
        controlled=tuple(sorted(controlled, key=lambda one: (one.what, one.reason))),
        binned=tuple(
            letters.BinnedGroup(system=system, until=None if None in days else max(day for day in days if day))
            for system, days in sorted(binned.items())
        ),
        undone=tuple(undone),
    )


async def completion_erasure(case: LetterCase, common: dict[str, Any]) -> LetterFacts:
    """What was erased, what stays and why, and what could not be done."""
    rows = await case.tx.outcomes(case.request.id)
    became = _became(case, rows)
    return letters.CompletionErasure(
        **common,
        **await _passed_on(case, rows),
        erased=_groups(became.gone, Fate.ERASED),
        anonymised=_groups(became.gone, Fate.ANONYMISED),
        kept=became.kept,
        controlled=became.controlled,
        binned=became.binned,
        missing=case.called.missing(
            (*case.order.missing, *became.undone), half_erased(rows, case.order.missing, case.request.language)
        ),
        unsure=is_unsure(rows),
        refused=await refused_parts(case.tx, case.request, case.policy, case.called),
    )


async def kept_ended(case: LetterCase, common: dict[str, Any]) -> LetterFacts:
    """What an erasure had kept and is gone since the person was last told, and what still stays.

    What should have gone by now and is not gone is told as not finished: not as kept, for no law keeps it any more.
    """
    instants = set(await case.tx.unwritten_endings(case.request.id))
    rows, today = await case.tx.outcomes(case.request.id), case.day(case.order.at)
    ended = tuple(row for row in rows if row.at in instants and row.fate is not Fate.RETAINED)
    stays = [row for row in rows if row.fate is Fate.RETAINED]
    due = [row for row in stays if row.until and row.until < today and row.reason != Because.EXEMPT]
    gone, closed = _became(case, ended).gone, (await case.tx.request_row(case.request.id)).closed_at
    # Its own record is as old as the request's end, however much later this is.
    kept_for = timedelta(days=case.policy.record.keep_days)
    return letters.KeptEnded(
        **(common | {"record_kept_until": case.day((closed or case.order.at) + kept_for)}),
        **await _passed_on(case, ended),
        told_on=await _told_on(case),
        erased=_groups(gone, Fate.ERASED),
        anonymised=_groups(gone, Fate.ANONYMISED),
        kept=_became(case, (row for row in stays if row not in due)).kept,
        missing=case.called.missing(tuple(row.system for row in due)),
    )


async def _told_on(case: LetterCase) -> date:
    """When the person was told what is kept: with the last answer, or else as the request was closed."""
    row = await case.tx.request_row(case.request.id)
    told = [one.queued_at for one in await case.tx.letters(case.request.id) if one.kind == Kind.COMPLETION_ERASURE]
    return case.day(max(told, default=row.closed_at or case.order.at))


async def completion_change(case: LetterCase, common: dict[str, Any], own: letters.ChangeFacts) -> LetterFacts:
    """What was corrected, restricted or stopped.

    Where nobody proved who asks, as the law has it for an opt-out, the letter says that it is done and nothing of what
    is held: it goes to an address that is merely claimed.
    """
    facts = dict(own)
    # What is missing was ordered with the letter; the document names what turned out not to be possible.
    named = {one.title: one for one in (*case.called.missing(case.order.missing), *own.missing)}
    facts["missing"] = tuple(named.values())
    facts |= await _corrections(case) if case.request.right is Right.RECTIFICATION else {}
    if case.order.sealed and case.order.sealed.endswith(f"/{Part.AT_ONCE}"):
        facts["weighing"] = await weighed_purposes(case)
    unproven = case.policy.identity.required and await case.tx.proof(case.request.id) is None
    if unproven and case.request.right in CHANGING:
        facts |= {"done": (), "by_hand": (), "contested": (), "unmatched": (), "left": ()}
        facts |= {"corrected": (), "not_found": (), "restricted": (), "despite_restriction": False}
        facts["missing"] = tuple(letters.MissingSystem(title=title) for title in named)
        common = common | {"person_name": None}
    facts |= await _passed_on(case, await case.tx.outcomes(case.request.id))
    return letters.CompletionChange(**(common | facts))


async def weighed_purposes(case: LetterCase) -> tuple[str, ...]:
    """Titles of what an objection is about and a human weighs."""
    policy = case.policy
    asked = purposes_of(policy, case.request.right, Particulars.of(case.subject).purposes)
    return titles_of(case, weighed(policy, case.request.right, asked))


async def refused_objection(case: LetterCase) -> dict[str, Any]:
    """What an objection that is refused is about, and what of it was stopped before, as the person was told."""
    purposes = await weighed_purposes(case)
    kept = await load_changes(case.tx, case.request.id, Part.AT_ONCE)
    told = any(row.kind == letters.Kind.COMPLETION_CHANGE for row in await case.tx.letters(case.request.id))
    stopped = titles_of(case, kept[0].purposes) if kept and told else ()
    return {"purposes": purposes, "stopped": stopped, "in_part": bool(stopped)}


def titles_of(case: LetterCase, purposes: Collection[str]) -> tuple[str, ...]:
    """Purposes by their titles, in the policy's order."""
    language = case.request.language
    return tuple(case.policy.text(one.title, language) for one in case.policy.purposes if one.id in purposes)


async def _corrections(case: LetterCase) -> dict[str, tuple[letters.NewValue, ...]]:
    """What the person asked to be corrected: what was, from what to what, and what was not found."""
    kept = await load_changes(case.tx, case.request.id, Part.WHOLE)
    if kept is None:
        return {}
    head, plans = kept
    asked = Particulars.of(case.subject).corrections
    rows = await case.tx.outcomes(case.request.id)
    done = {(row.system, row.collection, row.field) for row in rows if row.fate is Fate.RECTIFIED}
    made = {
        one.correction
        for plan in plans
        for one in plan.found
        if one not in (*plan.contested, *plan.blocked) and (plan.system, one.collection, one.field) in done
    }

    def told(indexes: Collection[int]) -> tuple[letters.NewValue, ...]:
        return tuple(
            letters.NewValue(what=case.called.asked(one.what), old=one.old, new=one.new)
            for index, one in enumerate(asked)
            if index in indexes
        )

    return {"corrected": told(made), "not_found": told({*head.unmatched} - {*head.contested})}


async def _passed_on(case: LetterCase, rows: tuple[OutcomeRow, ...]) -> dict[str, Any]:
    """Who is told of what was done, and who is not and why; nothing is said where nothing was done."""
    request, policy = case.request, case.policy
    if request.right in PASSED_ON:
        found = (case.called.category_id(row.system, row.collection) for row in rows if row.fate in TELLING)
        categories = frozenset(one for one in found if one)
    else:
        categories = await stopped_categories(case.tx, request, policy, case.called.manifests)
    manifests = case.called.manifests
    reach = await reach_of(case.tx, request, policy, manifests, categories, case.day(case.order.at))
    named = [one for one in reach.those if one.in_time and one.recipient.email and not one.unsure]
    before = tuple(policy.said(one.recipient.name, request.language) for one in reach.those if not one.in_time)
    silent = [one.recipient for one in reach.those if one.in_time and not one.recipient.email and not one.unsure]
    unsure = [one.recipient for one in reach.those if one.in_time and one.unsure]
    not_told = tuple(
        letters.WithheldGroup(
            what=policy.said(one.name, request.language), reason=policy.text(one.not_told, request.language)
        )
        for one in silent
        if one.not_told
    )
    words = lookup("activities.letters", request.language)
    not_told += tuple(
        letters.WithheldGroup(
            what=policy.said(one.name, request.language), reason=words.text("completion_erasure.unsure")
        )
        for one in unsure
    )
    if not (named or before or not_told or reach.given_to_nobody):
        return {}
    return {
        "recipients_told": tuple(policy.said(one.recipient.name, request.language) for one in named if not one.source),
        "sources_told": tuple(policy.said(one.recipient.name, request.language) for one in named if one.source),
        "recipients_not_told": not_told,
        "recipients_before": before,
        "recipients_since": reach.since,
    }


def _groups(gone: Counter[tuple[Fate, str, str]], fate: Fate) -> tuple[letters.ErasedGroup, ...]:
    return tuple(
        letters.ErasedGroup(system=system, category=category, count=count)
        for (one, system, category), count in sorted(gone.items())
        if one is fate
    )
