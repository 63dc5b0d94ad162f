"""Subscription preferences, version 3.

https://developers.hubspot.com/docs/api-reference/legacy/communication-preferences/subscriptions/guide
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.errors import invalid
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.preferences import State
from tests.vendors.hubspot.seed import Subscription
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.clock import millisecond_stamp
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()
READ = ("communication_preferences.read", "communication_preferences.read_write")
WRITE = ("communication_preferences.write", "communication_preferences.read_write")


def definition(each: Subscription) -> Json:
    """``SubscriptionDefinition``, of either version."""
    stamp = millisecond_stamp(each.created_at)
    return {
        "id": str(each.id),
        "name": each.name,
        "description": each.description,
        "purpose": "Marketing",
        "communicationMethod": "Email",
        "isActive": True,
        "isDefault": each.id == 2,
        "isInternal": each.is_internal,
        "createdAt": stamp,
        "updatedAt": stamp,
    }


def _status(portal: Portal, email: str, each: Subscription) -> Json:
    choice = portal.preferences.choice(email, each.id)
    made: Json = {
        "id": str(each.id),
        "name": each.name,
        "description": each.description,
        "status": "SUBSCRIBED" if choice.state == "SUBSCRIBED" else "NOT_SUBSCRIBED",
        "sourceOfStatus": "PORTAL_WIDE_STATUS" if portal.preferences.opted_out(email) else "SUBSCRIPTION_STATUS",
    }
    if choice.legal_basis:
        made |= {"legalBasis": choice.legal_basis, "legalBasisExplanation": choice.legal_basis_explanation or ""}
    return made


@routes.on("GET", "/communication-preferences/v3/definitions", needs=READ)
def definitions(portal: Portal, call: Call) -> Response:
    """``get-/communication-preferences/v3/definitions_getPage``."""
    return json_answer(
        {"subscriptionDefinitions": [definition(each) for each in portal.preferences.definitions.values()]}
    )


@routes.on("GET", "/communication-preferences/v3/status/email/{emailAddress}", needs=READ)
def status(portal: Portal, call: Call) -> Response:
    """``get-/communication-preferences/v3/status/email/{emailAddress}_getEmailStatus``.

    An unknown address has one too.
    """
    email = call.params["emailAddress"]
    statuses = [_status(portal, email, each) for each in portal.preferences.definitions.values()]
    return json_answer({"recipient": email, "subscriptionStatuses": statuses})


@routes.on("POST", "/communication-preferences/v3/unsubscribe", needs=WRITE)
def unsubscribe(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v3/unsubscribe_unsubscribe``; a second time is a 400, not verified."""
    return _update(portal, call, "UNSUBSCRIBED")


@routes.on("POST", "/communication-preferences/v3/subscribe", needs=WRITE)
def subscribe(portal: Portal, call: Call) -> Response:
    """``post-/communication-preferences/v3/subscribe_subscribe``.

    Who has opted out of everything is not brought back.
    """
    return _update(portal, call, "SUBSCRIBED")


def _update(portal: Portal, call: Call, state: State) -> Response:
    asked = bodies.read(call, bodies.UpdateSubscription)
    number = int(asked.subscriptionId) if asked.subscriptionId.isdecimal() else -1
    each = portal.preferences.definitions.get(number)
    if each is None:
        raise invalid(f"Subscription {asked.subscriptionId} does not exist")
    if state == "SUBSCRIBED" and portal.preferences.opted_out(asked.emailAddress):
        raise invalid("The contact has opted out of all e-mail and cannot be subscribed")
    if portal.preferences.choice(asked.emailAddress, each.id).state == state:
        raise invalid(f"The contact is already {state.lower()}")
    portal.preferences.choose(
        asked.emailAddress, each.id, state, basis=asked.legalBasis, why=asked.legalBasisExplanation
    )
    return json_answer(_status(portal, asked.emailAddress, each))
