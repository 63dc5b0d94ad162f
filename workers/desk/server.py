"""Serving the desk."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
import uvicorn

from activities.connectors.http import CallbackDoor, HttpConnector
from habeas.errors import ConfigurationError
from workers.desk.app import create_app
from workers.desk.callbacks import CallingBack
from workers.desk.door import Door, Lasts, Local
from workers.desk.issuer import Issuer
from workers.desk.live import MOST_STREAMS
from workers.desk.pace import Pace
from workers.desk.patience import PromptProtocol
from workers.desk.sign_in import CALLBACK
from workers.desk.sources import sources_of
from workers.listening import listening
from workers.loopback import LOOPBACK_NAMES, is_loopback
from workers.metrics import sdk_metrics, serving_metrics
from workers.office import Office, open_office
from workers.settings import DeskSettings, Settings
from workers.streams import Streams
from workers.wiring import load_connectors

log = structlog.get_logger(__name__)

DESK_STARTED = "desk_started"
"""The desk listens."""
DESK_STOPPED = "desk_stopped"
"""The desk was told to stop, and has."""
DEVELOPMENT_SIGN_IN = "development_sign_in"
"""Nobody signs in at this desk: whoever reaches it is staff."""
MOST_CONNECTIONS = 2 * MOST_STREAMS + 200
"""More than streams can take: whoever only follows what happens leaves room for who comes to do something."""
ANSWER_TAKES = 0.5
"""Seconds, at least, of an answer that must not tell who is known."""


async def serve(settings: Settings, staff: str) -> None:
    """Serve the desk until a signal says stop.

    Args:
        settings: of the installation.
        staff: who one is at staff's pages where nobody signs in.

    Raises:
        NotAllowed: that account works for none of the controllers here.
        ConfigurationError: as `refuse_wide` and `sources_of`; or the port is taken.
        LedgerUnavailable: the database does not answer.
    """
    desk = settings.desk
    refuse_wide(desk)
    hosts = {*LOOPBACK_NAMES, desk.host, urlsplit(desk.public_url).hostname or desk.host}
    sdk = None if desk.metrics_port is None else sdk_metrics()
    async with (
        open_office(settings, runtime=sdk.runtime if sdk else None) as office,
        calling_back(settings) as systems,
        serving_metrics(settings.metrics_host, desk.metrics_port, "desk.metrics_port", office.measuring(settings), sdk),
    ):
        streams = Streams()
        with listening(desk.host, desk.port, "desk.port") as listener:
            config = uvicorn.Config(
                create_app(
                    office,
                    hosts,
                    door=door_of(desk, office, staff),
                    systems=systems,
                    streams=streams,
                    pace=Pace(ANSWER_TAKES),
                    sources=sources_of(settings, office),
                ),
                access_log=False,  # its lines hold paths, and paths hold tokens
                log_config=None,
                lifespan="off",
                server_header=False,
                proxy_headers=bool(desk.trusted_proxies),
                forwarded_allow_ips=list(desk.trusted_proxies),
                timeout_keep_alive=5,
                timeout_graceful_shutdown=10,
                http=PromptProtocol,
                limit_concurrency=MOST_CONNECTIONS,
            )
            log.info(DESK_STARTED, port=listener.getsockname()[1])
            async with watching(settings, office):
                await StreamServer(config, streams).serve(sockets=[listener])
    log.info(DESK_STOPPED)


@asynccontextmanager
async def watching(settings: Settings, office: Office) -> AsyncIterator[None]:
    """The watchdog looks from here, too: where there is no worker any more, somebody must notice."""
    stop = asyncio.Event()
    task = asyncio.create_task(office.watchdog(settings).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


class StreamServer(uvicorn.Server):
    """A server that ends its streams when it stops: they would hold it up until they are cut off."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._streams.closing.set()
        await super().shutdown(sockets)


@asynccontextmanager
async def calling_back(settings: Settings) -> AsyncIterator[Mapping[str, CallingBack]]:
    """The systems whose callbacks can be told here: those by HTTP whose secrets for them this process has."""
    names = [name for name, one in settings.systems.items() if one.connector == "http" and not one.elsewhere]
    connectors = load_connectors(settings, names, here=names)
    try:
        yield {name: one for name, one in connectors.items() if isinstance(one, HttpConnector)} | _elsewhere(settings)
    finally:
        for one in connectors.values():
            await one.aclose()


def door_of(settings: DeskSettings, office: Office, staff: str) -> Door:
    """The way in for staff, as the settings have it."""
    if settings.sign_in is None:
        log.warning(DEVELOPMENT_SIGN_IN, remedy="Set [desk.sign_in]: nobody proves here who they are.")
        return Door(office, Local(staff, office.for_staff(staff)))
    lasts = Lasts(timedelta(minutes=settings.sign_in.idle_minutes), timedelta(hours=settings.sign_in.longest_hours))
    return Door(office, Issuer(settings.sign_in, f"{settings.public_url.rstrip('/')}{CALLBACK}"), lasts)


def _elsewhere(settings: Settings) -> dict[str, CallingBack]:
    away = {name: one for name, one in settings.systems.items() if one.connector == "http" and one.elsewhere}
    doors = {name: CallbackDoor.elsewhere(name, one.options()) for name, one in away.items()}
    return {name: door for name, door in doors.items() if door is not None}


def refuse_wide(desk: DeskSettings, host: str | None = None) -> None:
    """Refuse to be reached by others where whoever reaches the desk is staff, or signs in in the clear.

    Raises:
        ConfigurationError: nobody signs in and the address is not a loopback one; or they do, and not over TLS.
    """
    if desk.sign_in is None and host is not None and not is_loopback(host):
        raise ConfigurationError(f"`codec.host` is {host}, but nobody signs in: set `[desk.sign_in]`.")
    if desk.sign_in is None and not is_loopback(desk.host):
        raise ConfigurationError(
            f"`desk.host` is {desk.host}, but nobody signs in: set `[desk.sign_in]`, or write 127.0.0.1 and put what "
            "others may reach (the paths /ask/, /opt-out/, /v/, /d/, /mine, /r/ and /p/) behind a proxy of yours."
        )
    public = urlsplit(desk.public_url)
    if desk.sign_in is not None and public.scheme != "https" and not is_loopback(public.hostname or ""):
        raise ConfigurationError(
            "`desk.public_url` must be https where staff sign in: browsers send their sessions over TLS only."
        )
