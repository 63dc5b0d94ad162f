"""What can be wrong with a package."""

from __future__ import annotations

from habeas.errors import HabeasError


class PackageDamaged(HabeasError):
    """The package that was read back is not the one that was written."""

    code = "package_damaged"
    remedy = "It was not offered to anybody. Write it again; if that fails too, check the storage."


class SourceChanged(HabeasError):
    """The collected data is not what was counted, so no package was written."""

    code = "source_changed"
    remedy = "Collect {system} again, then write the package again."
