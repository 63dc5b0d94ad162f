"""The API of staff's work: everything the command line can do, over HTTP, for programs."""

from workers.api.app import MOST_CALL, PREFIX, create_api
from workers.api.events import Streams

__all__ = ["MOST_CALL", "PREFIX", "Streams", "create_api"]
