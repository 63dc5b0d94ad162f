"""Whether a policy and the connected systems fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from habeas.connector import Manifest
from habeas.errors import ConfigurationError
from habeas.policy.model import IdentityMethod, Policy


def check_systems(policy: Policy, manifests: Mapping[str, Manifest]) -> None:
    """Refuse a policy that names a system nobody configured, or lacks a category that one of its systems holds.

    Args:
        policy: one controller's policy.
        manifests: by system name, of every configured system.

    Raises:
        ConfigurationError: lists everything that is missing, with the remedy.
    """
    found = [*_missing_systems(policy, manifests), *_missing_categories(policy, manifests), *_mute(policy, manifests)]
    if found:
        where = policy.origin or f"the policy of {policy.id}"
        listed = "\n".join(f"  {line}" for line in found)
        raise ConfigurationError(f"{where} does not fit the connected systems:\n{listed}", controller=policy.id)


def _missing_systems(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[str]:
    for system in policy.systems:
        if system not in manifests:
            yield f"systems: {system!r} is not configured; add [systems.{system}] to the settings, or remove it here"


def _missing_categories(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[str]:
    described = {category.id for category in policy.categories}
    users: dict[str, list[str]] = {}
    for system in policy.systems:
        for collection in manifests[system].collections if system in manifests else ():
            if collection.category not in described:
                users.setdefault(collection.category, []).append(f"{system}.{collection.name}")
    for category, places in sorted(users.items()):
        some = ", ".join(places[:3]) + (" and more" if len(places) > 3 else "")
        yield f"categories: {category!r} (used by {some}) is not described; add a [[categories]] with id = {category!r}"


def _mute(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[str]:
    if not policy.identity.required or IdentityMethod.CODE not in policy.identity.methods:
        return
    for system in policy.identity.sources:
        if system in manifests and "email" not in manifests[system].yields:
            yield f"identity.sources: {system!r} knows no e-mail addresses that a code could go to; remove it here"
