"""The API of staff's work: everything the command line can do, over HTTP, for programs."""

from workers.api.app import MOST_CALL, PREFIX, create_api

__all__ = ["MOST_CALL", "PREFIX", "create_api"]
