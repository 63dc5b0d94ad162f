"""Which of a person's objects must stay whatever was asked: held, restricted, refused, or another's to decide over.

In a system that several controllers have, a hold or a restriction of any of them keeps what it is about.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from activities.deciding import Ours
from activities.exemptions import Exemption, exempted
from activities.ledger import HoldRow, Tx
from activities.recourse import Recourse
from habeas import law
from habeas.connector import Manifest, SystemPlan, Treatment
from habeas.evidence import Tag
from habeas.model import Identifier, Request, Right
from habeas.policy import Policy
from habeas.staying import Because, Place, Stay, together


class Keepers:
    """What may make an object of one person stay, read from the ledger."""

    def __init__(
        self,
        tx: Tx,
        request: Request,
        place: str,
        holds: Mapping[HoldRow, str],
        refused: Mapping[str, Exemption],
        controlled: Mapping[str, str],
        sharing: Mapping[str, tuple[str, ...]],
        others_holds: Mapping[str, tuple[HoldRow, ...]],
        ours: Ours,
        recourses: tuple[Recourse, ...],
        known: tuple[Identifier, ...] = (),
        unnamed: Some[str] = frozenset(),
    ) -> None:
        self._tx = tx
        self._request = request
        self._place = place
        self.holds = holds
        """The standing holds that the person falls under, each with its law or matter as this request's letters say."""
        self._refused = refused
        self._controlled = controlled
        self._ours = ours
        self._sharing = sharing
        self._others_holds = others_holds
        self._recourses = recourses
        self._known = known
        self._unnamed = unnamed
        self.met: set[str] = set()
        """Holds that keep something."""

    @classmethod
    async def of(
        cls,
        tx: Tx,
        request: Request,
        place: str,
        known: Iterable[Identifier],
        policy: Policy,
        sharing: Mapping[str, tuple[str, ...]],
        ours: Ours,
        recourses: tuple[Recourse, ...] = (),
        unnamed: Some[str] = frozenset(),
    ) -> Keepers:
        """For a request and everything by which its person is known.

        Args:
            tx: on the ledger.
            request: whose objects they are.
            place: whose law and calendar hold.
            known: identifiers that are the person's.
            policy: of the request's controller.
            sharing: its systems that other controllers have too, each with their ids. What one of them must keep there
                stays, whoever else asks: nobody knows whose an object is that two have.
            ours: what is the controller's own of categories that somebody else decides over.
            recourses: what refused requests for a copy keep, of the controller and of these others.
            unnamed: systems where a human finds what is there: each finds it under another name, so that a restriction
                there is the person's, and not an object's.
        """
        identifiers = tuple(known)
        standing = await tx.holds_on(request.controller, identifiers)
        holds = {one: await _matter(tx, one, request, policy) for one in standing}
        others = sorted({one for named in sharing.values() for one in named})
        others_holds = {one: await tx.holds_on(one, identifiers) for one in others}
        controlled = {
            one.id: policy.text(one.controlled_by.who, request.language)
            for one in policy.categories
            if one.controlled_by
        }
        refused = await exempted(tx, request.id)
        return cls(
            tx, request, place, holds, refused, controlled, sharing, others_holds, ours, recourses, identifiers, unnamed
        )

    async def stays(
        self,
        system: str,
        manifest: Manifest,
        places: Some[Place],
        *,
        refusals: bool = True,
        consented: Some[Place] = frozenset(),
    ) -> dict[Place, Stay]:
        """Which of these objects of a system must stay, and why; optionally only for what passes (`PASSING`).

        That they are restricted does not keep the ``consented`` ones: see `activities.consent`.
        """
        categories = {each.name: each.category for each in manifest.collections}
        found: dict[Place, list[Stay]] = {}
        for place in (await self.restricted(system, places)).keys() - consented:
            found.setdefault(place, []).append(Stay(because=Because.RESTRICTED, law=self.restriction))
        for place in places:
            category = categories.get(place[0])
            if category is None:
                continue
            for hold, matter in self.holds.items():
                if hold.covers(system, category):
                    self.met.add(hold.id)
                    found.setdefault(place, []).append(Stay(because=Because.LEGAL_HOLD, law=matter))
            if any(hold.covers(system, category) for hold in self._of_others(system)):
                found.setdefault(place, []).append(Stay(because=Because.LEGAL_HOLD, law=self._pending))
            found.setdefault(place, []).extend(self._reviewed(system, category))
            if refusals and category in self._refused:
                stay = Stay(because=Because.EXEMPT, law=self._ground(self._refused[category].ground))
                found.setdefault(place, []).append(stay)
            if category in self._controlled and not self._ours.has(system, place):
                stay = Stay(because=Because.CONTROLLED, law=self._controlled[category])
                found.setdefault(place, []).append(stay)
        return {place: together(stays) for place, stays in found.items() if stays}

    def _reviewed(self, system: str, category: str) -> Iterator[Stay]:
        """Another controller's categories are not ours: what it refused of a system that both have keeps all of it."""
        for one in self._recourses:
            ours = one.controller == self._request.controller
            if category in (one.categories or {category}) if ours else one.controller in self._sharing.get(system, ()):
                yield Stay(because=Because.RECOURSE, law=one.law, until=one.until)

    async def note(self, at: datetime) -> None:
        """Write down which holds the request has met, each once."""
        for hold in self.holds:
            if hold.id in self.met:
                await note_hold(self._tx, self._request.id, hold, at)

    async def restricted(self, system: str, places: Some[Place]) -> dict[Place, frozenset[str]]:
        """The restricted ones of these objects of a system, each with the requests that restrict it."""
        found: dict[Place, frozenset[str]] = {}
        for controller in (self._request.controller, *self._sharing.get(system, ())):
            prints = {self._tx.object_print(controller, system, *place): place for place in places}
            for each, requests in (await self._tx.restricting(controller, system, prints)).items():
                found[prints[each]] = found.get(prints[each], frozenset()) | requests
        if places and (standing := frozenset(await self.restrictions(system))):
            # Which of the papers it was, nobody can tell: what is kept too long harms less than what is gone.
            return {place: found.get(place, frozenset()) | standing for place in places}
        return found

    async def restrictions(self, system: str) -> dict[str, datetime]:
        """The requests that restrict anything of the person in a system that knows no names, and since when."""
        found: dict[str, datetime] = {}
        if system in self._unnamed:
            for controller in (self._request.controller, *self._sharing.get(system, ())):
                found |= await self._tx.restricting_person(controller, system, self._known)
        return found

    def _of_others(self, system: str) -> Iterator[HoldRow]:
        return (hold for one in self._sharing.get(system, ()) for hold in self._others_holds[one])

    @property
    def _pending(self) -> str:
        """What letters name in place of another controller's matter, which is not theirs to tell."""
        grounds = law.refusal_grounds(self._request.regime, self._place, Right.ERASURE)
        regime = law.regime(self._request.regime, self._place)
        return next((ground.cite for ground in grounds if ground.code == "legal_claims"), regime.rights_cite)

    @property
    def restriction(self) -> str:
        """The provision by which restricted data is only stored, and what it lets be done all the same."""
        return law.restriction_provision(self._request.regime, self._place)

    def _ground(self, code: str) -> str:
        grounds = law.refusal_grounds(self._request.regime, self._place, self._request.right)
        return next((ground.cite for ground in grounds if ground.code == code), code)


async def _matter(tx: Tx, hold: HoldRow, request: Request, policy: Policy) -> str:
    """What holds, as the person reads it: the article of their own law, or the matter in their language."""
    if hold.provision in law.reason_codes():
        article = policy.provision(request.regime, request.jurisdiction, Right.ERASURE, hold.provision)
        # Asked for when the hold was placed; a law that was listed since has at least a name.
        return article or law.regime(request.regime, policy.answered_in(request.regime, request.jurisdiction)).statute
    said = (await tx.hold_words(hold.id)).said
    return said.get(policy.language(request.language), hold.provision)


async def note_hold(tx: Tx, request_id: str, hold: HoldRow, at: datetime, actor: str = "engine") -> None:
    """As evidence: this hold keeps something that the request is about. Not its words: they may name somebody."""
    facts = {name: value for name in ("system", "category") if (value := getattr(hold, name)) is not None}
    await tx.record(
        request_id, Tag.HOLD_PLACED, at=at, actor=actor, facts={"hold": hold.id, **facts}, dedupe=f"hold/{hold.id}"
    )


def touched(plan: SystemPlan) -> list[Place]:
    """The objects that a plan does something to."""
    return [(each.collection, each.key) for each in plan.objects if each.treatment is not Treatment.RETAIN]
