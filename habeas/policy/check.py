"""Whether a policy fits the connected systems of an installation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from habeas.connector import Manifest
from habeas.errors import ConfigurationError
from habeas.plan import undecided
from habeas.policy.load import refuse
from habeas.policy.model import Policy
from habeas.policy.raw import Problem
from habeas.policy.sections import IdentityMethod


def check_systems(policy: Policy, manifests: Mapping[str, Manifest]) -> None:
    """Refuse a policy that names a system nobody configured, or lacks a category that one of its systems holds.

    Args:
        policy: one controller's policy.
        manifests: by system name, of every configured system.

    Raises:
        ConfigurationError: the policy does not fit; lists everything that is missing, with line and remedy. Or a
            system's manifest does not say enough for a plan (`habeas.plan.undecided`).
    """
    faults = [
        f"{system}.{fault}"
        for system in policy.systems
        if system in manifests
        for fault in undecided(manifests[system].collections)
    ]
    if faults:
        raise ConfigurationError(f"{'; '.join(faults)}.")
    refuse(
        policy,
        [*_missing_systems(policy, manifests), *_missing_categories(policy, manifests), *_mute(policy, manifests)],
    )


def _missing_systems(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    for n, system in enumerate(policy.systems):
        if system not in manifests:
            remedy = f"add [systems.{system}] to the settings, or remove it here"
            yield Problem(("systems", n), f"{system!r} is not configured", remedy)


def _missing_categories(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    described = {category.id for category in policy.categories}
    users: dict[str, list[str]] = {}
    for system in policy.systems:
        for collection in manifests[system].collections if system in manifests else ():
            if collection.category not in described:
                users.setdefault(collection.category, []).append(f"{system}.{collection.name}")
    for category, places in sorted(users.items()):
        some = ", ".join(places[:3]) + (" and more" if len(places) > 3 else "")
        remedy = f"add a [[categories]] with id = {category!r}"
        yield Problem(("categories",), f"{category!r} (used by {some}) is not described", remedy)


def _mute(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    if not policy.identity.required or IdentityMethod.CODE not in policy.identity.methods:
        return
    for n, system in enumerate(policy.identity.sources):
        if system in manifests and "email" not in manifests[system].yields:
            message = f"{system!r} knows no e-mail addresses that a code could go to"
            yield Problem(("identity", "sources", n), message, "remove it here")
