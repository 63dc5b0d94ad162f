"""Subscription preferences, version 4.

https://developers.hubspot.com/docs/guides/api/marketing/subscriptions
The OpenAPI file names internal scopes; that the version 3 scopes open these routes too is not verified.
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.batch import answer
from tests.vendors.hubspot.errors import invalid
from tests.vendors.hubspot.portal import Portal, flag
from tests.vendors.hubspot.preferences_v3 import READ, WRITE, definition
from tests.vendors.shared.calls import Call, Json
from tests.vendors.shared.clock import millisecond_stamp
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
_STATUSES = "/communication-preferences/v4/statuses/{subscriberIdString}"


def _statuses(portal: Portal, email: str, reason: str | None = None) -> list[Json]:
    made: list[Json] = []
    for each in portal.preferences.definitions.values():
        choice = portal.preferences.choice(email, each.id)
        status: Json = {
            "channel": "EMAIL",
            "subscriberIdString": email,
            "subscriptionId": each.id,
            "subscriptionName": each.name,
            "status": choice.state,
            "source": choice.source,
            "timestamp": millisecond_stamp(choice.at),
        }
        if reason:
            status["setStatusSuccessReason"] = reason
        made.append(status)
    return made


def _need_channel(call: Call) -> None:
    if call.query.get("channel") != "EMAIL":
        raise invalid("Query parameter 'channel' is required and must be EMAIL")


@routes.on("GET", "/communication-preferences/v4/definitions", needs=READ)
def definitions(portal: Portal, call: Call) -> Response:
    """``get-/communication-preferences/v4/definitions``."""
    return answer(portal, [definition(each) for each in portal.preferences.definitions.values()], [])


@routes.on("GET", _STATUSES, needs=READ)
def read(portal: Portal, call: Call) -> Response:
    """``get-/communication-preferences/v4/statuses/{subscriberIdString}``; ``channel`` is required."""
    _need_channel(call)
    return answer(portal, _statuses(portal, call.params["subscriberIdString"]), [])


@routes.on("POST", _STATUSES, needs=WRITE)
def write(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v4/statuses/{subscriberIdString}``."""
    email, asked = call.params["subscriberIdString"], bodies.read(call, bodies.StatusRequest)
    if asked.subscriptionId not in portal.preferences.definitions:
        raise invalid(f"Subscription {asked.subscriptionId} does not exist")
    same = portal.preferences.choice(email, asked.subscriptionId).state == asked.statusState
    portal.preferences.choose(
        email, asked.subscriptionId, asked.statusState, basis=asked.legalBasis, why=asked.legalBasisExplanation
    )
    reason = "NO_STATUS_CHANGE" if same else "REQUESTED_CHANGE_OCCURRED"
    changed = [one for one in _statuses(portal, email, reason) if one["subscriptionId"] == asked.subscriptionId]
    return answer(portal, changed, [])


@routes.on("GET", f"{_STATUSES}/unsubscribe-all", needs=READ)
def read_all(portal: Portal, call: Call) -> Response:
    """``get-/communication-preferences/v4/statuses/{subscriberIdString}/unsubscribe-all``.

    "If a contact has not opted out of all communications, the response results array will be empty."
    """
    _need_channel(call)
    email = call.params["subscriberIdString"]
    since = portal.preferences.opted_out(email)
    wide = {
        "channel": "EMAIL",
        "subscriberIdString": email,
        "wideStatusType": "PORTAL_WIDE",
        "status": "UNSUBSCRIBED",
        "timestamp": millisecond_stamp(since or portal.clock.now()),
    }
    return answer(portal, [wide] if since else [], [])


@routes.on("POST", f"{_STATUSES}/unsubscribe-all", needs=WRITE)
def unsubscribe_all(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v4/statuses/{subscriberIdString}/unsubscribe-all``.

    May be repeated. ``verbose`` asks for the statuses that changed; without it, results are empty (not verified).
    """
    _need_channel(call)
    email = call.params["subscriberIdString"]
    portal.preferences.opt_out(email)
    results = _statuses(portal, email, "UNSUBSCRIBE_FROM_ALL_OCCURRED") if flag(call, "verbose") else []
    return answer(portal, results, [])
