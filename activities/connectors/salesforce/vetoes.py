"""What must be settled before a person can be erased: cases that somebody works on, and accounts in a portal."""

from __future__ import annotations

from activities.connectors.salesforce.kinds import ACCOUNT, CASE, CONTACT, PEOPLE, USER
from activities.connectors.salesforce.places import place_of
from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Rest
from activities.connectors.salesforce.soql import within
from habeas.connector import SystemPlan, Treatment, Veto

__all__ = ["vetoes"]


async def vetoes(rest: Rest, records: Records, plan: SystemPlan) -> tuple[Veto, ...]:
    """Open cases; contacts who sign in from outside, whose user only an administrator can let go."""
    going = [one for one in plan.objects if one.treatment is not Treatment.RETAIN]
    if not going:
        return ()
    person_goes = any(one.collection in PEOPLE for one in going)
    cases = {
        one.key: place_of(CASE, one.key, (CASE,)).id
        for one in (plan.objects if person_goes else going)
        if one.collection == CASE
    }
    rows = await records.read(CASE, cases.values())
    found = [
        Veto(collection=CASE, key=key, reason="open_case")
        for key, one in cases.items()
        if one in rows and rows[one].get("IsClosed") is False
    ]
    return (*found, *await _portal_users(rest, records, {one.key: one.collection for one in going}))


async def _portal_users(rest: Rest, records: Records, going: dict[str, str]) -> list[Veto]:
    user = await records.described(USER)
    if user is None or "ContactId" not in user.fields:
        return []
    by_contact = {place_of(CONTACT, key, (CONTACT,)).id: key for key, sobject in going.items() if sobject == CONTACT}
    accounts = [place_of(ACCOUNT, key, (ACCOUNT,)).id for key, sobject in going.items() if sobject == ACCOUNT]
    for one, row in (await records.read(ACCOUNT, accounts)).items():
        if row.get("PersonContactId"):
            by_contact[row["PersonContactId"]] = f'["{one}"]'
    users = await rest.find(within(USER, ("ContactId",), "ContactId", by_contact))
    keys = dict.fromkeys(by_contact[row["ContactId"]] for row in users)
    return [Veto(collection=going[key], key=key, reason="portal_user") for key in keys]
