"""Where a person may complain: the policy's own entry, else the authority that the regime names for their place."""

from __future__ import annotations

from activities import letters
from habeas import law
from habeas.errors import UnknownRegime
from habeas.model import Request
from habeas.policy import Policy


def authorities(request: Request, policy: Policy) -> tuple[letters.Authority, ...]:
    """All that letters and packages name, the nearest first; none where neither policy nor law names one.

    Somebody who lives outside the regime's area (its law binds the controller all the same) is told those of the
    controller's own place.
    """
    for place in (request.jurisdiction, policy.controller.establishment):
        try:
            known = told(request.regime, place, request.language)
        except UnknownRegime:
            continue
        if own := policy.authority(place):
            return (letters.Authority(name=policy.said(own.name, request.language), url=own.url),)
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
