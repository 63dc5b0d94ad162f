"""Who may do what: scopes, and roles as bundles of them. Pure; the faces of the program ask here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import assert_never

from habeas.acts import ActKind
from habeas.errors import BadInput


class Scope(StrEnum):
    """One thing that somebody may be allowed to do."""

    REQUESTS_READ = "requests:read"
    """Queue, stories, evidence, tasks, holds, restrictions and letters as lists. Names nobody."""
    REQUESTS_OPEN = "requests:open"
    REQUESTS_WORK = "requests:work"
    """What carries a request on and decides nothing: a code, a question, a pause, an extension, another try."""
    REQUESTS_DECIDE = "requests:decide"
    """Which records are the person's, what is refused, contested, charged or left out."""
    REQUESTS_APPROVE = "requests:approve"
    """The release of an export, the plan of an erasure. Four eyes are two people with this scope."""
    PERSONAL_READ = "personal:read"
    """Look at personal data: plans, candidates, packages; everybody's tasks. Every look is evidence."""
    TASKS_WORK = "tasks:work"
    """Look at a task and say what came of a task by hand; letters handed over; recipients' answers noted."""
    HOLDS_WRITE = "holds:write"
    """Place and lift legal holds; lift restrictions."""
    SWEEP = "retention:sweep"
    TOKENS = "tokens:write"
    WEBHOOKS = "webhooks:write"
    """Say which other programs are told what happens."""
    SUPPRESSION_ASK = "suppression:ask"
    """Ask of whoever a system is about to take up whether they were erased."""
    TEMPORAL_DECODE = "temporal:decode"
    """Open sealed payloads in Temporal's UI. Every look is evidence."""


class Role(StrEnum):
    """A bundle of scopes."""

    AGENT = "agent"
    OFFICER = "officer"
    APPROVER = "approver"
    SYSTEM_OWNER = "system_owner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


_AGENT = frozenset(
    {
        Scope.REQUESTS_READ,
        Scope.REQUESTS_OPEN,
        Scope.REQUESTS_WORK,
        Scope.PERSONAL_READ,
        Scope.TASKS_WORK,
        Scope.SUPPRESSION_ASK,
    }
)

ROLES: Mapping[Role, frozenset[Scope]] = {
    Role.AGENT: _AGENT,
    Role.OFFICER: _AGENT | {Scope.REQUESTS_DECIDE, Scope.REQUESTS_APPROVE, Scope.HOLDS_WRITE, Scope.SWEEP},
    Role.APPROVER: frozenset({Scope.REQUESTS_READ, Scope.PERSONAL_READ, Scope.REQUESTS_APPROVE}),
    Role.SYSTEM_OWNER: frozenset({Scope.REQUESTS_READ, Scope.TASKS_WORK}),
    Role.AUDITOR: frozenset({Scope.REQUESTS_READ}),
    Role.ADMINISTRATOR: frozenset(
        {Scope.REQUESTS_READ, Scope.TOKENS, Scope.WEBHOOKS, Scope.SWEEP, Scope.TEMPORAL_DECODE}
    ),
}
"""An administrator hands out rights and sees nobody's data; an officer decides and hands out none."""

LENT: frozenset[Scope] = frozenset(
    {Scope.REQUESTS_READ, Scope.REQUESTS_OPEN, Scope.REQUESTS_WORK, Scope.SWEEP, Scope.WEBHOOKS}
)
"""What a token may do that somebody makes over the API for an account that is not theirs: a program's work.

Who holds a token acts in its account's name. So whoever makes one for a colleague must not be able to decide, approve,
look at personal data or make more tokens by it: two of them would be two people of one.
"""


def scope_of(kind: ActKind) -> Scope:
    """What an act on a request takes."""
    match kind:
        case ActKind.APPROVE | ActKind.RELEASE:
            return Scope.REQUESTS_APPROVE
        case ActKind.DECIDE_MATCH | ActKind.REFUSE | ActKind.EXEMPT | ActKind.CONTEST | ActKind.CHARGE:
            return Scope.REQUESTS_DECIDE
        case ActKind.SKIP_SYSTEM | ActKind.ATTEST | ActKind.REDACT | ActKind.UNREDACT:
            return Scope.REQUESTS_DECIDE
        case ActKind.FINISH_TASK:
            return Scope.TASKS_WORK
        case (
            ActKind.PROVE
            | ActKind.RESEND_CODE
            | ActKind.ADD_IDENTIFIER
            | ActKind.EXTEND
            | ActKind.PAUSE
            | ActKind.RESUME
            | ActKind.WITHDRAW
            | ActKind.RETRY_SYSTEM
            | ActKind.ASK
            | ActKind.ANNOUNCE_DELAY
        ):
            return Scope.REQUESTS_WORK
        case _:
            assert_never(kind)


def scopes(words: Iterable[str]) -> frozenset[Scope]:
    """Scopes from their names and those of roles.

    Raises:
        BadInput: there is no such scope or role.
    """
    found: set[Scope] = set()
    for word in words:
        if word in set(Role):
            found |= ROLES[Role(word)]
        elif word in set(Scope):
            found.add(Scope(word))
        else:
            known = ", ".join((*Role, *Scope))
            raise BadInput(f"scope: write one of: {known}.", field="scope")
    return frozenset(found)


def spelt(by: str) -> str:
    """Spelling does not make two people of one: case, spaces, width and invisible characters do not count."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", by) if unicodedata.category(char) != "Cf")
    return " ".join(seen.split()).casefold()
