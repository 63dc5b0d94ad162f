"""The org's limits.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
"""

from starlette.responses import Response

from tests.vendors.salesforce.org import Org
from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()


@routes.on("GET", "/services/data/{version}/limits", needs=("api",))
def limits(org: Org, call: Call) -> Response:
    """Most and what is left of them."""
    daily = {"Max": org.daily.limit, "Remaining": org.daily.remaining()}
    return json_answer({"DailyApiRequests": daily, "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000}})
