"""What the settings say of a Request Tracker, and what of it RT cannot do: that is refused at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr

from activities.connectors.api import ApiSettings
from activities.connectors.settings import CollectionSettings, Region, collection_faults, raise_faults, read_settings
from habeas.connector import Collection, Treatment
from habeas.model import Frozen

__all__ = [
    "CONTRIBUTIONS",
    "COPIED",
    "MENTIONS",
    "MESSAGES",
    "RECTIFIABLE",
    "TICKETS",
    "USERS",
    "MungeSettings",
    "RtSettings",
    "collections_of",
    "read",
]

USERS, TICKETS, MESSAGES = "users", "tickets", "messages"
COPIED, CONTRIBUTIONS, MENTIONS = "copied_tickets", "contributions", "mentions"

_POSSIBLE: Mapping[str, tuple[Treatment, ...]] = {
    USERS: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    TICKETS: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    MESSAGES: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    COPIED: (Treatment.ANONYMISE, Treatment.RETAIN),
    CONTRIBUTIONS: (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN),
    MENTIONS: (Treatment.ANONYMISE, Treatment.RETAIN),
}
"""A ticket of somebody else's is never deleted, and neither is what somebody else wrote."""

RECTIFIABLE = (
    *("EmailAddress", "RealName", "NickName", "Organization", "HomePhone", "WorkPhone", "MobilePhone", "PagerPhone"),
    *("Address1", "Address2", "City", "State", "Zip", "Country"),
)
"""Fields of a user that may be corrected. ``Name`` is what they log in by."""

_ANCHORS = {TICKETS: "Resolved"}
_FREE_TEXT: Mapping[str, tuple[str, ...]] = {
    USERS: ("Comments", "FreeformContactInfo"),
    TICKETS: ("Subject", "history"),
    MESSAGES: ("Subject", "Headers", "texts"),
    COPIED: ("Subject",),
    CONTRIBUTIONS: ("Subject", "Headers", "texts"),
    MENTIONS: ("Subject", "Headers", "text"),
}


class MungeSettings(Frozen):
    """RT's own tool for taking words out of texts, where this worker runs beside RT."""

    tool: Path = Path("/usr/sbin/rt-munge-attachments-5")
    via: tuple[str, ...] = ()
    """What goes before it on the command line: ``["sudo", "-u", "www-data"]``, ``["env", "RT_SITE_CONFIG=…"]``."""
    timeout: float = Field(default=300.0, gt=0, le=3600, description="seconds for one object")


class RtSettings(ApiSettings):
    """One Request Tracker's table in the settings."""

    url: str
    """Where RT is: ``https://support.example.org``, with its path if it has one."""
    web_url: str | None = None
    """How RT calls itself (``$WebBaseURL`` and ``$WebPath``), where that is not ``url``: its forms want it."""
    token: SecretStr
    """An authentication token of a user with the right SuperUser."""
    dumps: Path | None = None
    """RT's ``$ShredderStoragePath``, as this worker sees it. RT writes there what it wipes; Habeas removes it."""
    munge: MungeSettings | None = None
    region: Region | None = None
    """The country of phone numbers without its code. Unset: such a number is nobody's who has one with a code."""
    mentions: Literal["by_hand", "munge"] = "by_hand"
    """What is done where others' texts name the person: left to a human, or the words are taken out."""
    collections: Mapping[str, CollectionSettings]


def read(system: str, settings: Mapping[str, Any]) -> RtSettings:
    """The settings, if RT can do what they ask.

    Raises:
        ConfigurationError: a setting is missing or wrong, a collection is not decided, or RT cannot do it; names each.
    """
    found = read_settings(RtSettings, system, settings)
    raise_faults(system, [*_faults(found)], lambda: collections_of(found))
    return found


def collections_of(settings: RtSettings) -> tuple[Collection, ...]:
    """As the manifest has them."""
    return tuple(
        settings.collections[name].collection(
            name,
            anchor=_ANCHORS.get(name, "Created"),
            free_text=_FREE_TEXT[name],
            rectifiable=RECTIFIABLE if name == USERS else (),
        )
        for name in _POSSIBLE
    )


def _faults(settings: RtSettings) -> Iterator[str]:
    yield from collection_faults("RT", _POSSIBLE, settings.collections)
    yield from _missing_means(settings)


def _missing_means(settings: RtSettings) -> Iterator[str]:
    treated = {name: one.treatments - {Treatment.RETAIN} for name, one in settings.collections.items()}
    if settings.dumps is None and any(treated.get(name) for name in (USERS, TICKETS, MESSAGES, CONTRIBUTIONS)):
        yield "dumps is missing: RT writes all that it wipes to its $ShredderStoragePath, and it must go there too"
    to_munge = [name for name in (MESSAGES, CONTRIBUTIONS) if Treatment.ANONYMISE in treated.get(name, ())]
    if settings.mentions == "munge":
        to_munge.append(MENTIONS)
    if to_munge and settings.munge is None:
        yield f"munge is missing: {', '.join(to_munge)} can only be anonymised by rt-munge-attachments"
