"""The answer by category (Cal. Civ. Code 1798.110, 1798.130(a)(3)-(4); 11 CCR 7024): no piece of data leaves."""

from __future__ import annotations

from temporalio import activity

from activities import letters
from activities.chosen import find_chosen
from activities.coverage import coverage, recipient_name, recipients_of
from activities.model import CategoriesReport, PackageOrder
from activities.pages import load_collected, outdated
from activities.parts import Parts
from habeas.policy import Category, Policy, RecipientRole
from habeas.policy.told import Chosen

SEALED = "letter/categories"


class CategoryActivities:
    """What is held, told by the policy's categories."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="answer_by_category")
    async def answer(self, order: PackageOrder) -> CategoriesReport:
        """Seal the letter's facts: which categories are held, where from, what for and who gets them.

        Of what was collected only the counts are looked at.
        """
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
        policy = self._parts.policy(request.controller)
        chosen = await find_chosen(self._parts, request, policy)
        async with self._parts.ledger.begin() as tx:
            manifests = self._parts.manifests(policy)
            covers = await coverage(tx, request, policy, manifests)
            kept = await load_collected(tx, order.request_id)
            kept = {name: one for name, one in kept.items() if name not in order.missing}
            if again := outdated(kept, manifests):
                return CategoriesReport(categories=0, sealed=SEALED, outdated=again)
            held = {
                one.category
                for system, collected in kept.items()
                for one in manifests[system].collections
                if one.name in collected.collections and covers.excerpt(system, one).shown
            }
            told = tuple(
                held_category(one, policy, request.language, chosen) for one in policy.categories if one.id in held
            )
            await tx.seal(order.request_id, SEALED, letters.CategoriesFacts(held=told))
        return CategoriesReport(categories=len(told), sealed=SEALED)


def held_category(one: Category, policy: Policy, language: str, chosen: Chosen) -> letters.HeldCategory:
    """One category as the person is told of it.

    Those who process for us, authorities and others are told apart; others buy it, or have it shared with them, where
    the policy says that of the category.
    """
    recipients = recipients_of(one, policy, chosen)
    others = {RecipientRole.CONTROLLER, RecipientRole.JOINT_CONTROLLER}

    def named(*roles: RecipientRole) -> tuple[str, ...]:
        return tuple(recipient_name(one, each, policy, language, chosen) for each in recipients if each.role in roles)

    return letters.HeldCategory(
        title=policy.text(one.title, language),
        statutory=policy.said(one.statutory, language) if one.statutory else None,
        sources=(policy.text(one.source, language),),
        purposes=policy.texts(one.purposes, language),
        disclosed_to=named(RecipientRole.PROCESSOR),
        disclosed_others=() if one.opted_out else named(*others),
        disclosed_authorities=named(RecipientRole.AUTHORITY),
        sold=one.sold,
        sold_to=named(*others) if one.opted_out else (),
        shared=one.shared and not one.sold,
    )
