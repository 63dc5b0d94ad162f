"""A port to listen on, or a refusal that names the setting."""

from __future__ import annotations

import socket

from habeas.errors import ConfigurationError


def listening(host: str, port: int, setting: str) -> socket.socket:
    """A socket bound to this address; 0 for any port that is free.

    Raises:
        ConfigurationError: it cannot be had; names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"`{setting}` {port} cannot be used: {reason}.") from None
    return listener
