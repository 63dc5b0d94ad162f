"""Log lines: one JSON object each, on standard error, and nobody in them.

Our own code logs a constant event name and keywords that identify nobody. Other people's code (the Temporal SDK,
asyncio, uvicorn, the database driver) puts whatever it likes into messages and exceptions, so of theirs only
the bare template (without its values), the place it was logged at and the class names of the exceptions are kept.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog

from activities import spans

__all__ = ["configure", "error_facts", "log_context"]

OURS = ("habeas", "workflows", "activities", "workers")
WITHHELD = "message_withheld"
"""The event of a foreign line whose text was already put together: it may hold anything."""

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's logging to one JSON stream (standard error unless given)."""
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_only_the_template],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _name_exceptions,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _of_trace,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


@contextmanager
def log_context(**facts: str | int) -> Iterator[None]:
    """Put these facts (``request_id``, ``system`` …) on every line logged inside."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield


def error_facts(error: BaseException | None) -> list[dict[str, str]]:
    """The chain of an exception as classes, codes and places: what may be said of it to anyone."""
    chain: list[dict[str, str]] = []
    while error is not None and len(chain) < 8:
        kind = type(error)
        fact = {"class": f"{kind.__module__}.{kind.__qualname__}"}
        code = getattr(error, "code", None) or getattr(error, "sqlstate", None)
        if isinstance(code, str) and code.replace("_", "").isalnum():
            fact["code"] = code
        if place := _innermost_of_ours(error.__traceback__):
            fact["at"] = place
        chain.append(fact)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _innermost_of_ours(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        parts = PurePath(trace.tb_frame.f_code.co_filename).parts
        for package in OURS:
            if package in parts:
                tail = parts[len(parts) - 1 - parts[::-1].index(package) :]
                place = f"{'/'.join(tail)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _of_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.update(spans.ids())
    return event


def _only_the_template(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record: logging.LogRecord = event["_record"]
    # The formatter has emptied record.args by now; a message that differs from its template had some.
    template = record.msg if isinstance(record.msg, str) and event["event"] != record.msg else WITHHELD
    facts: dict[str, Any] = {
        "event": template,
        "logger": record.name,
        "level": record.levelname.lower(),
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        "logged_at": f"{record.module}:{record.lineno}",
        **structlog.contextvars.get_contextvars(),
        **spans.ids(),
    }
    if record.exc_info and record.exc_info[1] is not None:
        facts["exc_info"] = record.exc_info
    facts["_record"] = record
    facts["_from_structlog"] = False
    return facts


def _name_exceptions(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error: BaseException | None = None
    if isinstance(found, BaseException):
        error = found
    elif isinstance(found, tuple):
        error = found[1]
    for spare in ("exception", "stack_info"):
        event.pop(spare, None)
    if error is not None:
        event["errors"] = error_facts(error)
    return event
