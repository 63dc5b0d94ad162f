"""Where a person may complain: the policy's own entry, else the authority that the regime names for their place."""

from __future__ import annotations

from activities import letters
from habeas import law
from habeas.errors import UnknownRegime
from habeas.model import Request
from habeas.policy import Policy


def authority(request: Request, policy: Policy) -> letters.Authority | None:
    """The authority that letters and packages name; None where neither policy nor law names one.

    Somebody who lives outside the regime's area (its law binds the controller all the same) is told the authority of
    the controller's own place.
    """
    for place in (request.jurisdiction, policy.controller.establishment):
        try:
            known = law.authorities(request.regime, place)
        except UnknownRegime:
            continue
        if own := policy.authority(place):
            return letters.Authority(name=policy.said(own.name, request.language), url=own.url)
        if known:
            return letters.Authority(name=known[0].name, url=known[0].url)
    return None
