"""Subscription preferences, version 4.

https://developers.hubspot.com/docs/guides/api/marketing/subscriptions
The OpenAPI file names internal scopes; that the version 3 scopes open these routes too is not verified. Those of the
batch routes are Marketing Hub Enterprise's:
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes
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
_BATCH = "/communication-preferences/v4/statuses/batch"
_READ_BATCH = ("communication_preferences.statuses.batch.read",)
_WRITE_BATCH = ("communication_preferences.statuses.batch.write",)
_MOST = 100


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
    asked = bodies.read(call, bodies.StatusRequest)
    return answer(portal, _written(portal, call.params["subscriberIdString"], asked), [])


def _written(portal: Portal, email: str, asked: bodies.StatusRequest) -> list[Json]:
    if asked.subscriptionId not in portal.preferences.definitions:
        raise invalid(f"Subscription {asked.subscriptionId} does not exist")
    same = portal.preferences.choice(email, asked.subscriptionId).state == asked.statusState
    portal.preferences.choose(
        email, asked.subscriptionId, asked.statusState, basis=asked.legalBasis, why=asked.legalBasisExplanation
    )
    reason = "NO_STATUS_CHANGE" if same else "REQUESTED_CHANGE_OCCURRED"
    return [one for one in _statuses(portal, email, reason) if one["subscriptionId"] == asked.subscriptionId]


@routes.on("GET", f"{_STATUSES}/unsubscribe-all", needs=READ)
def read_all(portal: Portal, call: Call) -> Response:
    """``get-/communication-preferences/v4/statuses/{subscriberIdString}/unsubscribe-all``.

    "If a contact has not opted out of all communications, the response results array will be empty."
    """
    _need_channel(call)
    email = call.params["subscriberIdString"]
    return answer(portal, _wide(portal, email), [])


def _wide(portal: Portal, email: str) -> list[Json]:
    since = portal.preferences.opted_out(email)
    wide: Json = {
        "channel": "EMAIL",
        "subscriberIdString": email,
        "wideStatusType": "PORTAL_WIDE",
        "status": "UNSUBSCRIBED",
        "timestamp": millisecond_stamp(since or portal.clock.now()),
    }
    return [wide] if since else []


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


@routes.on("POST", f"{_BATCH}/read", needs=_READ_BATCH)
def read_batch(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v4/statuses/batch/read``; ``channel`` is required, addresses are in the body.

    https://developers.hubspot.com/docs/api-reference/legacy/communication-preferences/status/batch/get-subscriptions
    """
    return answer(
        portal, [{"subscriberIdString": one, "statuses": _statuses(portal, one)} for one in _addresses(call)], []
    )


@routes.on("POST", f"{_BATCH}/write", needs=_WRITE_BATCH)
def write_batch(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v4/statuses/batch/write``: each input names its address and its channel."""
    asked = bodies.read(call, bodies.BatchStatuses).inputs
    _limit(len(asked))
    return answer(portal, [one for each in asked for one in _written(portal, each.subscriberIdString, each)], [])


@routes.on("POST", f"{_BATCH}/unsubscribe-all/read", needs=_READ_BATCH)
def read_all_batch(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v4/statuses/batch/unsubscribe-all/read``.

    https://developers.hubspot.com/docs/api-reference/legacy/communication-preferences/status/batch/get-unsubscribed-batch.
    That an address which has not opted out comes with no statuses is not verified.
    """
    return answer(
        portal, [{"subscriberIdString": one, "wideStatuses": _wide(portal, one)} for one in _addresses(call)], []
    )


@routes.on("POST", f"{_BATCH}/unsubscribe-all", needs=_WRITE_BATCH)
def unsubscribe_all_batch(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v4/statuses/batch/unsubscribe-all``; ``verbose`` as for one address."""
    emails = _addresses(call)
    for one in emails:
        portal.preferences.opt_out(one)
    loud = emails if flag(call, "verbose") else []
    why = "UNSUBSCRIBE_FROM_ALL_OCCURRED"
    return answer(portal, [{"subscriberIdString": one, "statuses": _statuses(portal, one, why)} for one in loud], [])


def _addresses(call: Call) -> list[str]:
    _need_channel(call)
    inputs = bodies.read(call, bodies.BatchAddresses).inputs
    _limit(len(inputs))
    return inputs


def _limit(count: int) -> None:
    if not 1 <= count <= _MOST:
        raise invalid(f"Batch size must be from 1 to {_MOST}: {count} inputs were given")
