"""The office of an installation elsewhere, over its API."""

from workers.remote.office import RemoteOffice, open_remote

__all__ = ["RemoteOffice", "open_remote"]
