"""Whether enough people work for a controller to do what its policy asks of several."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from habeas.access import ROLES, Scope, spelt
from habeas.model import CHANGING, COPIES, Right
from habeas.policy.model import Policy
from habeas.policy.raw import Path, Problem
from habeas.policy.sections import Access

_APPEAL = "an appeal, which another than the refuser decides,"
_ANOTHER = 2
"""Who refused decides on no appeal against it."""


def too_few(policy: Policy, rights: Collection[Right]) -> Iterator[Problem]:
    """What of its own work a controller's staff could not do, as the policy names them. None named: everybody may.

    Args:
        policy: whole in itself.
        rights: that somebody may ask for.
    """
    if not policy.staff.people:
        return
    for scope, roles, needed, why in _wanted(policy, rights):
        able = len(_able(policy, scope))
        if able < needed:
            at: Path = ("staff", "accounts") if policy.staff.accounts else ("staff",)
            who = "one person" if able == 1 else f"{able} people" if able else "nobody"
            message = f"{why} takes {needed}, and {who} could"
            yield Problem(at, message, f"name {needed} in accounts or in the roles {roles}, or ask for fewer")
            return


def _wanted(policy: Policy, rights: Collection[Right]) -> Iterator[tuple[Scope, str, int, str]]:
    """What takes so many people: the scope, the roles that have it, how many, and for what."""
    review, asked = policy.review, frozenset(rights)
    copies = review.access_approvals if review.access is not Access.NEVER else 0
    for name, needed, given in (
        ("erasure_approvals", review.erasure_approvals, asked & {Right.ERASURE}),
        ("change_approvals", review.change_approvals, asked & CHANGING),
        ("access_approvals", copies, asked & COPIES),
    ):
        if given:
            yield Scope.REQUESTS_APPROVE, "officer and approver", needed, f"review.{name}"
    if Right.APPEAL in asked:
        yield Scope.REQUESTS_APPROVE, "officer and approver", _ANOTHER, _APPEAL
        yield Scope.REQUESTS_DECIDE, "officer", _ANOTHER, _APPEAL
    yield Scope.REQUESTS_DECIDE, "officer", 1, "a refusal"


def _able(policy: Policy, scope: Scope) -> frozenset[str]:
    """The different people who have a scope."""
    held = [people for role, people in policy.staff.roles.items() if scope in ROLES[role]]
    return frozenset(map(spelt, (*policy.staff.accounts, *(one for people in held for one in people))))
