"""The statuses of background jobs.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk.account import Account
from tests.vendors.zendesk.errors import not_found

routes: Routes[Account] = Routes()


@routes.on("GET", "/api/v2/job_statuses/{job_status_id}")
def show(account: Account, call: Call) -> Response:
    """``ShowJobStatus``: queued, working, completed, failed or killed; results when it is done.

    That a job one of whose ids fails is "failed", and not "completed", is not verified: read the results.
    """
    account.staff(call)
    job = account.jobs.all.get(call.params["job_status_id"])
    if job is None:
        raise not_found()
    return json_answer({"job_status": account.jobs.render(job, account.base_url)})


@routes.on("GET", "/api/v2/job_statuses/show_many")
def show_many(account: Account, call: Call) -> Response:
    """``ShowManyJobStatuses``: ``ids`` parted by commas."""
    account.staff(call)
    found = [account.jobs.all[one] for one in call.query.get("ids", "").split(",") if one in account.jobs.all]
    return json_answer({"job_statuses": [account.jobs.render(job, account.base_url) for job in found]})
