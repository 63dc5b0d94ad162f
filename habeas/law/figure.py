"""What everything in the files of the law has: its article, and how sure we are of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from habeas.model import Frozen

__all__ = ["Code", "Figure", "Mark"]

Mark = Annotated[str, Field(pattern=r"^[PSK?](/[PSK?])*$")]
"""How sure a figure is: P the text itself was read, S an excerpt or secondary source, K known but not read again,
``?`` uncertain, to be confirmed by counsel. ``P/?`` is both: the text was read, its reading is open."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Figure(Frozen):
    """Anything the law says: with the article it says it in and how sure we are."""

    cite: str = Field(min_length=2)
    mark: Mark

    @property
    def uncertain(self) -> bool:
        """Whether counsel should confirm it."""
        return "?" in self.mark
