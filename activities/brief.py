"""What law and policy ask of one request, boiled down to what its workflow decides by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from activities.by_hand import steps_by_hand
from activities.clockface import local_day
from activities.model import Brief, ClockFace, IdentityBrief, SystemBrief
from activities.parts import Parts
from habeas import law
from habeas.connector import Capability, Manifest
from habeas.model import CHANGING, COPIES, REMEDIES, Request, Right
from habeas.particulars import Particulars, Scope
from habeas.policy import Access, Category, IdentityMethod, Policy
from habeas.policy.sections import Proof, Purpose, PurposeKind
from habeas.policy.told import PASSED_ON

__all__ = [
    "NOT_A_RIGHT",
    "STOPPED_BY",
    "approvals",
    "brief_of",
    "categories_asked",
    "is_right",
    "proof_asked",
    "purposes_of",
    "rights_here",
    "system_brief",
    "weighed",
]

DAY = timedelta(days=1).total_seconds()

NOT_A_RIGHT = "letter/not_a_right"
"""Name of the sealed facts of the letter that says that this is no right here, and which ones there are."""
STOPPED_BY: Mapping[Right, frozenset[PurposeKind]] = {
    Right.OBJECTION: frozenset({PurposeKind.DIRECT_MARKETING, PurposeKind.LEGITIMATE_INTEREST}),
    Right.WITHDRAW_CONSENT: frozenset({PurposeKind.CONSENT}),
    Right.OPT_OUT_SALE: frozenset({PurposeKind.SALE}),
    Right.LIMIT_SENSITIVE: frozenset({PurposeKind.SENSITIVE}),
}
"""Which purposes a right can stop."""

_REACHES_DATA = COPIES | {Right.RECTIFICATION, Right.ERASURE}
_CAPABILITIES = {
    Capability.RECTIFY: "rectify",
    Capability.RESTRICT: "restrict",
    Capability.OBJECT: "object",
}
_STRICTNESS = (Proof.NONE, Proof.CODE, Proof.ATTESTATION, Proof.BOTH)


def brief_of(
    request: Request,
    policy: Policy,
    asked: Particulars,
    parts: Parts,
    clock: ClockFace,
    *,
    other_person: bool = False,
) -> Brief:
    """The brief of a request.

    Args:
        request: its facts.
        policy: its controller's.
        asked: what was asked in particular.
        parts: where the connected systems are.
        clock: the dates as they stand.
        other_person: it names a request that is not shown to be the same person's.

    Raises:
        ConfigurationError: a system of the policy is not configured in this process.
        UnknownRegime: the regime is not the law of the place.
    """
    place = policy.answered_in(request.regime, request.jurisdiction)
    purposes = purposes_of(policy, request.right, asked.purposes)
    reached = categories_asked(policy, asked)
    manifests = parts.manifests(policy)
    systems = tuple(
        system_brief(name, manifests[name], parts, policy.erasure.after.get(name, ())) for name in policy.systems
    )
    by_hand = weighed(policy, request.right, purposes)
    duty = law.recipients_duty(request.regime, place, request.right) is not None
    return Brief(
        right=request.right,
        controller=request.controller,
        systems=systems,
        identity=_stranger(policy) if other_person else _identity(policy, proof_asked(request, policy, asked)),
        approvals=approvals(request.right, policy, purposes),
        review_only_free_text=request.right in COPIES and policy.review.access is Access.FREE_TEXT,
        clock=clock,
        not_a_right=not is_right(request, policy),
        purposes=purposes,
        weighed=by_hand,
        scope=asked.scope,
        about=asked.about,
        hold=request.right in COPIES and any(system.holds for system in systems),
        recipients=duty or (request.right in PASSED_ON and bool(policy.recipients)),
        forwards=any(category.controlled_by is not None for category in reached),
        forwards_from=tuple(name for name in policy.systems if _for_others(reached, manifests[name])),
        reasons_at_once=request.right is Right.ERASURE and bool(policy.promise.reasons_at_once),
        erasure_waits=policy.erasure.wait_days * DAY if request.right is Right.ERASURE else 0.0,
        other_person=other_person,
        changed_at_once=request.right in CHANGING and not approvals(request.right, policy, purposes),
    )


def categories_asked(policy: Policy, asked: Particulars) -> tuple[Category, ...]:
    """The categories that a request reaches, in the policy's order: those named, or else all."""
    return tuple(one for one in policy.categories if not asked.categories or one.id in asked.categories)


def _for_others(reached: Iterable[Category], manifest: Manifest) -> bool:
    theirs = {one.id for one in reached if one.controlled_by is not None}
    return any(one.category in theirs for one in manifest.collections)


def is_right(request: Request, policy: Policy) -> bool:
    """Whether the law gives this right here, or the policy promises it beyond the law."""
    return request.right in _given(request, policy) or (policy.rights is not None and request.right in policy.rights)


def _given(request: Request, policy: Policy) -> frozenset[Right]:
    """What the law gave on the day of receipt: some rights begin later than their law."""
    place = policy.answered_in(request.regime, request.jurisdiction)
    return law.rights(request.regime, place, local_day(policy, request.received_at))


