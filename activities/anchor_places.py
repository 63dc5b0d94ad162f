"""Where anchors are kept outside of the database, for whoever doubts it: appended to, never written over."""

from __future__ import annotations

import asyncio
import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from activities.ledger import Anchor
from habeas.errors import ConfigurationError, HabeasError, Transient
from habeas.pack_verifier import canonical

__all__ = ["AnchorPlace", "AnchorsDiffer", "FilePlace", "PlaceUnavailable", "line_of", "place_at", "publish"]


class PlaceUnavailable(Transient):
    """The place where anchors are kept does not answer, or refuses."""

    code = "anchors_unavailable"
    remedy = "Check `evidence.anchors` and the rights of the process there; what is missing is written by the next run."


class AnchorsDiffer(HabeasError):
    """The place where anchors are kept has others than the ledger: one of them was changed, cut or restored."""

    code = "anchors_differ"
    remedy = "Do not write to that place. `habeas evidence verify` says where they part; see docs/evidence.md."


class AnchorPlace(ABC):
    """Anchors in their order, each as one line of JSON."""

    @abstractmethod
    async def read(self) -> bytes:
        """All lines.

        Raises:
            PlaceUnavailable: it does not answer.
        """

    @abstractmethod
    async def known(self, lines: Sequence[bytes]) -> int:
        """How many of these lines it has.

        Raises:
            AnchorsDiffer: it has others.
            PlaceUnavailable: it does not answer.
        """

    @abstractmethod
    async def append(self, lines: Sequence[bytes], known: int) -> None:
        """Add those lines that come after the known ones.

        Raises:
            PlaceUnavailable: it does not take them, or somebody wrote there meanwhile.
        """

    @abstractmethod
    async def keep_stamp(self, number: int, stamp: bytes) -> None:
        """Keep an authority's time stamp over an anchor beside it.

        Raises:
            PlaceUnavailable: it does not take it.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Give back connections."""


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

    async def known(self, lines: Sequence[bytes]) -> int:
        """As `AnchorPlace.known`."""
        kept = await self.read()
        count = kept.count(b"\n")
        if b"".join(lines[:count]) != kept:
            raise AnchorsDiffer
        return count

    async def append(self, lines: Sequence[bytes], known: int) -> None:
        """As `AnchorPlace.append`."""
        try:
            await asyncio.to_thread(self._append, b"".join(lines[known:]), sum(map(len, lines[:known])))
        except OSError as error:
            raise PlaceUnavailable(error.strerror or "") from None

    async def keep_stamp(self, number: int, stamp: bytes) -> None:
        """As `AnchorPlace.keep_stamp`: in a file beside the anchors'."""
        try:
            await asyncio.to_thread(self._path.with_name(f"{self._path.stem}.{number}.tsr").write_bytes, stamp)
        except OSError as error:
            raise PlaceUnavailable(error.strerror or "") from None

    async def aclose(self) -> None:
        """As `AnchorPlace.aclose`: a file is not held open."""

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


def place_at(url: str, lock: timedelta = timedelta()) -> AnchorPlace:
    """The place at ``file:///path``, or in the bucket at ``s3://bucket/prefix``.

    Args:
        url: where.
        lock: for how long a bucket keeps each anchor locked; nothing for no lock.

    Raises:
        ConfigurationError: another kind of URL, or what a bucket needs is missing.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and len(parts.path) > 1:
        return FilePlace(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from activities.anchor_bucket import BucketPlace

        return BucketPlace(parts.netloc, parts.path.strip("/"), lock)
    raise ConfigurationError("`evidence.anchors` is neither file:///path/anchors.jsonl nor s3://bucket/prefix.")


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
    lines = [line_of(one) for one in anchors]
    known = await place.known(lines)
    if known < len(lines):
        await place.append(lines, known)
    return len(lines) - known
