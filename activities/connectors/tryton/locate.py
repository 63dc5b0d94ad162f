"""Finding parties: whatever a search gives is compared again, and led to the party that it was merged into.

The parties of companies and of their employees are staff: https://docs.tryton.org/8.2/modules-company/.
Users of Tryton are no parties, and are never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from activities.connectors.api.identifiers import comparable, usable
from activities.connectors.tryton.kinds import ERASED, PARTIES, Row
from activities.connectors.tryton.rpc import Rpc
from habeas.connector import Located, Match
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.written import local_number, ways

__all__ = ["CODE", "locate", "staff"]

CODE = "code"
"""The kind of identifier that is the party's own number."""
_MOST, _MOST_CANDIDATES = 50, 1000
_MECHANISM, _IDENTIFIER = ("party", "value", "value_compact"), ("party", "type", "code", "code_compact")
_PHONES = frozenset({"phone", "mobile", "fax"})


async def locate(
    rpc: Rpc, types: Mapping[str, str], identifiers: tuple[Identifier, ...], region: str | None = None
) -> Located:
    """Every party that bears one of these identifiers, merged and inactive ones too.

    Args:
        rpc: the database.
        types: kinds of identifier other than ``email`` and ``phone`` -> the type that holds them, or `CODE`.
        identifiers: kinds that are none of these are ignored.
        region: the country of phone numbers that are written without its code.

    Raises:
        Quarantine: there are too many.
    """
    asked = [one for one in dict.fromkeys(identifiers) if one.kind in ("email", "phone") or one.kind in types]
    candidates: set[int] = set()
    for one in asked:
        candidates |= await _candidates(rpc, one, types.get(one.kind, ""), region)
    families = await _families(rpc, candidates)
    borne = await _borne(rpc, types, families, region)
    names = await rpc.read("party.party", [["id", "in", sorted(families)]], ("name",)) if families else []
    employed = await staff(rpc, [member for members in families.values() for member in members])
    matches = []
    for row in names:
        bears = borne[int(row["id"])]
        by = tuple(one for one in asked if _same(one, region) in bears)
        if by:
            matches.append(
                Match(
                    collection=PARTIES,
                    key=f"[{row['id']}]",
                    found_by=by,
                    yields=tuple(bears.values()),
                    name=str(row["name"] or "").strip() or None,
                    staff=bool(families[int(row["id"])] & employed),
                )
            )
    if len(matches) > _MOST:
        raise Quarantine(f"More than {_MOST} parties of {rpc.system} bear these identifiers.", system=rpc.system)
    return Located(matches=tuple(matches))


async def staff(rpc: Rpc, parties: Sequence[int]) -> set[int]:
    """Those of these that are a company itself, or an employee, also of former days."""
    domain: list[Any] = [["party", "in", sorted(parties)]]
    found: set[int] = set()
    for model in ("company.company", "company.employee") if parties else ():
        found |= {int(row["party"]) for row in await rpc.read(model, domain, ("party",))}
    return found


async def _candidates(rpc: Rpc, one: Identifier, type_: str, region: str | None) -> set[int]:
    if type_ == CODE:
        rows = await rpc.read("party.party", [["code", "ilike", _literal(one.value)]], (), limit=_MOST_CANDIDATES)
        return {int(row["id"]) for row in rows}
    if type_:
        # What was erased by Tryton alone has lost its type, and not its value.
        domain: list[Any] = [["type", "in", [type_, None]], _written(("code", "code_compact"), one.value)]
        return await _parties(rpc, "party.identifier", domain)
    if one.kind == "email":
        spelt = [_written(("value", "value_compact"), written) for written in ways("email", one.value)]
        return await _parties(rpc, "party.contact_mechanism", [["OR", *spelt]])
    # Without the country's code where some are written so: what is found is compared again.
    digits = local_number(one.value, region) if region else one.value.removeprefix("+")
    loose = f"%{'%'.join(digits)}%"
    return await _parties(rpc, "party.contact_mechanism", [_like(("value", "value_compact"), loose)])


async def _parties(rpc: Rpc, model: str, domain: Sequence[Any]) -> set[int]:
    rows = await rpc.read(model, domain, ("party",), limit=_MOST_CANDIDATES)
    if len(rows) == _MOST_CANDIDATES:
        raise Quarantine(f"A search in {rpc.system} finds too many parties.", system=rpc.system)
    return {int(row["party"]) for row in rows}


