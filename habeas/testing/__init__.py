"""What connector authors, and our own tests, need to try things without a real system."""

from habeas.testing.memory import MemoryConnector, MemoryRow

__all__ = ["MemoryConnector", "MemoryRow"]
