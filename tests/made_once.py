"""What takes long to make is made once, by whoever comes first; the others wait for it instead of making it, too."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["made_once"]

PEERS = Path(__file__).parents[1] / ".peers"


def made_once(name: str, made_of: str, make: Callable[[Path], None]) -> Path:
    """A folder that ``make`` has filled, and that nobody may change.

    Args:
        name: what it is.
        made_of: all that decides what comes out, as text: other text is another folder.
        make: fills the folder that it is given. If it fails, nothing is kept.
    """
    PEERS.mkdir(exist_ok=True)
    kept = PEERS / f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    with (PEERS / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            work = Path(tempfile.mkdtemp(dir=PEERS, prefix="making-"))
            try:
                make(work)
                work.rename(kept)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return kept