def _written(fields: Sequence[str], value: str) -> JsonValue:
    """As it is written, in any case of letters; also without what stands between digits."""
    spellings = dict.fromkeys((value, re.sub(r"[\W_]", "", value))) if "code" in fields else {value: None}
    return ["OR", *(condition for one in spellings for condition in _each(fields, _literal(one)))]


def _like(fields: Sequence[str], pattern: str) -> JsonValue:
    return ["OR", *_each(fields, pattern)]


def _each(fields: Iterable[str], pattern: str) -> list[JsonValue]:
    return [[name, "ilike", pattern] for name in fields]


def _literal(value: str) -> str:
    """https://docs.tryton.org/8.2/server/topics/domain.html: the wildcards of ``ilike`` are escaped."""
    return re.sub(r"([\\%_])", r"\\\1", value)


async def _families(rpc: Rpc, parties: set[int]) -> dict[int, set[int]]:
    """The party that each became by merging -> all that became it."""
    after = dict(await _links(rpc, parties))
    while unknown := {one for one in after.values() if one is not None} - after.keys():
        after |= await _links(rpc, unknown)
    ends: set[int] = set()
    for one in parties & after.keys():
        seen: set[int] = set()
        current: int | None = one
        while current is not None and current not in seen:
            seen.add(current)
            last, current = current, after.get(current)
        ends.add(last)
    found = {one: {one} for one in ends}
    newest = {one: one for one in ends}
    while newest:
        rows = await rpc.read("party.party", [["replaced_by", "in", sorted(newest)]], ("replaced_by",))
        newest = {int(row["id"]): newest[int(row["replaced_by"])] for row in rows}
        newest = {one: end for one, end in newest.items() if one not in found[end]}
        for one, end in newest.items():
            found[end].add(one)
    return found


async def _links(rpc: Rpc, parties: Iterable[int]) -> dict[int, int | None]:
    rows = await rpc.read("party.party", [["id", "in", sorted(parties)]], ("replaced_by",)) if parties else []
    return {int(row["id"]): int(row["replaced_by"]) if row["replaced_by"] else None for row in rows}


async def _borne(
    rpc: Rpc, types: Mapping[str, str], families: Mapping[int, set[int]], region: str | None
) -> dict[int, dict[tuple[str, str], Identifier]]:
    """What each family bears, by the form in which it is compared."""
    owner = {member: one for one, members in families.items() for member in members}
    found: dict[int, dict[tuple[str, str], Identifier]] = {one: {} for one in families}
    theirs: list[Any] = [["party", "in", sorted(owner)]]
    rows: list[tuple[int, Identifier]] = []
    if owner:
        async for row in rpc.every("party.contact_mechanism", theirs, (*_MECHANISM, "type")):
            rows += [(int(row["party"]), one) for one in _mechanisms(row, region)]
        async for row in rpc.every("party.identifier", theirs, _IDENTIFIER):
            rows += [(int(row["party"]), one) for one in _identifiers(row, types)]
        async for row in rpc.every("party.party", [["id", "in", sorted(owner)]], (CODE,)):
            for kind in [kind for kind, type_ in types.items() if type_ == CODE]:
                rows += [(int(row["id"]), one) for one in _usable(kind, row[CODE])]
    for party, one in rows:
        found[owner[party]].setdefault(_same(one, region), one)
    return found


def _mechanisms(row: Row, region: str | None) -> list[Identifier]:
    written = [row["value"], row["value_compact"]]
    mails = [one for value in written if "@" in str(value) for one in _usable("email", value)]
    # Erased by Tryton alone, its type is lost and ``value_compact`` is not.
    phones = row["type"] in _PHONES or row["value"] == ERASED
    return mails + ([one for value in written for one in _usable("phone", value, region)] if phones else [])


def _identifiers(row: Row, types: Mapping[str, str]) -> list[Identifier]:
    return [
        one
        for kind, type_ in types.items()
        if type_ != CODE and row["type"] in (type_, None)
        for value in (row["code"], row["code_compact"])
        for one in _usable(kind, value)
    ]


def _usable(kind: str, value: object, region: str | None = None) -> list[Identifier]:
    return [] if value == ERASED else usable(kind, (value,), region)


def _same(one: Identifier, region: str | None) -> tuple[str, str]:
    if one.kind in ("email", "phone"):
        return comparable(one, region)
    # Tryton writes numbers with or without what stands between their digits.
    return one.kind, re.sub(r"[\W_]", "", one.value).casefold()
