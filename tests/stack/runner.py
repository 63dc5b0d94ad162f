"""A stack in a process of its own, for tests that send it signals.

``python -m tests.stack.runner DIR PART[,PART...] [STEP SECONDS]``; with the last two it is killed that long after the
step has begun.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from workers.stack import PartName, StackOptions, Step
from workers.stack.up import StepDisplay, up


def killed_at(title: str, seconds: float) -> None:
    shown = StepDisplay.__call__

    def show(self: StepDisplay, step: Step) -> None:
        shown(self, step)
        if step.seconds is None and step.title.startswith(title):
            threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()

    StepDisplay.__call__ = show  # type: ignore[method-assign]  # the runner is thrown away with its process


def main() -> None:
    folder, parts, *kill = sys.argv[1:]
    if kill:
        killed_at(kill[0], float(kill[1]))
    options = StackOptions(Path(folder), people=30, parts=frozenset(map(PartName, parts.split(","))))
    sys.exit(up(options, as_json=True))


if __name__ == "__main__":
    main()
