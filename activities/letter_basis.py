"""What letters say that is read from no ledger: from the request, the law and the policy alone.

The letters that are sent and the previews of them take it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from activities import letters
from activities.authority import law_beside, nearest
from activities.brief import categories_asked, proof_asked, rights_here
from activities.letter_case import LetterBasis
from activities.letters import Kind
from activities.letters.checklist import given
from activities.offers import offers
from habeas import law
from habeas.model import REMEDIES, Right
from habeas.particulars import Particulars
from habeas.policy import IdentityMethod, Policy
from habeas.policy.sections import Proof

__all__ = [
    "Identity",
    "by_establishment",
    "by_policy",
    "common_facts",
    "correction_consents",
    "extension_provision",
    "extension_words",
    "identity_asked",
]

Identity = Literal["code", "ask", "both", "attested", "none"]
_ASKED: Mapping[Proof, Identity] = {
    Proof.NONE: "none", Proof.ATTESTATION: "ask", Proof.CODE: "code", Proof.BOTH: "both",
}  # fmt: skip


def common_facts(case: LetterBasis, kind: Kind) -> dict[str, Any]:
    """What every letter of this kind says, as far as its reader needs it."""
    controller, request = case.policy.controller, case.request
    common: dict[str, Any] = {
        "request_id": request.id,
        "controller": letters.Controller(name=controller.name, contact=controller.email, address=controller.address),
        "right": request.right,
        "regime": request.regime,
        "jurisdiction": case.place,
        "received_on": case.day(request.received_at),
        "today": case.day(case.order.at),
        "timezone": controller.clock_tz,
    }
    if kind.to_staff:
        waiting = (case.order.system,) if case.order.system else ()
        desk = f"{case.public_url}/requests/{request.id}"
        return common | {"stage": request.stage.value, "desk_url": desk, "blocked_on": waiting}
    return common | (_of_person(case) if kind.reader == "subject" else {})


def _of_person(case: LetterBasis) -> dict[str, Any]:
    request, asked = case.request, Particulars.of(case.subject)
    reached = categories_asked(case.policy, asked)
    open_to = given(request.regime, case.place, request.right)
    return {
        "person_name": case.subject.name,
        "authorities": nearest(request, case.policy),
        "law_beside": law_beside(request, case.policy),
        "scope": asked.scope,
        "only": tuple(case.policy.text(one.title, request.language) for one in reached) if asked.categories else (),
        "appeal": case.policy.controller.email if open_to.appeal else None,
        "appeal_within_days": open_to.appeal_days,
        "complain_within": open_to.time_limit,
        "offers": offers(case.policy, request.regime, case.place, request.right),
        "record_kept_until": case.day(case.order.at + timedelta(days=case.policy.record.keep_days)),
    }


def identity_asked(case: LetterBasis) -> Identity:
    """How we make sure of the person, by policy and law; of a remedy nobody is asked."""
    if case.request.right in REMEDIES:
        return "none"
    proof = proof_asked(case.request, case.policy, Particulars.of(case.subject))
    if proof is None:
        return by_policy(case.policy)
    return _ASKED[proof]


def by_policy(policy: Policy) -> Identity:
    """How the policy makes sure of people where nothing special holds."""
    return "code" if IdentityMethod.CODE in policy.identity.methods else "ask"


def by_establishment(case: LetterBasis) -> bool:
    """Whether the law of the establishment gives the right, and that where the person lives does not."""
    request = case.request
    here = case.policy.applicable(request.jurisdiction, request.right, case.day(request.received_at))
    return here.instead_of is not None and here.regime == request.regime


def correction_consents(case: LetterBasis) -> str | None:
    """By which provision whoever asks for a correction agrees to it in data that they had restricted (GDPR 18(2)).

    None where the request is for something else, or nobody can have data restricted here. Said whether anything is
    restricted or not: who asks is not proven yet.
    """
    request = case.request
    if request.right is not Right.RECTIFICATION or Right.RESTRICTION not in rights_here(request, case.policy):
        return None
    return law.restriction_provision(request.regime, case.place)


def extension_words(case: LetterBasis) -> str | None:
    """The policy's reason for an extension, where staff give none."""
    reason = case.policy.clock.extend_reason
    return case.policy.text(reason, case.request.language) if reason else None


def extension_provision(case: LetterBasis) -> str | None:
    """Where the law lets the term be extended."""
    clock = law.regime(case.request.regime, case.place).clock(case.request.right)
    return clock.extension.cite if clock and clock.extension else None
