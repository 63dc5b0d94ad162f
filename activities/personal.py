"""Whether a text names somebody: what a connected system, or its connector, wrote may quote what it was asked.

A safety net, not a proof: the conformance suite asks of connectors that their errors name nobody.
"""

from __future__ import annotations

import re

from activities.finding import load_graph
from activities.ledger import Tx

_LIKE_AN_ADDRESS_OR_NUMBER = re.compile(r"@|(?:\d[ ()-]?){6,}")
_SHORTEST = 3
"""Parts of names that are shorter stand in too many words."""


async def known_words(tx: Tx, request_id: str) -> frozenset[str]:
    """What is known of the person of a request and of who was found beside them, folded: identifiers, parts of names.

    Raises:
        UnknownRequest, KeyDestroyed: nothing is known (any more).
    """
    subject, graph = await tx.subject(request_id), await load_graph(tx, request_id)
    matches = [match for found in graph.matches.values() for match in found]
    identifiers = {*subject.identifiers, *graph.seeds}
    identifiers |= {one for match in matches for one in (*match.found_by, *match.yields)}
    names = [subject.name, graph.attested_name, *(match.name for match in matches)]
    parts = {part for name in names if name for part in re.split(r"\W+", name.casefold())}
    return frozenset({one.value.casefold() for one in identifiers} | {one for one in parts if len(one) >= _SHORTEST})


def may_name(text: str, words: frozenset[str]) -> bool:
    """Whether it holds one of these words, or anything like an address or a number of somebody's."""
    folded = text.casefold()
    if _LIKE_AN_ADDRESS_OR_NUMBER.search(folded):
        return True
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) for word in words)


def said_of_itself(text: str) -> str:
    """What a system says of itself, as far as it may be logged and shown.

    Of a company's own service the words are the service's: whatever looks like somebody's is left out.
    """
    return "" if may_name(text, frozenset()) else text
