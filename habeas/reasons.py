"""By which law something is withheld or kept, for one request: what a map says, and the article of its regime.

A map names a reason by a code (``ground``) and in words; each law has its own article for the code. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from habeas.connector import Collection, Retention
from habeas.errors import ConfigurationError

__all__ = ["Provision", "under"]

Provision = Callable[[str], str | None]
"""The article of a request's law for a reason; None where it has none."""


def under(provision: Provision, collections: Iterable[Collection]) -> tuple[Collection, ...]:
    """The collections as one law keeps them: what a retention's ground is there stands beside the retention's own law.

    Raises:
        ConfigurationError: this law has no article for one of the grounds.
    """
    return tuple(
        one.model_copy(update={"retention": _told(one.name, one.retention, provision)}) if one.retention else one
        for one in collections
    )


def _told(collection: str, retention: Retention, provision: Provision) -> Retention:
    if retention.ground is None:
        return retention
    article = provision(retention.ground)
    if article is None:
        detail = f"{collection} is kept on the ground {retention.ground!r}, for which the request's law has no article."
        raise ConfigurationError(f"{detail} `habeas policy check` says what to write.")
    return retention.model_copy(update={"law": f"{retention.law}; {article}"})
