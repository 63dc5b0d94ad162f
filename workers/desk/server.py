"""Serving the desk."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import structlog
import uvicorn

from activities.connectors.http import HttpConnector
from habeas.errors import ConfigurationError
from workers.api import Streams
from workers.desk.app import LOOPBACK_NAMES, create_app
from workers.desk.callbacks import CallingBack
from workers.office import open_office
from workers.settings import DeskSettings, Settings
from workers.wiring import load_connectors

log = structlog.get_logger(__name__)

DESK_STARTED = "desk_started"
DESK_STOPPED = "desk_stopped"


async def serve(settings: Settings, staff: str) -> None:
    """Serve the desk until a signal says stop.

    Args:
        settings: of the installation.
        staff: the account whose controllers the staff pages show.

    Raises:
        NotAllowed: that account works for none of the controllers here.
        ConfigurationError: `desk.host` is not this machine alone, or the port is taken.
        LedgerUnavailable: the database does not answer.
    """
    desk = settings.desk
    refuse_wide(desk)
    hosts = {*LOOPBACK_NAMES, desk.host, urlsplit(desk.public_url).hostname or desk.host}
    async with open_office(settings) as office, _calling_back(settings) as systems:
        streams = Streams()
        with _listening(desk) as listener:
            config = uvicorn.Config(
                create_app(office, hosts, staff=office.for_staff(staff), systems=systems, streams=streams),
                access_log=False,  # its lines hold paths, and paths hold tokens
                log_config=None,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=10,
                limit_concurrency=200,
            )
            log.info(DESK_STARTED, port=listener.getsockname()[1])
            await StreamServer(config, streams).serve(sockets=[listener])
    log.info(DESK_STOPPED)


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
async def _calling_back(settings: Settings) -> AsyncIterator[Mapping[str, CallingBack]]:
    """The systems whose callbacks can be told here: those by HTTP whose secrets this process has."""
    names = [name for name, one in settings.systems.items() if one.connector == "http" and not one.elsewhere]
    connectors = load_connectors(settings, names, here=names)
    try:
        yield {name: one for name, one in connectors.items() if isinstance(one, HttpConnector)}
    finally:
        for one in connectors.values():
            await one.aclose()


def refuse_wide(desk: DeskSettings) -> None:
    """Staff do not log in yet: whoever reaches the desk is staff, so only this machine may.

    Raises:
        ConfigurationError: the address is not a loopback one.
    """
    try:
        loopback = ipaddress.ip_address(desk.host).is_loopback
    except ValueError:
        loopback = desk.host == "localhost"
    if not loopback:
        raise ConfigurationError(
            f"`desk.host` is {desk.host}, but the desk serves this machine only: write 127.0.0.1, and put what others "
            "may reach (the paths /v/, /d/, /r/ and /p/) behind a proxy of yours."
        )


def _listening(desk: DeskSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in desk.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((desk.host, desk.port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"`desk.port` {desk.port} cannot be used: {error.strerror}.") from None
    return listener
