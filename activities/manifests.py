"""What the systems of a controller say that they hold, taken together."""

from __future__ import annotations

from collections.abc import Mapping

from activities.parts import Parts
from habeas.connector import Manifest
from habeas.policy import Policy

__all__ = ["categories_of", "manifests_of"]


def manifests_of(policy: Policy, parts: Parts) -> dict[str, Manifest]:
    """Of the policy's systems that this process knows."""
    return {name: parts.connectors[name].manifest for name in policy.systems if name in parts.connectors}


def categories_of(manifests: Mapping[str, Manifest]) -> dict[tuple[str, str], str]:
    """By system and collection, the policy's category that it holds."""
    return {(system, one.name): one.category for system, each in manifests.items() for one in each.collections}
