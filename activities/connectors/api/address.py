"""Where a connector may call: the address that the settings name, over TLS, and nowhere else."""

from __future__ import annotations

import httpx2
from pydantic import AnyHttpUrl

from habeas.errors import ConfigurationError

__all__ = ["guarded", "origin_of"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def guarded(system: str, address: str) -> httpx2.URL:
    """An address from the settings, its path ending in a slash.

    Raises:
        ConfigurationError: it is no http address, neither https nor loopback, or holds credentials.
    """
    try:
        url = httpx2.URL(str(AnyHttpUrl(address)))
    except ValueError:
        raise ConfigurationError(f"systems.{system}: the address is no http address.", system=system) from None
    if url.scheme != "https" and url.host not in _LOOPBACK:
        raise ConfigurationError(f"systems.{system}: the address must be https.", system=system)
    if url.userinfo or url.query or url.fragment:
        detail = (
            f"systems.{system}: the address is scheme, host, port and path; credentials have settings of their own."
        )
        raise ConfigurationError(detail, system=system)
    return url.copy_with(path=url.path.rstrip("/") + "/")


def origin_of(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port: what decides whether two addresses are the same party's."""
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default
