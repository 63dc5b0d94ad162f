"""What a person chose, as their records say it: by it some recipients have their data, or have it not."""

from __future__ import annotations

from pydantic import TypeAdapter

from activities.ledger import Tx
from activities.pages import Pages, load_collected
from activities.parts import Parts
from habeas.model import Request
from habeas.policy import Policy
from habeas.policy.told import Chosen, choices_asked

__all__ = ["find_chosen", "keep_chosen", "load_chosen"]

CHOSEN = "chosen"
_CHOSEN = TypeAdapter(dict[str, bool])


async def find_chosen(parts: Parts, request: Request, policy: Policy) -> dict[str, bool]:
    """The choices that the policy asks after, of what was collected; one that stands anywhere stands."""
    asked = choices_asked(policy)
    found: dict[str, bool] = {}
    if not asked:
        return found
    async with parts.ledger.begin() as tx:
        collected = await load_collected(tx, request.id)
    pages = Pages(parts.ledger, parts.storage, request.id)
    for system in collected.keys() & {*policy.systems}:
        for one in parts.connector(system).manifest.collections:
            span = collected[system].collections.get(one.name)
            if span is None or asked.isdisjoint(choice.purpose for choice in one.choices):
                continue
            async for record in pages.read(system, range(span.first, span.last + 1), one.name):
                for purpose, stands in one.chosen(record).items():
                    found[purpose] = found.get(purpose, False) or stands
    return {purpose: stands for purpose, stands in found.items() if purpose in asked}


async def keep_chosen(tx: Tx, request_id: str, chosen: Chosen) -> None:
    """Remember what was found: the letter to the person says what recipients are told by it."""
    if chosen:
        await tx.seal(request_id, CHOSEN, _CHOSEN.dump_json(dict(chosen)))


async def load_chosen(tx: Tx, request_id: str) -> dict[str, bool]:
    """What was remembered; nothing where nothing was."""
    return _CHOSEN.validate_json(await tx.unseal_bytes(request_id, CHOSEN) or b"{}")
