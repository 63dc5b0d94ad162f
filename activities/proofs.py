"""Which proof of identity is still missing where policy asks for two, and what nobody says of who proved theirs."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from activities.brief import proof_asked
from activities.ledger import Tx
from habeas.errors import BadInput
from habeas.model import Request, Stage
from habeas.particulars import Particulars
from habeas.policy import Policy
from habeas.policy.sections import Proof

__all__ = ["BOTH", "check_unknown", "may_hold", "proof_lacking"]

BOTH = frozenset({"code", "attested"})
"""The methods, as the ledger names them, of which each is needed."""
_UNKNOWN = frozenset({"cannot_identify", "unverified"})
"""Grounds that say that nobody knows who asks."""
_MISSING: dict[AbstractSet[str], Proof] = {frozenset({"code"}): Proof.ATTESTATION, frozenset({"attested"}): Proof.CODE}


async def proof_lacking(tx: Tx, request: Request, policy: Policy) -> Proof | None:
    """Of a request that needs both proofs and has one: the other. None where both, neither or only one is asked for.

    Raises:
        KeyDestroyed: nobody knows any more what was asked.
    """
    if proof_asked(request, policy, Particulars.of(await tx.subject(request.id))) is not Proof.BOTH:
        return None
    return _MISSING.get(await tx.proofs(request.id))


def may_hold(ground: str | None, stage: Stage, *, known: bool) -> bool:
    """Whether a ground can be true: nobody says of who proved it that they are unknown.

    While it is being cleared up which of the records are theirs it may be said of the data.

    Args:
        ground: of a refusal, whole or in part, or of a fee.
        stage: where the request stands.
        known: whether who asks has proved who they are, as far as is asked.
    """
    return not known or ground not in _UNKNOWN or (ground == "cannot_identify" and stage is Stage.CLARIFYING)


async def check_unknown(tx: Tx, request: Request, policy: Policy, ground: str | None) -> None:
    """A ground that says that nobody knows who asks does not hold once they proved it; see `may_hold`.

    Raises:
        BadInput: it does not hold.
        KeyDestroyed: nobody knows any more what was asked.
    """
    if may_hold(ground, request.stage, known=True):
        return
    if await tx.proof(request.id) is not None and await proof_lacking(tx, request, policy) is None:
        raise BadInput(f"ground: {ground} does not hold: who asks has proved who they are.", field="ground")
