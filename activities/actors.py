"""Who acts, as a keyed hash: tells two people apart and names neither."""

from __future__ import annotations

import unicodedata

from activities.vault import Vault
from habeas.policy import Policy


def actor_of(vault: Vault, by: str) -> str:
    """A keyed hash of a person's name or account (16 hex digits); as `spelt`, so not of how it is written."""
    return vault.fingerprint("actor", spelt(by))[:16]


def spelt(by: str) -> str:
    """Spelling does not make two people of one: case, spaces, width and invisible characters do not count."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", by) if unicodedata.category(char) != "Cf")
    return " ".join(seen.split()).casefold()


def works_for(policy: Policy, account: str) -> bool:
    """Whether this account is of the controller's staff; where a policy names nobody, everybody here is."""
    return not policy.staff.accounts or spelt(account) in map(spelt, policy.staff.accounts)
