"""Where anchors are kept outside of the database, for whoever doubts it: appended to, never written over."""

from __future__ import annotations

import asyncio
import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from activities.ledger import Anchor
from habeas.errors import ConfigurationError, HabeasError, Transient
from habeas.pack_verifier import Unfit, canonical, read_anchors

__all__ = ["AnchorPlace", "AnchorsDiffer", "FilePlace", "PlaceUnavailable", "place_at"]


class PlaceUnavailable(Transient):
    """The place where anchors are kept does not answer, or refuses."""

    code = "anchors_unavailable"
    remedy = "Check `evidence.anchors` and the rights of the process there; what is missing is written by the next run."


class AnchorsDiffer(HabeasError):
    """The place where anchors are kept has others than the ledger: one of them was changed, cut or restored."""

    code = "anchors_differ"
    remedy = "Do not write to that place. `habeas evidence verify` says where they part; see docs/evidence.md."


class AnchorPlace(ABC):
    """Anchors in their order, one JSON object a line."""

    @abstractmethod
    async def read(self) -> bytes:
        """All lines.

        Raises:
            PlaceUnavailable: it does not answer.
        """

    @abstractmethod
    async def append(self, lines: bytes, after: bytes) -> None:
        """Add lines after those that were read.

        Raises:
            PlaceUnavailable: it does not take them, or somebody wrote there meanwhile.
        """


class FilePlace(AnchorPlace):
    """A file that is appended to; on a disk of another machine, or one that keeps what was written, it proves most."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> bytes:
        """As `AnchorPlace.read`."""
        try:
            return await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise PlaceUnavailable(error.strerror or "") from None

    async def append(self, lines: bytes, after: bytes) -> None:
        """As `AnchorPlace.append`."""
        try:
            await asyncio.to_thread(self._append, lines, len(after))
        except OSError as error:
            raise PlaceUnavailable(error.strerror or "") from None

    def _append(self, lines: bytes, length: int) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            # Another worker may be at it.
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_size != length:
                raise PlaceUnavailable("Another process wrote there meanwhile.")
            while lines:
                lines = lines[os.write(file, lines) :]
            os.fsync(file)
        finally:
            os.close(file)


def place_at(url: str) -> AnchorPlace:
    """The place at ``file:///path``.

    Raises:
        ConfigurationError: another kind of URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and len(parts.path) > 1:
        return FilePlace(Path(unquote(parts.path)))
    raise ConfigurationError("`evidence.anchors` is not of the form file:///path/anchors.jsonl.")


def line_of(anchor: Anchor) -> bytes:
    """An anchor as places keep it."""
    return canonical(anchor.model_dump()) + b"\n"


async def publish(place: AnchorPlace, anchors: Sequence[Anchor]) -> int:
    """Write down what the place does not have yet; how many.

    Args:
        place: where.
        anchors: all of the ledger's, in their order.

    Raises:
        AnchorsDiffer: what the place has is not how the ledger's begin; nothing is written.
        PlaceUnavailable: it does not answer.
    """
    kept = await place.read()
    lines = [line_of(one) for one in anchors]
    try:
        known = [one["number"] for one in read_anchors(kept)]
    except Unfit:
        raise AnchorsDiffer from None
    if b"".join(lines[: len(known)]) != kept:
        raise AnchorsDiffer
    left = lines[len(known) :]
    if left:
        await place.append(b"".join(left), kept)
    return len(left)
