"""The account itself, and what a token may do.

https://developers.hubspot.com/docs/guides/api/settings/account-information-api
"""

from starlette.responses import Response

from tests.vendors.hubspot import bodies
from tests.vendors.hubspot.errors import not_found
from tests.vendors.hubspot.portal import Portal
from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.clock import millisecond_stamp
from tests.vendors.shared.routing import Routes

routes: Routes[Portal] = Routes()


@routes.on("GET", "/account-info/v3/details")
def details(portal: Portal, call: Call) -> Response:
    """``get-/account-info/v3/details``."""
    return json_answer(
        {
            "portalId": portal.portal_id,
            "accountType": "STANDARD",
            "timeZone": "Europe/Copenhagen",
            "companyCurrency": "EUR",
            "additionalCurrencies": [],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3_600_000,
            "uiDomain": "app-eu1.hubspot.com",
            "dataHostingLocation": "eu1",
        }
    )


@routes.on("GET", "/account-info/v3/api-usage/daily/private-apps")
def daily_usage(portal: Portal, call: Call) -> Response:
    """``get-/account-info/v3/api-usage/daily/private-apps``."""
    now = portal.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": portal.daily.limit,
        "currentUsage": portal.daily.used(),
        "collectedAt": millisecond_stamp(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": millisecond_stamp(midnight + portal.daily.period),
    }
    return json_answer({"results": [usage]})


@routes.on("POST", "/oauth/v2/private-apps/get/access-token-info")
def token_info(portal: Portal, call: Call) -> Response:
    """https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview.

    The scopes of a private app's token.
    """
    key = bodies.read(call, bodies.TokenKey).tokenKey
    token = portal.tokens.get(key)
    if token is None or token.expires_at:
        raise not_found("tokenKey", "the token")
    return json_answer({"userId": 9001, "hubId": portal.portal_id, "appId": 77, "scopes": sorted(token.scopes)})
