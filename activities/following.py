"""Everything that a controller's systems know somebody by: what must not end by itself is looked for by all of it.

With caution: records that contradict each other are followed, too. What is held too much harms nobody, and is told to
nobody; what has ended cannot be brought back. So nothing else may be decided by what is found here.
"""

from __future__ import annotations

from collections.abc import Mapping

from activities.believing import located
from activities.by_hand import COLLECT, steps_by_hand
from activities.finding import Graph
from habeas.connector import Connector, Manifest
from habeas.model import Identifier

TRAIL = "holding"
"""Name of the sealed document with what was found of a request's person on the way."""
MOST = 200
"""Identifiers. Who is known by more is a switchboard or a mailbox of many, and leads on to everybody."""


def to_ask(trail: Graph, system: str, manifest: Manifest) -> tuple[Identifier, ...]:
    """What a system can be searched by and has not been: nothing where only a human can look."""
    reached = trail.reached()
    if len(reached) > MOST or COLLECT in steps_by_hand(manifest):
        return ()
    return trail.to_ask(system, manifest, reached)


async def followed(trail: Graph, system: str, connector: Connector) -> Graph:
    """The trail with what one more system adds; as it was, if there is nothing to ask it.

    Raises:
        ConnectorError: it does not answer.
    """
    ask = to_ask(trail, system, connector.manifest)
    return trail.answered(system, ask, await located(connector, ask)) if ask else trail


async def follow(identifiers: tuple[Identifier, ...], connectors: Mapping[str, Connector]) -> tuple[Identifier, ...]:
    """Everything by which these systems know who is known by these; asked from here, one after the other.

    Raises:
        ConnectorError: one does not answer, which is no answer.
    """
    trail = Graph(seeds=identifiers)
    while True:
        before = trail
        for name, connector in connectors.items():
            trail = await followed(trail, name, connector)
        if trail == before:
            return trail.reached()
