"""Addresses that somebody gave us, and that must not lead into our own networks (server-side request forgery)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

__all__ = ["NotPublic", "public_addresses"]

# Addresses that carry another one inside, which may be of our own networks: RFC 6052, 8215, 3056, 4380.
_WRAPPING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


class NotPublic(Exception):
    """The host has no address that is everybody's."""


async def public_addresses(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, all of them public. Connect to these, not to the name: it may mean others by then.

    Raises:
        NotPublic: one of them is of this machine, of a private network, or nobody's.
        OSError: there is no such host.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not addresses or not all(map(_is_public, addresses)):
        raise NotPublic
    return addresses


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(str(address.ipv4_mapped))
        if any(address in network for network in _WRAPPING):
            return False
    return address.is_global and not address.is_multicast
