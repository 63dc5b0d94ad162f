"""Whether a name or an address is this machine alone."""

from __future__ import annotations

import ipaddress

__all__ = ["LOOPBACK_NAMES", "is_loopback"]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
"""How this machine is called from itself."""


def is_loopback(host: str) -> bool:
    """Whether nobody else is reached by it, or reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
