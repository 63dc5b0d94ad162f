"""The embedded stack: everything an installation needs, on this machine, to try it and to test it.

async with running_stack(StackOptions(Path("var"), workers=2)) as stack:
    print(stack.addresses.desk)
"""

from workers.stack.options import (
    EVERY_PART,
    Addresses,
    PartEnded,
    PartName,
    PartSilent,
    Ports,
    PortTaken,
    StackOptions,
    Step,
)
from workers.stack.stack import Stack, running_stack

__all__ = [
    "EVERY_PART",
    "Addresses",
    "PartEnded",
    "PartName",
    "PartSilent",
    "PortTaken",
    "Ports",
    "Stack",
    "StackOptions",
    "Step",
    "running_stack",
]
