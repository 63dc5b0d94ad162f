"""What connector authors, and our own tests, need to try things without a real system."""

from habeas.testing.http_faults import Fault, HttpFaults, faulty
from habeas.testing.memory import MemoryConnector, MemoryRow
from habeas.testing.world import World

__all__ = ["Fault", "HttpFaults", "MemoryConnector", "MemoryRow", "World", "faulty"]
