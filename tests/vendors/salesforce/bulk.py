"""Bulk API 2.0, as far as it deletes.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm
"""

import csv
from io import StringIO

from starlette.responses import Response

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.deleting import delete
from tests.vendors.salesforce.errors import Fault, not_found, refusal
from tests.vendors.salesforce.jobs import Job
from tests.vendors.salesforce.org import Org, body, find_object
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.clock import millisecond_stamp
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
_JOB = "/services/data/{version}/jobs/ingest/{job}"


def run_due(org: Org) -> None:
    """Do the jobs whose time has come."""
    for job in org.jobs.due():
        _run(org, job)


def _run(org: Org, job: Job) -> None:
    for line in csv.DictReader(StringIO(job.data or "")):
        given = line.get("Id", "")
        row = org.store.find(given, job.object)
        try:
            if row is None:
                raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            gone = delete(org, row)
        except Fault as fault:
            job.failed.append((given, f"{fault.code}:{fault.message.strip()}:--"))
        else:
            job.done.append(row.id)
            for one in gone if job.hard else ():
                org.store.remove(one)


def _render(org: Org, call: Call, job: Job) -> Json:
    stamp = millisecond_stamp(job.made_at, "+0000")
    return {
        "id": job.id,
        "operation": "hardDelete" if job.hard else "delete",
        "object": job.object,
        "createdById": org.user_id,
        "createdDate": stamp,
        "systemModstamp": stamp,
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.params["version"].removeprefix("v")),
        "contentUrl": f"services/data/{call.params['version']}/jobs/ingest/{job.id}/batches",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
        "numberRecordsProcessed": len(job.done) + len(job.failed),
        "numberRecordsFailed": len(job.failed),
    }


def _job(org: Org, call: Call) -> Job:
    job = org.jobs.all.get(ids.long_form(call.params["job"]) or "")
    if job is None:
        raise not_found()
    return job


@routes.on("POST", "/services/data/{version}/jobs/ingest", needs=("api",))
def create_job(org: Org, call: Call) -> Response:
    """``hardDelete`` passes the recycle bin by, and wants the permission "Bulk API Hard Delete".

    Only ``delete`` and ``hardDelete`` are served here. The codes of the refusals are not verified.
    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm
    """
    given = body(call)
    kind = find_object(str(given.get("object")))
    if kind is None or not org.rights.sees(kind):
        raise refusal(400, "INVALIDENTITY", f"Entity '{given.get('object')}' is not supported by the Bulk API")
    if given.get("operation") not in ("delete", "hardDelete") or given.get("contentType", "CSV") != "CSV":
        raise refusal(400, "INVALIDJOB", "The operation must be delete or hardDelete, the contentType CSV")
    hard = given["operation"] == "hardDelete"
    if hard and "BulkApiHardDelete" not in org.rights.permissions:
        raise refusal(400, "FEATURENOTENABLED", "hardDelete operation requires special user profile permission")
    job = Job(ids.make("750", len(org.jobs.all) + 1), kind.name, hard, org.clock.now())
    org.jobs.all[job.id] = job
    return json_answer(_render(org, call, job))


@routes.on("PUT", f"{_JOB}/batches", needs=("api",))
def upload(org: Org, call: Call) -> Response:
    """201: one upload of CSV with a header line.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm.
    """
    job = _job(org, call)
    if job.state != "Open" or job.data is not None:
        raise refusal(400, "INVALIDJOBSTATE", f"Found multiple contents for job: {job.id}")
    if call.headers.get("content-type", "").partition(";")[0] != "text/csv":
        raise refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Only text/csv is supported")
    job.data = call.body.decode()
    return Response(status_code=201)


@routes.on("PATCH", _JOB, needs=("api",))
def close(org: Org, call: Call) -> Response:
    """``UploadComplete`` starts it, ``Aborted`` ends it.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/close_job.htm.
    """
    job, state = _job(org, call), body(call).get("state")
    if state not in ("UploadComplete", "Aborted") or job.state != "Open":
        raise refusal(400, "INVALIDJOBSTATE", f"A job that is {job.state} cannot become {state}")
    job.state, job.closed_at = str(state), org.clock.now()
    return json_answer(_render(org, call, job))


@routes.on("GET", _JOB, needs=("api",))
def show(org: Org, call: Call) -> Response:
    """Open, UploadComplete, InProgress, JobComplete, Aborted or Failed.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm.
    """
    return json_answer(_render(org, call, _job(org, call)))


@routes.on("GET", f"{_JOB}/successfulResults", needs=("api",))
def successful(org: Org, call: Call) -> Response:
    """CSV: sf__Id, sf__Created and what was given.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_successful_results.htm.
    """
    return _csv(["sf__Id", "sf__Created", "Id"], [[one, "false", one] for one in _job(org, call).done])


@routes.on("GET", f"{_JOB}/failedResults", needs=("api",))
def failed(org: Org, call: Call) -> Response:
    """CSV: sf__Id, sf__Error and what was given.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_failed_results.htm.
    """
    return _csv(["sf__Id", "sf__Error", "Id"], [[one, error, one] for one, error in _job(org, call).failed])


def _csv(head: list[str], lines: list[list[str]]) -> Response:
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return Response(out.getvalue(), media_type="text/csv")
