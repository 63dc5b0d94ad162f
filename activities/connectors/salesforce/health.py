"""Whether the credentials see and may do what we will need, and the org is as the settings say. Nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from activities.connectors.api import Refused
from activities.connectors.salesforce.kinds import ACCOUNT, DOCUMENT, INDIVIDUAL, PEOPLE, USER, Kind
from activities.connectors.salesforce.records import Records, undecided_children
from activities.connectors.salesforce.rest import Described, Rest
from activities.connectors.salesforce.settings import (
    EMAILS,
    HISTORIED,
    SalesforceSettings,
    kinds_of,
    may_anonymise,
)
from activities.connectors.salesforce.soql import Query
from habeas.connector import Health, Treatment
from habeas.errors import HabeasError

__all__ = ["ping"]

_SIGN_IN = frozenset({"invalid_client_id", "invalid_client", "invalid_grant", "unsupported_grant_type"})
_VERSION = ("Title", "PathOnClient", "ContentDocumentId")
_ALL = "PermissionsViewAllData"
_HISTORY = "Delete From Field History"


async def ping(rest: Rest, settings: SalesforceSettings) -> Health:
    """Never raises for "no"."""
    records = Records(rest, settings)
    try:
        wrong = [one async for one in _forbidden(rest, records, settings)]
        unfit = [] if wrong else [one async for one in _unfit(records, settings)]
    except HabeasError as error:
        hint = ""
        if isinstance(error, Refused) and _SIGN_IN.intersection(error.codes):
            hint = " Look at client_id, the secret or the key, and at whom the app acts for (Run As, or username)."
        return Health(ok=False, detail=f"{error.detail}{hint}")
    return Health(ok=not (wrong or unfit), fits=not unfit, detail=" ".join(wrong or unfit))


async def _forbidden(rest: Rest, records: Records, settings: SalesforceSettings) -> AsyncIterator[str]:
    kinds = kinds_of(settings)
    for sobject, kind in kinds.items():
        found = await records.described(sobject)
        if found is None:
            yield f"The user may not see {sobject}: grant Read on it, or name it in `ignored` if the org has none."
            continue
        for one in _may_not(found, settings):
            yield one
        for name in _hidden(found, kind):
            yield f"The field {sobject}.{name} is hidden from the user by field-level security: grant Read on it."
    if DOCUMENT in kinds:
        version = await records.described("ContentVersion")
        if version is None or not {*_VERSION} <= version.fields.keys():
            yield f"The user may not see ContentVersion with {', '.join(_VERSION)}: files cannot be read."
    user = await records.described(USER)
    if user is None or "Email" not in user.fields:
        yield f"The user may not see {USER} with Email: who is staff cannot be told."
    if not await _sees_all(rest):
        yield 'The user lacks the permission "View All Data": records that are not shared with it would be missed.'


def _may_not(found: Described, settings: SalesforceSettings) -> Iterator[str]:
    name = found.name
    if Treatment.DELETE in settings.collections[name].treatments and not found.deletable:
        yield f"The user may not delete {name}."
    marks = (*settings.restriction, *(path for paths in settings.purposes.values() for path in paths))
    writes = name in may_anonymise(settings) or settings.rectifiable.get(name)
    if (writes or any(path.startswith(f"{name}.") for path in marks)) and not found.updateable:
        yield f"The user may not edit {name}."


def _hidden(found: Described, kind: Kind) -> Iterator[str]:
    """Fields of every org that are not described."""
    expected = kind.expects
    if found.name == ACCOUNT and "IsPersonAccount" in found.fields:
        expected = (*expected, EMAILS[ACCOUNT], "FirstName", "LastName", "PersonContactId")
    yield from (name for name in expected if name not in found.fields)


async def _sees_all(rest: Rest) -> bool:
    """``UserPermissionAccess``: what the user of this session may.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userpermissionaccess.htm
    """
    rows = await rest.find([Query("UserPermissionAccess", (_ALL,), f"{_ALL} = true")])
    return bool(rows)


async def _unfit(records: Records, settings: SalesforceSettings) -> AsyncIterator[str]:
    for sobject in (*PEOPLE, INDIVIDUAL, "Case"):
        found = await records.described(sobject) if sobject in settings.collections else None
        for one in undecided_children(found, settings) if found else ():
            yield f"{one} points at {sobject}: say in `collections` what it is, or name it in `ignored`."
    for key, path in _paths(settings):
        sobject, _, name = path.partition(".")
        found = await records.described(sobject) if sobject in settings.collections else None
        if found is None or name not in found.fields:
            yield f"`{key}`: the user sees no field {path}."
        elif key.startswith(("restriction", "purposes")):
            if found.fields[name].type != "boolean" or not found.fields[name].writable:
                yield f"`{key}`: {path} is no checkbox that the user may set."
        elif key.startswith("rectifiable") and not found.fields[name].writable:
            yield f"`{key}`: the user may not edit {path}."
    for sobject in HISTORIED if settings.history == "delete" else ():
        found = await records.described(f"{sobject}History") if sobject in may_anonymise(settings) else None
        if found is not None and not found.deletable:
            yield f'The user lacks the permission "{_HISTORY}": {sobject}History would stay.'


def _paths(settings: SalesforceSettings) -> Iterator[tuple[str, str]]:
    for kind, paths in settings.identifiers.items():
        yield from ((f"identifiers.{kind}", path) for path in paths)
    yield from (("restriction", path) for path in settings.restriction)
    for purpose, paths in settings.purposes.items():
        yield from ((f"purposes.{purpose}", path) for path in paths)
    for sobject, names in settings.rectifiable.items():
        if sobject in settings.collections:
            yield from ((f"rectifiable.{sobject}", f"{sobject}.{name}") for name in names)
