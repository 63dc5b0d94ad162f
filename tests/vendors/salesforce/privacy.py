"""Privacy Center: the queue of requests to be forgotten, and portability.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_privacyrtbfrequest.htm
A request is a record of PrivacyRTBFRequest, made and watched like any other: its Status goes from Pending to Complete
or Error. How an error is told beyond that is not verified.
"""

import json

from starlette.responses import Response

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.deleting import delete
from tests.vendors.salesforce.errors import Fault, not_found, refusal
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.org import Org, body
from tests.vendors.salesforce.policies import Export, Policy
from tests.vendors.salesforce.store import Row
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
_EXECUTE = "/services/data/{version}/consent/dsr/rtp/execute"


def run_queue(org: Org) -> None:
    """Carry out every request that is pending (the button "Run Now", or the time of day)."""
    for request in org.store.all("PrivacyRTBFRequest"):
        if request.values["Status"] in (None, "Pending", "Scheduled"):
            policy = org.privacy.policies.get(str(request.values["PolicyNameId"]))
            row = org.store.find(str(request.values["JobRecord"]))
            try:
                if policy is None or not policy.active or row is None or row.object.name != policy.object:
                    raise Fault("INVALID_INPUT", "The policy does not fit the record")
                _carry_out(org, policy, row)
                status = "Complete"
            except Fault:
                status = "Error"
            org.store.update(request, {"Status": status}, org.user_id)


def _carry_out(org: Org, policy: Policy, row: Row) -> None:
    children = [
        child
        for kind in OBJECTS.values()
        for each in kind.fields
        if policy.object in each.reference_to and kind.name in {*policy.mask, *policy.delete}
        for child in org.store.pointing_at(row.id, kind.name, each.name)
    ]
    # "children before parents"
    for one in [*children, row]:
        if one.object.name in policy.mask:
            org.store.update(one, policy.mask[one.object.name], org.user_id)
            for old in org.store.history(one):
                org.store.remove(old)
        if one.object.name in policy.delete and one.deleted_at is None:
            for gone in delete(org, one):
                org.store.remove(gone)


def _need_access(org: Org) -> None:
    if not org.rights.permissions.intersection({"PrivacyDataAccess", "ModifyAllData"}):
        raise refusal(403, "INSUFFICIENT_ACCESS", "You don't have permission to use the Portability resource")


def _status(org: Org, export: Export) -> Json:
    done = export.asked_at + org.privacy.export_takes <= org.clock.now()
    result = {
        "policyFileStatus": "Complete" if done else "In Progress",
        "policyFileUrl": f"{org.base_url}/servlet/policyFileDownload?file={export.id}",
        "policyFileId": export.id,
    }
    return {"status": "SUCCESS", "warnings": [], "result": result}


def _export(org: Org, file_id: str) -> Export:
    export = org.privacy.exports.get(file_id)
    if export is None or export.asked_at + org.privacy.export_lives <= org.clock.now():
        raise not_found()
    return export


@routes.on("POST", _EXECUTE, needs=("api",))
def start_export(org: Org, call: Call) -> Response:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_portability_post.htm.

    Any policy's name is taken here; an unknown one is a 400 (its code is not verified).
    """
    _need_access(org)
    given = body(call)
    if given.get("policyName") not in {policy.name for policy in org.privacy.policies.values()}:
        raise refusal(400, "INVALID_INPUT", "policyName is not the name of an active policy")
    row = org.store.find(str(given.get("dataSubjectId")))
    if row is None or row.object.name not in ("Account", "Contact", "Individual", "Lead", "User"):
        raise refusal(400, "MALFORMED_ID", "dataSubjectId is not the id of a data subject")
    export = Export(ids.make("0je", len(org.privacy.exports) + 1)[:15], row.id, org.clock.now())
    org.privacy.exports[export.id] = export
    return json_answer(_status(org, export))


@routes.on("GET", _EXECUTE, needs=("api",))
def show_export(org: Org, call: Call) -> Response:
    """In Progress, Complete or Failed.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_portability_get.htm.
    """
    _need_access(org)
    return json_answer(_status(org, _export(org, call.query.get("policyFileId", ""))))


@routes.on("GET", "/servlet/policyFileDownload", needs=("api",))
def download(org: Org, call: Call) -> Response:
    """The file, once it is complete; its form is not verified: JSON here."""
    export = _export(org, call.query.get("file", ""))
    row = org.store.find(export.subject_id)
    if row is None or export.asked_at + org.privacy.export_takes > org.clock.now():
        raise not_found()
    return Response(json.dumps(row.values), media_type="application/json")
