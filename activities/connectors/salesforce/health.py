"""Whether the credentials see and may do what we will need, and the org is as the settings say. Nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from activities.connectors.api import Refused
from activities.connectors.salesforce.kinds import (
    ACCOUNT,
    ACTIVITIES,
    CASE,
    CONTACT,
    DOCUMENT,
    INDIVIDUAL,
    PEOPLE,
    USER,
    Kind,
)
from activities.connectors.salesforce.records import Records, undecided_children
from activities.connectors.salesforce.rest import Described, Rest
from activities.connectors.salesforce.settings import (
    EMAILS,
    HISTORIED,
    SalesforceSettings,
    kinds_of,
    may_anonymise,
)
from activities.connectors.salesforce.soql import Query, within
from habeas.connector import Health, Treatment
from habeas.errors import HabeasError

__all__ = ["ping"]

_SIGN_IN = frozenset({"invalid_client_id", "invalid_client", "invalid_grant", "unsupported_grant_type"})
_VERSION = ("Title", "PathOnClient", "ContentDocumentId")
_PERMISSIONS = ("ViewAllData", "QueryAllFiles", "ModifyAllData", "ViewSetup")
"""As ``UserPermissionAccess`` names them, each after ``Permissions``; an org may lack one."""
_OWN_FIELDS = (
    "It cannot be told which fields of the org's own are hidden from the user: "
    'it lacks "View Setup and Configuration".'
)
_EMPTIED_INSTEAD = (CASE, CONTACT, ACCOUNT, *ACTIVITIES)
"""They are emptied, or let go, where somebody else is in them."""
_HISTORY = "Delete From Field History"


async def ping(rest: Rest, settings: SalesforceSettings) -> Health:
    """Never raises for "no"."""
    records = Records(rest, settings)
    try:
        wrong = [one async for one in _forbidden(rest, records, settings)]
        unfit = [] if wrong else [one async for one in _unfit(records, settings)]
        untold = [] if wrong or unfit or (await _granted(rest, records))["ViewSetup"] else [_OWN_FIELDS]
    except HabeasError as error:
        hint = ""
        if isinstance(error, Refused) and _SIGN_IN.intersection(error.codes):
            hint = " Look at client_id, the secret or the key, and at whom the app acts for (Run As, or username)."
        return Health(ok=False, detail=f"{error.detail}{hint}")
    return Health(ok=not (wrong or unfit), fits=not unfit, detail=" ".join(wrong or unfit or untold))


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
    granted = await _granted(rest, records)
    if not granted["ViewAllData"]:
        yield 'The user lacks the permission "View All Data": records that are not shared with it would be missed.'
    if DOCUMENT in kinds and not granted["QueryAllFiles"]:
        # https://help.salesforce.com/s/articleView?id=experience.collab_files_query.htm
        yield 'The user lacks the permission "Query All Files": files that are not shared with it would be missed.'
    if not granted["ModifyAllData"]:
        for one in _others_own(settings):
            yield f'The user lacks the permission "Modify All Data": {one}.'
    if granted["ViewSetup"]:
        for one in await _hidden_own(rest, records, kinds):
            yield f"The field {one} is hidden from the user by field-level security: grant Read on it."


def _may_not(found: Described, settings: SalesforceSettings) -> Iterator[str]:
    name = found.name
    goes = Treatment.DELETE in settings.collections[name].treatments
    if goes and not found.deletable:
        yield f"The user may not delete {name}."
    marks = (*settings.restriction, *(path for paths in settings.purposes.values() for path in paths))
    writes = name in may_anonymise(settings) or settings.rectifiable.get(name) or (goes and name in _EMPTIED_INSTEAD)
    if (writes or any(path.startswith(f"{name}.") for path in marks)) and not found.updateable:
        yield f"The user may not edit {name}."


def _others_own(settings: SalesforceSettings) -> Iterator[str]:
    """What cannot be done where somebody else owns the record, and sharing does not happen to give it to the user.

    https://help.salesforce.com/s/articleView?id=platform.users_profiles_view_all_mod_all.htm
    """
    treated = {name: one.treatments - {Treatment.RETAIN} for name, one in settings.collections.items()}
    changed = [name for name in sorted(treated) if treated[name] and name != DOCUMENT]
    if changed and not settings.modify_all_records:
        yield (
            f"what others own of {', '.join(changed)} could be neither deleted nor emptied, and its erasure would be "
            'blocked; if it has "Modify All Records" on each of these, say `modify_all_records = true`'
        )
    if treated.get(DOCUMENT):
        yield f"files that others own ({DOCUMENT}) could not be deleted"
    if settings.bin == "empty":
        yield "what others deleted would stay in the bin (`bin`)"


def _hidden(found: Described, kind: Kind) -> Iterator[str]:
    """Fields of every org that are not described."""
    expected = kind.expects
    if found.name == ACCOUNT and "IsPersonAccount" in found.fields:
        expected = (*expected, EMAILS[ACCOUNT], "FirstName", "LastName", "PersonContactId")
    yield from (name for name in expected if name not in found.fields)


async def _granted(rest: Rest, records: Records) -> dict[str, bool]:
    """``UserPermissionAccess``: what the user of this session may; a permission that the org has not stands in no way.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_userpermissionaccess.htm
    """
    known = [one for one in _PERMISSIONS if f"Permissions{one}" in await records.fields("UserPermissionAccess")]
    asked = tuple(f"Permissions{one}" for one in known)
    rows = await rest.find([Query("UserPermissionAccess", asked, "PermissionsApiEnabled = true")])
    return {one: one not in known or any(row[f"Permissions{one}"] is True for row in rows) for one in _PERMISSIONS}


async def _hidden_own(rest: Rest, records: Records, kinds: Iterable[str]) -> list[str]:
    """Fields that somebody in the org may read, and that are not described to the user (``FieldPermissions``).

    Whoever has "View Setup and Configuration" sees all of them:
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm
    """
    hidden = set()
    for row in await rest.find(within("FieldPermissions", ("SobjectType", "Field"), "SobjectType", kinds)):
        found = await records.described(str(row["SobjectType"]))
        name = str(row["Field"]).rpartition(".")[2]
        if name.endswith("__c") and found is not None and name not in found.fields:
            hidden.add(f"{found.name}.{name}")
    return sorted(hidden)


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
