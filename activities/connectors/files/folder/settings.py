"""The settings of a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from activities.connectors.files.settings import FilesSettings

__all__ = ["FolderSettings"]


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("a whole path, from / on")
    return path


class FolderSettings(FilesSettings):
    """One folder's table in the settings."""

    path: Annotated[Path, AfterValidator(_absolute)]
    """The folder, as this worker sees it. Patterns begin below it."""
    max_file_mb: int = Field(default=50, ge=1, le=1000)
    """A longer file stops for a human."""