def rights_here(request: Request, policy: Policy) -> tuple[Right, ...]:
    """The rights that the person does have, in the law's order, without the remedies."""
    given = _given(request, policy) | frozenset(policy.rights or ())
    return tuple(right for right in Right if right in given and right not in REMEDIES)


def purposes_of(policy: Policy, right: Right, named: tuple[str, ...]) -> tuple[str, ...]:
    """What is to stop: the purposes named, or else all that this right can mean, in the policy's order."""
    kinds = STOPPED_BY.get(right, frozenset())
    possible = tuple(purpose.id for purpose in policy.purposes if kinds & {*purpose.kinds})
    return tuple(purpose for purpose in possible if purpose in named) if named else possible


def weighed(policy: Policy, right: Right, purposes: tuple[str, ...]) -> tuple[str, ...]:
    """Of these purposes, those that a human weighs: an objection to what is not direct marketing."""
    if right is not Right.OBJECTION:
        return ()
    by_id = {purpose.id: purpose for purpose in policy.purposes}
    return tuple(purpose for purpose in purposes if not _marketing(by_id[purpose]))


def proof_asked(request: Request, policy: Policy, asked: Particulars) -> Proof | None:
    """What must prove the identity of who asks; None for what the policy asks generally.

    The policy's word on the right comes first, then that on sensitive data, then the law: where it lets nobody be asked
    (an opt-out of sale, direct marketing), nobody is. An answer by category hands over no piece of data, so that a
    reasonable degree of certainty is enough (11 CCR 7062(b)), which one proof gives; the stricter one is for pieces.
    """
    identity, right = policy.identity, request.right
    if not identity.required:
        return Proof.NONE
    said = identity.rights.get(right)
    if said is None and right in CHANGING and _none_by_law(request, policy, asked):
        return Proof.NONE
    if asked.scope is Scope.CATEGORIES:
        return None if said is Proof.BOTH else said
    if (
        identity.sensitive
        and right in _REACHES_DATA
        and any(each.sensitive for each in categories_asked(policy, asked))
    ):
        return max((one for one in (said, identity.sensitive) if one), key=_STRICTNESS.index)
    return said


def approvals(right: Right, policy: Policy, purposes: tuple[str, ...]) -> int:
    """How many people approve: before data goes or is released, before it is changed, on a remedy.

    What is to stop is stopped at once, unless a human weighs it, or must first see what it is that is to stop.
    """
    review = policy.review
    if right is Right.ERASURE:
        return review.erasure_approvals
    if right in STOPPED_BY and purposes and not weighed(policy, right, purposes):
        return 0
    if right in CHANGING:
        return review.change_approvals
    if right in REMEDIES:
        return 1
    return 0 if review.access is Access.NEVER else review.access_approvals


def _none_by_law(request: Request, policy: Policy, asked: Particulars) -> bool:
    purposes = purposes_of(policy, request.right, asked.purposes)
    marketing = request.right is Right.OBJECTION and bool(purposes) and not weighed(policy, request.right, purposes)
    place = policy.answered_in(request.regime, request.jurisdiction)
    return law.verification(request.regime, request.right, place, marketing=marketing) == "none"


def _marketing(purpose: Purpose) -> bool:
    return PurposeKind.DIRECT_MARKETING in purpose.kinds


def system_brief(name: str, manifest: Manifest, parts: Parts, after: tuple[str, ...] = ()) -> SystemBrief:
    """What a workflow must know of a connected system."""
    return SystemBrief(
        name=name,
        task_queue=parts.queue_of(name),
        confirm_after=manifest.confirm_after,
        manual=manifest.manual,
        changes=tuple(word for capability, word in _CAPABILITIES.items() if capability in manifest.capabilities),
        purposes=manifest.purposes,
        holds=bool(manifest.short_lived),
        by_hand=() if manifest.manual else steps_by_hand(manifest),
        vetoes=Capability.VETO in manifest.capabilities,
        after=after,
        together=name in parts.together,
    )


def _stranger(policy: Policy) -> IdentityBrief:
    """Whoever names somebody else's request proves who they are, or is attested, even where nobody else is asked to."""
    return _identity(policy, None).model_copy(update={"attestation": True})


def _identity(policy: Policy, proof: Proof | None) -> IdentityBrief:
    identity = policy.identity
    code, attestation = IdentityMethod.CODE in identity.methods, IdentityMethod.ATTESTATION in identity.methods
    if proof is not None:
        code, attestation = proof in {Proof.CODE, Proof.BOTH}, proof in {Proof.ATTESTATION, Proof.BOTH}
    return IdentityBrief(
        required=proof is not Proof.NONE,
        sources=identity.sources,
        remind_after=tuple(days * DAY for days in identity.remind_after_days),
        expires_after=identity.expires_after_days * DAY,
        codes_max=identity.codes_max,
        code=code,
        attestation=attestation,
        both=proof is Proof.BOTH,
    )
