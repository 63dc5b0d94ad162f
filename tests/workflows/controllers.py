"""Controllers of one test: the demo's policy with a few things changed, and packages as the person gets them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any, cast

from habeas.policy import Category, Policy, RecipientRole
from tests.fetching import fetched
from tests.workflows.world import Case, World

US = ({"code": "US-CCPA", "jurisdictions": ("US-CA",)}, {"code": "US-STATE", "jurisdictions": ("US-CO", "US-VA")})
ELSEWHERE = (
    *US,
    {"code": "CA-QC-25", "jurisdictions": ("CA-QC",)},
    {"code": "IN-DPDP", "jurisdictions": ("IN",)},
)
TOLD_AT = {"carrier": "carrier@parcels.example", "accountant": "books@accounts.example"}


def controller(world: World, name: str, *, of: str = "demo", **changes: dict[str, Any]) -> str:
    """A controller like another, with these keys of its sections changed; its id."""
    policies = cast("dict[str, Policy]", world.parts.policies)
    base = policies[of]
    sections = {section: getattr(base, section).model_copy(update=values) for section, values in changes.items()}
    sections["controller"] = sections.get("controller", base.controller).model_copy(update={"id": name})
    policies[name] = base.model_copy(update=sections)
    return name


def answering_under(
    world: World, name: str, *regimes: dict[str, Any], home: str | None = None, of: str = "demo"
) -> str:
    """A controller that answers under these laws as well.

    Args:
        world: where it is.
        name: its id.
        regimes: rows of its policy.
        home: where it is established; in Denmark its own law binds it beside the person's (GDPR art. 3(1)).
        of: which one it is like beside that.
    """
    policies = cast("dict[str, Policy]", world.parts.policies)
    entry = type(policies["demo"].regimes[0])
    controller(world, name, of=of)
    more = tuple(entry.model_validate(one) for one in regimes)
    policies[name] = policies[name].model_copy(update={"regimes": (*policies[name].regimes, *more)})
    if home:
        controller(world, name, of=name, controller={"establishment": home})
    return name


def with_category(world: World, name: str, category: str, **changes: object) -> str:
    """A controller whose policy says something else of one category."""
    policies = cast("dict[str, Policy]", world.parts.policies)
    if name not in policies:
        controller(world, name)

    def changed(one: Category) -> Category:
        return one.model_copy(update=changes) if one.id == category else one

    policies[name] = policies[name].model_copy(update={"categories": tuple(map(changed, policies[name].categories))})
    return name


def telling(world: World, name: str, **contact: Any) -> str:
    """A controller whose carrier (a controller) and accountant (a processor) get contact details; nobody else does."""
    answering_under(world, name, *ELSEWHERE)
    policies = cast("dict[str, Policy]", world.parts.policies)
    policy = policies[name]
    until = contact.pop("until", {})
    recipients = tuple(
        one.model_copy(update={"email": TOLD_AT[one.id], "not_told": None, "received_until": until.get(one.id)})
        for one in policy.recipients
        if one.id in TOLD_AT
    )
    source = recipients[0].model_copy(
        update={
            "id": "reseller",
            "name": "Example Resellers",
            "role": RecipientRole.SOURCE,
            "email": f"{name}@from.example",
        }
    )
    of_contact = {"recipients": ("carrier", "accountant"), "sources": ("reseller",), **contact}
    categories = tuple(
        one.model_copy(update=of_contact if one.id == "contact" else {"recipients": ()}) for one in policy.categories
    )
    purposes = tuple(one.model_copy(update={"categories": ("contact",)}) for one in policy.purposes)
    changed = {"recipients": (*recipients, source), "categories": categories, "purposes": purposes}
    policies[name] = policy.model_copy(update=changed)
    return name


async def package(case: Case) -> zipfile.ZipFile:
    """The package that the person was sent a link to."""
    text = case.world.mail.text(case.person.email, "/d/")
    found = re.search(r"/d/([A-Za-z0-9_-]+)", text)
    assert found
    return zipfile.ZipFile(io.BytesIO(await fetched(case.world.office, found.group(1))))


def withheld(zipped: zipfile.ZipFile) -> dict[str, dict[str, str]]:
    """What the package says was left out, by title."""
    return {item["what"]: item for item in json.loads(zipped.read("withheld.json"))["items"]}
