"""Whether the token may do what we will need, and the account has what the settings name. Nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator

from activities.connectors.api import Refused
from activities.connectors.hubspot.hub import Hub
from activities.connectors.hubspot.kinds import ASSOCIATED, CONTACTS, KINDS, SHARED
from activities.connectors.hubspot.newsletters import NOBODY, Newsletters
from activities.connectors.hubspot.records import Records
from activities.connectors.hubspot.settings import ALL, HubSpotSettings, may_become
from activities.connectors.hubspot.walk import undecided_objects
from habeas.connector import Health, Treatment
from habeas.errors import HabeasError

__all__ = ["needed", "ping"]

_UNAUTHORISED, _FORBIDDEN = 401, 403
_NOBODY = "0"
_STAFF, _CUSTOM = "crm.objects.owners.read", "crm.schemas.custom.read"
_OTHER = (
    "It is no private app's token. An OAuth token ends after 30 minutes, and a request takes longer. Whether it may "
    "change newsletters shows only when it does."
)
"""https://developers.hubspot.com/changelog/upcoming-expiration-of-oauth-access-tokens-is-changing"""
_READ_CHOICES = ("communication_preferences.read", "communication_preferences.read_write")
_WRITE_CHOICES = ("communication_preferences.write", "communication_preferences.read_write")
_READ_BATCH = ("communication_preferences.statuses.batch.read",)
_WRITE_BATCH = ("communication_preferences.statuses.batch.write",)


async def ping(hub: Hub, settings: HubSpotSettings) -> Health:
    """Never raises for "no"."""
    try:
        granted = await hub.scopes(settings.token.get_secret_value())
        missing = [one for one in needed(settings) if granted is not None and not granted.intersection(one)]
        wrong = [f"The token lacks the scope {' or '.join(one)}." for one in missing]
        if not wrong:
            wrong = [one async for one in _refused(hub, settings)]
        if granted is None:
            wrong += [one async for one in _unwritable(hub, settings)]
        if wrong:
            return Health(ok=False, detail=" ".join(wrong))
        unfit = [one async for one in _unfit(hub, settings)]
    except HabeasError as error:
        hint = ""
        if isinstance(error, Refused) and error.status == _UNAUTHORISED:
            hint = " Copy the access token of the private app (Settings > Integrations > Private Apps) again."
        return Health(ok=False, detail=f"{error.detail}{hint}")
    if unfit:
        return Health(ok=False, fits=False, detail=" ".join(unfit))
    return Health(ok=True, detail="" if granted is not None else _OTHER)


def needed(settings: HubSpotSettings) -> list[tuple[str, ...]]:
    """The scopes, each with those that do as well."""
    scopes: list[tuple[str, ...]] = [(kind.read,) for kind in KINDS.values()]
    for name, kind in KINDS.items():
        writes = may_become(settings, name) != {Treatment.RETAIN}
        if writes or (name == CONTACTS and (settings.rectifiable or settings.restriction)):
            scopes.append((kind.write,))
    if Treatment.ANONYMISE in may_become(settings, SHARED):
        scopes += [(KINDS[name].write,) for name in ASSOCIATED]
    scopes += [(f"crm.objects.contacts.{level}.read.v2",) for level in settings.sensitive]
    scopes += [(_STAFF,), *([(_CUSTOM,)] if settings.custom_objects else [])]
    scopes += _choices(settings)
    return list(dict.fromkeys(scopes))


def _choices(settings: HubSpotSettings) -> list[tuple[str, ...]]:
    """The scopes to read newsletters, and to end them. Kinds of newsletter are read with those of every account."""
    in_urls = settings.addresses_in_urls == "accept"
    scopes: list[tuple[str, ...]] = []
    if settings.purposes or (settings.subscriptions and in_urls):
        scopes.append(_READ_CHOICES)
    if settings.purposes:
        scopes.append(_WRITE_CHOICES if in_urls else _WRITE_BATCH)
    if (settings.purposes or settings.subscriptions) and not in_urls:
        scopes.append(_READ_BATCH)
    return scopes


async def _unwritable(hub: Hub, settings: HubSpotSettings) -> AsyncIterator[str]:
    """Of a token that nobody tells the scopes of: each kind changed where there is nothing to change."""
    scopes = {scope for one in needed(settings) for scope in one}
    for kind in {one.write: one for one in KINDS.values() if one.write in scopes}.values():
        try:
            await hub.update(kind.name, _NOBODY, {})
        except Refused as error:
            if error.status == _FORBIDDEN:
                yield f"The token lacks the scope {kind.write}."


async def _refused(hub: Hub, settings: HubSpotSettings) -> AsyncIterator[str]:
    """Each kind of call that reads, about nobody."""
    for scope, call in _calls(hub, settings):
        try:
            await call
        except Refused as error:
            if error.status != _FORBIDDEN:
                raise
            yield f"The token lacks the scope {scope}."


def _calls(hub: Hub, settings: HubSpotSettings) -> Iterator[tuple[str, Awaitable[object]]]:
    for name, kind in KINDS.items():
        yield kind.read, hub.properties(name, "non_sensitive")
        yield kind.read, hub.read(name, [_NOBODY], ("hs_object_id",))
    for level in settings.sensitive:
        yield f"crm.objects.contacts.{level}.read.v2", hub.properties(CONTACTS, level)
    for name in ASSOCIATED:
        yield KINDS[CONTACTS].read, hub.associated(CONTACTS, [_NOBODY], name)
        yield KINDS[name].read, hub.associated(name, [_NOBODY], CONTACTS)
    yield _STAFF, hub.staff()
    if settings.custom_objects:
        yield _CUSTOM, hub.custom_objects()
    newsletters = Newsletters(hub, settings)
    if settings.purposes:
        yield " or ".join(_READ_CHOICES), newsletters.definitions()
    if settings.subscriptions or settings.purposes:
        in_urls = settings.addresses_in_urls == "accept"
        yield " or ".join(_READ_CHOICES if in_urls else _READ_BATCH), newsletters.choices(NOBODY)


async def _unfit(hub: Hub, settings: HubSpotSettings) -> AsyncIterator[str]:
    defined = await Records(hub, settings).defined(CONTACTS)
    for name in sorted({*settings.rectifiable, *settings.identifiers.values()} - defined.keys()):
        yield f"Contacts have no property {name}."
    for name in sorted(set(settings.rectifiable) & defined.keys()):
        if not defined[name].writable:
            yield f"The property {name} of contacts cannot be corrected: it is read-only."
    mark = settings.restriction
    if mark is not None and not (mark in defined and defined[mark].writable and _is_checkbox(defined[mark].type)):
        yield f"`restriction`: contacts have no single checkbox {mark} that can be written."
    wanted = {str(one) for one in settings.purposes.values() if one != ALL}
    for one in sorted(wanted - (await Newsletters(hub, settings).definitions() if wanted else set())):
        yield f"`purposes`: there is no kind of newsletter with the id {one}."
    for one in await undecided_objects(hub, settings):
        yield f"Your own {one} belong to contacts, and are not read: see to them by hand, and name them in `ignored`."


def _is_checkbox(type_: str) -> bool:
    return type_ == "bool"
