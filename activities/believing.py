"""What a system answers, held to what it was asked and to what it says that it has.

Whatever does not fit is no answer: taken for one, records would vanish from a copy, or a person who is there would be
told that nothing is held. So it is that system's own failure, at once, and a human looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from habeas.answered import tells_of
from habeas.connector import Change, Connector, Located, Manifest, Match, Page, Veto
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.outcomes import Awaiting, ChangeAnswer, Done, Drifted, ObjectOutcome, Pending

__all__ = ["changed", "changed_again", "located", "page_of", "settled", "under_plan", "vetoes_of"]

A = TypeVar("A")
Looked = Done[tuple[ObjectOutcome, ...]] | Pending | Awaiting


class _Object(Protocol):
    @property
    def collection(self) -> str: ...


async def located(connector: Connector, asked: tuple[Identifier, ...]) -> tuple[Match, ...]:
    """What the system finds by these identifiers; changes nothing.

    Raises:
        Quarantine: it answers nothing, with a collection that it does not have, or with what nobody asked for.
    """
    matches = _given(await connector.locate(asked), Located).matches
    _known(connector.manifest, matches)
    if any(not one.found_by or not {*one.found_by} <= {*asked} for one in matches):
        raise Quarantine("It answers a search with a record that was not searched for.")
    return matches


def page_of(manifest: Manifest, page: Page) -> Page:
    """The same page.

    Raises:
        Quarantine: it is none, or has records of a collection that the manifest does not have.
    """
    _known(manifest, _given(page, Page).records)
    return page


def under_plan(
    manifest: Manifest, answer: Done[tuple[ObjectOutcome, ...]] | Pending | Awaiting | Drifted
) -> Done[tuple[ObjectOutcome, ...]] | Pending | Awaiting | Drifted:
    """The same answer to an order to erase or to change.

    Raises:
        Quarantine: it is none, or tells of objects of a collection that the manifest does not have.
    """
    return answer if isinstance(answer, Drifted) else settled(manifest, answer)


def settled(manifest: Manifest, answer: Looked) -> Looked:
    """The same answer of a second look.

    Raises:
        Quarantine: as `under_plan`.
    """
    match _given(answer, Done, Pending, Awaiting):
        case Done(result=outcomes) | Pending(so_far=outcomes):
            _known(manifest, (_given(one, ObjectOutcome) for one in _given(outcomes, tuple, list)))
    return answer


def changed(manifest: Manifest, change: Change, answer: ChangeAnswer) -> ChangeAnswer:
    """The same answer to an order to correct, mark or stop.

    Raises:
        Quarantine: as `under_plan`; or it does not tell of all that it was asked to change, or of something else.
    """
    return answer if isinstance(answer, Drifted) else changed_again(manifest, change, answer)


def changed_again(manifest: Manifest, change: Change, answer: Looked) -> Looked:
    """The same answer of a second look at a change.

    Raises:
        Quarantine: as `changed`: what is not told of would be taken for done.
    """
    answer = settled(manifest, answer)
    if isinstance(answer, Done) and not tells_of(change, answer.result):
        raise Quarantine("It does not tell of what it was asked to change, or tells of something else.")
    return answer


def vetoes_of(vetoes: tuple[Veto, ...]) -> tuple[Veto, ...]:
    """The same vetoes.

    Raises:
        Quarantine: they are none: what is asked before an erasure is not taken for a yes.
    """
    return tuple(_given(one, Veto) for one in _given(vetoes, tuple, list))


def _given(answer: A, *kinds: type) -> A:
    if not isinstance(answer, kinds):
        raise Quarantine(f"It answers with {type(answer).__name__}, which is no answer.")
    return answer


def _known(manifest: Manifest, objects: Iterable[_Object]) -> None:
    unknown = {one.collection for one in objects} - {one.name for one in manifest.collections}
    if unknown:
        raise Quarantine(
            "It answers with objects of collections that its manifest does not have.", said=", ".join(sorted(unknown))
        )
