"""Finding contacts: each one that a search or HubSpot's own look-up gives is read again and compared exactly.

Users and owners of the account are staff and no records of anybody. Of them only the addresses are read: a contact who
bears one is a colleague's.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from pydantic import JsonValue

from activities.connectors.api.identifiers import comparable, usable
from activities.connectors.hubspot.hub import Hub, Row
from activities.connectors.hubspot.kinds import CONTACTS
from activities.connectors.hubspot.records import emails, values
from habeas.connector import Located, Match
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.written import local_number, spellings, ways

__all__ = ["locate"]

_MOST, _MOST_CANDIDATES = 50, 1000
_ID, _MERGED = "hs_object_id", "hs_merged_object_ids"
_PHONES = ("phone", "mobilephone")
_CALCULATED = ("hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number")
"""What HubSpot makes of the two for searches: area code and local number, in digits, however they were typed
(https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm)."""
_READ = ("email", "hs_additional_emails", "firstname", "lastname", *_PHONES, _ID, _MERGED)


async def locate(
    hub: Hub, properties: Mapping[str, str], identifiers: tuple[Identifier, ...], region: str | None = None
) -> Located:
    """Every contact that bears one of these identifiers, in the bin too.

    Args:
        hub: the account.
        properties: kinds of identifier other than ``email`` and ``phone`` -> the property that holds them.
        identifiers: kinds that are neither are ignored.
        region: the country of phone numbers that are written without its code.

    Raises:
        Quarantine: there are too many.
    """
    asked = [one for one in dict.fromkeys(identifiers) if one.kind in ("email", "phone", *properties)]
    candidates: set[str] = set()
    for identifier in asked:
        candidates |= await _candidates(hub, identifier, properties.get(identifier.kind, ""), region)
    wanted = (*_READ, *properties.values())
    # What is found may be gone, or another by now: searches run behind, and contacts are merged.
    rows = [
        row for archived in (False, True) for row in await hub.read(CONTACTS, candidates, wanted, archived=archived)
    ]
    staff = await hub.staff() if rows else frozenset()
    matches = []
    for row in sorted(rows, key=lambda row: int(row["id"])):
        borne = _borne(row, properties, region)
        by = tuple(one for one in asked if comparable(one, region) in borne)
        if by:
            matches.append(_match(row, by, borne.values(), staff))
    if len(matches) > _MOST:
        raise Quarantine(f"More than {_MOST} contacts of {hub.system} bear these identifiers.", system=hub.system)
    return Located(matches=tuple(matches))


async def _candidates(hub: Hub, identifier: Identifier, name: str, region: str | None) -> set[str]:
    if name == _ID:
        merged = _filter(_MERGED, "EQ", identifier.value)
        found = await hub.search([merged], _MOST_CANDIDATES)
        return {*found, *([identifier.value] if identifier.value.isdecimal() else [])}
    if identifier.kind == "phone":
        spelt: list[JsonValue] = [*spellings(identifier.value)]
        groups: list[JsonValue] = [
            {"filters": [{"propertyName": one, "operator": "IN", "values": spelt}]} for one in _PHONES
        ]
        local = f"*{local_number(identifier.value, region)}"
        groups += [_filter(one, "CONTAINS_TOKEN", local) for one in _CALCULATED]
        return set(await hub.search(groups, _MOST_CANDIDATES))
    if name:
        return set(await hub.search([_filter(name, "EQ", identifier.value)], _MOST_CANDIDATES))
    bearing: set[str] = set()
    for address in ways("email", identifier.value):
        # Asked for by address HubSpot looks at the records, and the address is in the body: in no log of addresses.
        for archived in (False, True):
            rows = await hub.read(CONTACTS, [address], _READ, archived=archived, by="email")
            bearing |= {str(row["id"]) for row in rows}
        additional = [_filter("hs_additional_emails", operator, address) for operator in ("EQ", "CONTAINS_TOKEN")]
        bearing |= {*await hub.search([_filter("email", "EQ", address), *additional], _MOST_CANDIDATES)}
    return bearing


def _filter(name: str, operator: str, value: str) -> JsonValue:
    return {"filters": [{"propertyName": name, "operator": operator, "value": value}]}


def _borne(row: Row, properties: Mapping[str, str], region: str | None) -> dict[tuple[str, str], Identifier]:
    """What a contact bears, by the form in which it is compared."""
    held = values(row)
    found = [Identifier(kind="email", value=one) for one in emails(row)]
    for kind, name in properties.items():
        written = [held.get(name, "")]
        if name == _ID:  # and those that it had before it was merged
            written = [str(row["id"]), *held.get(_MERGED, "").split(";")]
        found += usable(kind, written, region)
    found += usable("phone", [held.get(name, "") for name in _PHONES], region)
    return {comparable(one, region): one for one in found}


def _match(row: Row, by: tuple[Identifier, ...], borne: Iterable[Identifier], staff: Container[str]) -> Match:
    held = values(row)
    name = " ".join(filter(None, (held.get("firstname"), held.get("lastname")))) or None
    return Match(
        collection=CONTACTS,
        key=f'["{row["id"]}"]',
        found_by=by,
        yields=tuple(borne),
        name=name,
        staff=any(one.casefold() in staff for one in emails(row)),
    )
