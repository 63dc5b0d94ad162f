"""The doctor on everything else: policies, connected systems, mail, storage, the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from activities.connectors.elsewhere import Elsewhere
from activities.ledger import TroubledSystem
from activities.mail import Mailer
from activities.personal import said_of_itself
from activities.storage import Storage
from habeas.connector import Connector
from habeas.errors import HabeasError
from workers.bootstrap import check_policies
from workers.doctor.findings import Finding, fine, not_looked, odd, wrong
from workers.loopback import is_loopback
from workers.settings import Settings
from workers.wiring import load_connectors, mail_server, open_ledger

__all__ = ["look_at_desk", "look_at_mail", "look_at_policies", "look_at_storage", "look_at_systems"]

PATIENCE = 15.0
"""Seconds that a system has to answer."""


async def look_at_policies(settings: Settings) -> AsyncIterator[Finding]:
    """Read them as a process does when it starts.

    Raises:
        ConfigurationError: names the file and line.
    """
    yield fine("policies", check_policies(settings).said)


async def look_at_mail(settings: Settings) -> AsyncIterator[Finding]:
    """Connect and sign in; nothing is sent.

    Raises:
        Transient, Terminal: the server does not answer, or refuses us.
    """
    mail = settings.mail
    await Mailer(mail_server(settings)).ping()
    secure = "TLS" if mail.tls or mail.starttls else "in the clear"
    said = f"{mail.host}:{mail.port} answers ({secure}{', signed in' if mail.username else ''})"
    if secure != "TLS" and not is_loopback(mail.host):
        yield odd("mail", said, "Set `mail.starttls` or `mail.tls`, unless that network is yours alone.")
    else:
        yield fine("mail", said)


async def look_at_storage(settings: Settings) -> AsyncIterator[Finding]:
    """Ask for a file that is not there; nothing is written.

    Raises:
        StorageUnavailable, ConfigurationError: it does not answer, or its URL is not one.
    """
    parts = urlsplit(settings.storage.url)
    await Storage.from_url(settings.storage.url).exists("doctor/nothing")
    if parts.scheme == "file" and not await asyncio.to_thread(Path(unquote(parts.path)).is_dir):
        yield odd("storage", "its folder is not there yet", "The first package makes it: see that it can be made.")
    else:
        yield fine("storage", "answers")


async def look_at_desk(settings: Settings) -> AsyncIterator[Finding]:
    """Whether what its settings say is fit for people who are not at this machine."""
    public = urlsplit(settings.desk.public_url)
    if is_loopback(public.hostname or ""):
        said = f"letters link to {settings.desk.public_url}: nobody elsewhere can follow them"
        yield odd("desk", said, "Set `desk.public_url` to the address that people reach it by.")
    elif public.scheme != "https":
        yield wrong("desk", "letters link to an address without TLS", "Make `desk.public_url` https.")
    else:
        yield fine("desk", f"letters link to https://{public.netloc}")
    if settings.desk.sign_in is None:
        said = "nobody signs in: whoever reaches the desk's port is staff"
        yield odd("sign-in", said, "Set `[desk.sign_in]` (docs/sign-in.md).")
    else:
        yield fine("sign-in", f"by {urlsplit(settings.desk.sign_in.issuer).netloc}")


async def look_at_systems(settings: Settings) -> AsyncIterator[Finding]:
    """Ask each whether it serves us, and the ledger what waits for it.

    Raises:
        ConfigurationError: a connector refuses its settings.
    """
    connectors = load_connectors(settings)
    try:
        pinged = await asyncio.gather(*(_ping(name, one) for name, one in connectors.items()))
    finally:
        for one in connectors.values():
            await one.aclose()
    for finding in pinged:
        yield finding
    for finding in _waited_for(await _troubled(settings)):
        yield finding


async def _ping(name: str, connector: Connector) -> Finding:
    check, again = f"system {name}", f"`habeas system check {name}` asks again."
    if isinstance(connector, Elsewhere):
        return not_looked(check, "its calls are made elsewhere: run the doctor there")
    try:
        async with asyncio.timeout(PATIENCE):
            health = await connector.ping()
    except TimeoutError:
        return wrong(check, f"has not answered within {PATIENCE:.0f} seconds", again)
    except Exception as error:  # noqa: BLE001 - a connector is anybody's: whatever it does, the others are looked at
        return wrong(check, f"cannot be asked: {type(error).__name__}", again)
    detail = said_of_itself(health.detail)
    if health.ok:
        return fine(check, detail or "answers")
    remedy = again if health.fits else f"Its map or its rights do not fit: mend that, then {again}"
    return wrong(check, detail or "does not serve us", remedy)


async def _troubled(settings: Settings) -> Sequence[TroubledSystem]:
    try:
        async with open_ledger(settings) as ledger, ledger.begin() as tx:
            return await tx.troubled()
    except HabeasError:
        return ()  # said by the finding on the ledger


def _waited_for(troubled: Sequence[TroubledSystem]) -> Sequence[Finding]:
    return [
        odd(
            f"system {one.system}",
            f"{one.requests} requests wait for it ({one.code}) since {one.since:%Y-%m-%d %H:%M} UTC",
            f"docs/what-the-screen-shows.md, `{one.code}`; once mended, `habeas system retry {one.system}`.",
        )
        for one in troubled
    ]
