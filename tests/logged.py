"""What is logged meanwhile, as our processes write it; afterwards everybody's logging is as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import structlog

from workers import logs


@contextmanager
def logged(level: str = "debug") -> Iterator[StringIO]:
    """Lines of this level and above. Other tests of the same process read the log, too, each in its own way."""
    root, config, stream = logging.getLogger(), structlog.get_config(), StringIO()
    handlers, before = root.handlers[:], root.level
    logs.configure(level, stream)
    try:
        yield stream
    finally:
        structlog.configure(**config)
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(before)
