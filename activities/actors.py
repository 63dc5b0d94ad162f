"""Who acts, as a keyed hash: tells two people apart and names neither."""

from __future__ import annotations

from activities.vault import Vault
from habeas.access import ROLES, Scope, spelt
from habeas.policy import Policy

__all__ = ["actor_of", "scopes_of", "spelt", "works_for"]


def actor_of(vault: Vault, by: str) -> str:
    """A keyed hash of a person's name or account (16 hex digits); as `spelt`, so not of how it is written."""
    return vault.fingerprint("actor", spelt(by))[:16]


def works_for(policy: Policy, account: str) -> bool:
    """Whether this account is of the controller's staff; where a policy names nobody, everybody here is."""
    return bool(scopes_of(policy, account))


def scopes_of(policy: Policy, account: str) -> frozenset[Scope]:
    """What an account may do for the controller; where its policy names nobody, everybody may do everything."""
    staff, who = policy.staff, spelt(account)
    if not staff.people or who in map(spelt, staff.accounts):
        return frozenset(Scope)
    held = [ROLES[role] for role, people in staff.roles.items() if who in map(spelt, people)]
    return frozenset[Scope]().union(*held)
