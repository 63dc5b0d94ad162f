"""Where a person may complain: the policy's own entry, else the authority that the regime names for their place."""

from __future__ import annotations

from activities import letters
from activities.clockface import local_day
from habeas import law
from habeas.errors import UnknownRegime
from habeas.model import Request
from habeas.policy import Policy


def authorities(request: Request, policy: Policy) -> tuple[letters.Authority, ...]:
    """All that packages name, the nearest first; none where neither policy nor law names one.

    Where the establishment's law binds beside the person's, they are told those of both.
    """
    beside = law_beside(request, policy)
    return (*nearest(request, policy), *(beside.authorities if beside else ()))


def nearest(request: Request, policy: Policy) -> tuple[letters.Authority, ...]:
    """Those by the law that the request is answered under.

    Somebody who lives outside the regime's area (its law binds the controller all the same) is told those of the
    controller's own place.
    """
    home = policy.controller.establishment
    return _nearest(request.regime, (request.jurisdiction, home), request.language, policy)


def law_beside(request: Request, policy: Policy) -> letters.LawBeside | None:
    """The establishment's law, where it binds beside the person's and has others to turn to, with terms of its own."""
    too = policy.binding_too(request.regime, request.right, local_day(policy, request.received_at))
    if too is None:
        return None
    named, place = nearest(request, policy), policy.controller.establishment
    others = tuple(one for one in _nearest(too.regime, (place,), request.language, policy) if one not in named)
    return letters.LawBeside(regime=too.regime, place=place, authorities=others) if others else None


def _nearest(regime: str, places: tuple[str, ...], language: str, policy: Policy) -> tuple[letters.Authority, ...]:
    for place in places:
        try:
            known = told(regime, place, language)
        except UnknownRegime:
            continue
        if own := policy.authority(place):
            return (letters.Authority(name=policy.said(own.name, language), url=own.url),)
        if known:
            return known
    return ()


def told(regime: str, place: str, language: str) -> tuple[letters.Authority, ...]:
    """The law's own authorities, by the names that they have for a reader of the language.

    Raises:
        UnknownRegime: the regime is not the law of the place.
    """
    known = law.authorities(regime, place)
    return tuple(letters.Authority(name=one.called(language), url=one.url) for one in known)
