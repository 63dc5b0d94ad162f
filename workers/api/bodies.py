"""Bodies that are no JSON: of the media type that is taken, and bounded."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import Request

from workers.api.problems import WithProblem

__all__ = ["whole_body"]


async def whole_body(request: Request, kinds: Collection[str], most: int) -> bytes:
    """A request's body, of one of these media types and of at most so many bytes.

    Raises:
        WithProblem: 415 for another media type, 413 for more.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        taken = " or ".join(sorted(kinds))
        raise WithProblem(415, "wrong_type", f"The body is not {taken}.", f"Send it with `content-type: {taken}`.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise WithProblem(413, "too_much", "The body is too long.", f"At most {most // 2**20} MiB.")
    return bytes(body)
