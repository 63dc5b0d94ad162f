"""Spans around what is done, where the installation traces. Where it does not, this costs nothing and imports nothing.

A span's name is a constant of ours or a route's template, and its facts are codes: neither identifies anybody. What an
exception says is never taken along.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["ids", "rename", "span", "traced_by"]

_tracer: Tracer | None = None


def traced_by(tracer: Tracer | None) -> None:
    """Make spans by this tracer from now on; None for none."""
    global _tracer
    _tracer = tracer


@contextlib.contextmanager
def span(name: str, *, server: bool = False, **facts: str | int) -> Iterator[Span | None]:
    """A span of this name while the block runs; None where nothing is traced.

    Args:
        name: what is done.
        server: something outside asked us for it; else we ask another.
        facts: codes and counts, as ``habeas.NAME``.
    """
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind, StatusCode

    with _tracer.start_as_current_span(
        name,
        kind=SpanKind.SERVER if server else SpanKind.CLIENT,
        attributes={f"habeas.{key}": value for key, value in facts.items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as made:
        try:
            yield made
        except BaseException:  # what is cancelled did not go well either
            made.set_status(StatusCode.ERROR)
            raise


def rename(made: Span | None, name: str, **facts: str | int) -> None:
    """Name a span by what is known only at its end."""
    if made is not None:
        made.update_name(name)
        made.set_attributes({f"habeas.{key}": value for key, value in facts.items()})


def ids() -> dict[str, str]:
    """The ids of the trace and the span that we are in, as W3C writes them; nothing where nothing is traced."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
