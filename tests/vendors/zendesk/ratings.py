"""Satisfaction ratings, which nobody can delete.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, number, page
from tests.vendors.zendesk.errors import not_found

routes: Routes[Account] = Routes()
_SCOPE = ("satisfaction_ratings",)


@routes.on("GET", "/api/v2/satisfaction_ratings", needs=_SCOPE)
def list_ratings(account: Account, call: Call) -> Response:
    """``ListSatisfactionRatings``: for admins; ``score`` filters, the requester does not."""
    account.staff(call, admin=True)
    score = call.query.get("score")
    found = [
        rendering.rating(account, one)
        for one in account.store.ratings.values()
        if score in (None, one.score, f"{one.score}_{'with' if one.comment else 'without'}_comment")
    ]
    return json_answer(page(account, call, "satisfaction_ratings", found))


@routes.on("GET", "/api/v2/satisfaction_ratings/{satisfaction_rating_id}", needs=_SCOPE)
def show(account: Account, call: Call) -> Response:
    """``ShowSatisfactionRating``: the OpenAPI file makes it an array of one."""
    account.staff(call, admin=True)
    found = account.store.ratings.get(number(call.params["satisfaction_rating_id"]))
    if found is None:
        raise not_found()
    return json_answer({"satisfaction_rating": [rendering.rating(account, found)]})
