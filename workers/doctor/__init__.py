"""The doctor: looks at a running installation, and says what is wrong and what to do."""

from workers.doctor.examine import examine
from workers.doctor.findings import Finding, Level

__all__ = ["Finding", "Level", "examine"]
