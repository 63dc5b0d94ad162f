"""Where a connector may call: the address that the settings name, over TLS, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import httpx2
from pydantic import AnyHttpUrl

from habeas.errors import ConfigurationError

__all__ = ["Origin", "Origins", "guarded", "origin_of", "refusal"]

Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""
_BELOW = "https://*."

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def guarded(system: str, address: str) -> httpx2.URL:
    """An address from the settings, its path ending in a slash.

    Raises:
        ConfigurationError: it is no http address, neither https nor loopback, or holds credentials.
    """
    wrong = refusal(address)
    if wrong is not None:
        raise ConfigurationError(f"systems.{system}: {wrong}.", system=system)
    url = httpx2.URL(str(AnyHttpUrl(address)))
    return url.copy_with(path=url.path.rstrip("/") + "/")


def refusal(address: str) -> str | None:
    """What is wrong with an address that we are to call; None if nothing is."""
    try:
        url = httpx2.URL(str(AnyHttpUrl(address)))
    except ValueError:
        return "the address is no http address"
    if url.scheme != "https" and url.host not in _LOOPBACK:
        return "the address must be https"
    if url.userinfo or url.query or url.fragment:
        return "the address is scheme, host, port and path; credentials have settings of their own"
    return None


def origin_of(url: httpx2.URL) -> Origin:
    """Scheme, host and port: what decides whether two addresses are the same party's."""
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


class Origins:
    """Some origins: each by its address, or all https hosts below a name (``https://*.files.example``).

    Raises:
        ConfigurationError: as `guarded`.
    """

    def __init__(self, system: str, addresses: Iterable[str]) -> None:
        listed = tuple(addresses)
        single = [one for one in listed if not one.startswith(_BELOW)]
        self._single = frozenset(origin_of(guarded(system, one)) for one in single)
        below = [guarded(system, f"https://{one.removeprefix(_BELOW)}") for one in listed if one.startswith(_BELOW)]
        self._below = frozenset(origin_of(one) for one in below)

    def __contains__(self, origin: Origin) -> bool:
        scheme, host, port = origin
        return origin in self._single or any(
            (scheme, port) == (one[0], one[2]) and host.endswith(f".{one[1]}") for one in self._below
        )
