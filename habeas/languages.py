"""Languages by their tags (BCP 47): which there are, and which of several is nearest to the one that is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import StringConstraints

from habeas.errors import BadInput

__all__ = ["Language", "nearest", "parse_language"]

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
"""As policies, data maps and manifests write it: ``da``, ``fr-CA``."""

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_NONE = frozenset({"mis", "mul", "root", "und", "zxx"})
"""Codes that stand for no language, for several, or for an unknown one."""
_NEAR: Mapping[str, tuple[str, ...]] = {
    "nb": ("no", "nn", "da", "sv"),
    "nn": ("no", "nb", "da", "sv"),
    "no": ("nb", "nn", "da", "sv"),
    "da": ("nb", "no", "nn", "sv"),
    "sv": ("nb", "no", "nn", "da"),
    "fo": ("da", "nb", "no"),
    "kl": ("da",),
    "gsw": ("de",),
    "lb": ("de", "fr"),
}
"""Whoever reads the one reads these better than a third, the nearest first."""


def parse_language(text: str) -> str:
    """A language's tag in its one written form: ``da``, ``fr-CA``.

    Raises:
        BadInput: it is no such tag, or there is no such language or region.
    """
    from babel import Locale

    found = _TAG.fullmatch(text.strip().replace("_", "-"))
    names = Locale("en")
    if found is not None:
        language, script, region = (found[1].lower(), (found[2] or "").title(), (found[3] or "").upper())
        known = language in names.languages and language not in _NONE
        if known and (not script or script in names.scripts) and (not region or region in names.territories):
            return "-".join(part for part in (language, script, region) if part)
    raise BadInput("language: there is no such language; write its tag, such as da, nb or fr-CA.", field="language")


def nearest(wanted: str | None, having: Sequence[str]) -> str:
    """Of these languages the nearest to the wanted one (``da`` for ``da-DK`` and for ``nb``), else the first."""
    own = (wanted or "").split("-")[0]
    if wanted in having:
        return str(wanted)
    for language in (own, *_NEAR.get(own, ())):
        for candidate in (language, *(each for each in having if each.split("-")[0] == language)):
            if candidate in having:
                return candidate
    return having[0]
