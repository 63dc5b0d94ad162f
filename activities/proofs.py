"""Which proof of identity is still missing where policy asks for two."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from activities.brief import proof_asked
from activities.ledger import Tx
from habeas.model import Request
from habeas.particulars import Particulars
from habeas.policy import Policy
from habeas.policy.sections import Proof

__all__ = ["BOTH", "proof_lacking"]

BOTH = frozenset({"code", "attested"})
"""The methods, as the ledger names them, of which each is needed."""
_MISSING: dict[AbstractSet[str], Proof] = {frozenset({"code"}): Proof.ATTESTATION, frozenset({"attested"}): Proof.CODE}


async def proof_lacking(tx: Tx, request: Request, policy: Policy) -> Proof | None:
    """Of a request that needs both proofs and has one: the other. None where both, neither or only one is asked for.

    Raises:
        KeyDestroyed: nobody knows any more what was asked.
    """
    if proof_asked(request, policy, Particulars.of(await tx.subject(request.id))) is not Proof.BOTH:
        return None
    return _MISSING.get(await tx.proofs(request.id))
