"""Redaction jobs: a public preview, which an account must be let into.

https://docs.stripe.com/privacy/redaction, https://docs.stripe.com/privacy/redaction/example,
https://docs.stripe.com/api/privacy/redaction-job
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.stripe.account import Account, form_of, listed
from tests.vendors.stripe.errors import missing, refused, unrecognised

routes: Routes[Account] = Routes()
_PATH = "/v1/privacy/redaction_jobs"
_KINDS = ("customers", "payment_intents", "invoices", "charges", "checkout_sessions", "setup_intents")
_MOST = 10
_VALIDATES, _REDACTS = timedelta(seconds=10), timedelta(seconds=60)
_RISK = timedelta(days=90)
"""Transactions "can only be redacted after 90 days": https://docs.stripe.com/privacy/deletion-requests."""
_READ, _WRITE = ("rak_redaction_job_read",), ("rak_redaction_job_write",)  # what they are called is not verified
_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
_FINAL = ("succeeded", "canceled")


@routes.on("POST", _PATH, needs=_WRITE)
def create(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/privacy/redaction-job/create: at most ten objects; it validates at once.

    A repeated ``Idempotency-Key`` gives the first answer again: https://docs.stripe.com/api/idempotent_requests.
    """
    _let_in(account, call)
    again = account.replies.get(call.headers.get("idempotency-key", ""))
    if again is not None:
        return json_answer(again)
    form = form_of(call)
    behaviour = form.pop("validation_behavior", ["error"])[0]
    objects = {kind: form.pop(f"objects[{kind}][]") for kind in _KINDS if f"objects[{kind}][]" in form}
    if form or behaviour not in ("error", "fix"):
        raise refused("Received unknown parameter", code="parameter_unknown")
    ids = [one for some in objects.values() for one in some]
    if not 1 <= len(ids) <= _MOST:
        raise refused(f"A job has 1 to {_MOST} objects.", param="objects")
    job: Json = {
        "id": f"prj_{len(account.jobs) + 1}",
        "object": "privacy.redaction_job",
        "created": int(account.clock.now().timestamp()),
        "objects": objects,
        "status": "validating",
        "validation_behavior": behaviour,
        "since": account.clock.now(),
    }
    account.jobs[job["id"]] = job
    account.replies[call.headers.get("idempotency-key", job["id"])] = _told(job)
    return json_answer(_told(job))


@routes.on("GET", _PATH, needs=_READ)
def jobs(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/privacy/redaction-job/list."""
    _let_in(account, call)
    return json_answer(listed(call, [_told(one) for one in account.jobs.values()]))


@routes.on("GET", _PATH + "/{id}", needs=_READ)
def job(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/privacy/redaction-job/retrieve."""
    return json_answer(_told(_found(account, call)))


@routes.on("POST", _PATH + "/{id}/run", needs=_WRITE)
def run(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/privacy/redaction-job/run: only when ``ready``; it cannot be stopped then."""
    found = _found(account, call)
    _be(found, "ready")
    found |= {"status": "redacting", "since": account.clock.now()}
    return json_answer(_told(found))


@routes.on("POST", _PATH + "/{id}/cancel", needs=_WRITE)
def cancel(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/privacy/redaction-job/cancel: when ``ready`` or ``failed``."""
    found = _found(account, call)
    _be(found, "ready", "failed")
    found["status"] = "canceled"
    return json_answer(_told(found))


@routes.on("GET", _PATH + "/{id}/validation_errors", needs=_READ)
def validation_errors(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/privacy/redaction-job-validation-error/list."""
    return json_answer(listed(call, list(_found(account, call).get("errors", []))))


def pass_time(account: Account) -> None:
    """Let jobs go on whose time has come."""
    for one in account.jobs.values():
        waited = account.clock.now() - one["since"]
        if one["status"] == "validating" and waited >= _VALIDATES:
            one["errors"] = [
                {
                    "id": f"prjve_{number}",
                    "object": "privacy.redaction_job_validation_error",
                    "code": code,
                    "erroring_object": {"id": key, "object_type": kind},
                    "message": "Not eligible.",
                }
                for number, (code, kind, key) in enumerate(_faults(account, one))
            ]
            one |= {"status": "failed" if one["errors"] else "ready", "since": account.clock.now()}
        elif one["status"] == "redacting" and waited >= _REDACTS:
            account.redacted |= set(_along(account, one))
            one["status"] = "succeeded"


def _faults(account: Account, job: Json) -> Iterator[tuple[str, str, str]]:
    """Code, kind and id of what cannot be redacted."""
    mine = set(_along(account, job))
    for other in account.jobs.values():
        if other is not job and other["status"] not in _FINAL and mine & set(_along(account, other)):
            yield "locked_by_other_job", "redaction_job", other["id"]
    for one in account.disputes.values():
        if one["id"] in mine and one["status"] in _OPEN:
            yield "invalid_state", "dispute", one["id"]
    for one in account.every("/v1/invoices"):
        if one["id"] in mine and one["status"] in ("open", "draft"):
            yield "invalid_state", "invoice", one["id"]
    for one in account.every("/v1/charges"):
        if one["id"] in mine and account.clock.now() - datetime.fromtimestamp(one["created"], UTC) < _RISK:
            yield "invalid_state", "charge", one["id"]
    for one in account.every("/v1/payment_intents"):
        unfinished = one["status"] not in ("succeeded", "canceled")
        if one["id"] in mine and unfinished and job["validation_behavior"] == "error":
            yield "invalid_state", "payment_intent", one["id"]


def _along(account: Account, job: Json) -> Iterator[str]:
    """The job's objects and, of customers, all that is related to them."""
    for kind, ids in job["objects"].items():
        yield from ids
        for key in ids if kind == "customers" else ():
            for path in ("subscriptions", "invoices", "charges", "payment_intents", "invoiceitems"):
                params = {"status": "all"} if path == "subscriptions" else {}
                yield from (one["id"] for one in account.every(f"/v1/{path}", **params) if one["customer"] == key)
            for invoice in account.every("/v1/invoices"):
                if invoice["customer"] == key:
                    yield from (one["invoice_item"] for one in invoice["lines"]["data"] if one.get("invoice_item"))
            charges = {one["id"] for one in account.charges_of(key)}
            yield from (one["id"] for one in account.disputes.values() if one["charge"] in charges)
            yield from (one["id"] for one in account.credit_notes.values() if one["customer"] == key)


def _let_in(account: Account, call: Call) -> None:
    if not account.has_redaction or (call.method == "POST" and not _is_preview(call)):
        raise unrecognised(call.method, call.path)


def _is_preview(call: Call) -> bool:
    """A preview is only there in a version that ends so: https://docs.stripe.com/api/versioning."""
    return call.headers.get("stripe-version", "").endswith(".preview")


def _found(account: Account, call: Call) -> Json:
    _let_in(account, call)
    if call.params["id"] not in account.jobs:
        raise missing("redaction job", call.params["id"])
    return account.jobs[call.params["id"]]


def _be(job: Json, *states: str) -> None:
    if job["status"] not in states:
        raise refused(f"The job is {job['status']}.")


def _told(job: Json) -> Json:
    return {name: value for name, value in job.items() if name not in ("since", "errors")}
