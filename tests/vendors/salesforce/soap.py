"""What only the SOAP API can: emptying the recycle bin, and deleting field history.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm and
https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_delete.htm: the session is in the
envelope, at most 200 ids, faults come with status 500. Whose recycle bin a record lies in is not minded here.
"""

import re
from collections.abc import Callable
from xml.sax.saxutils import escape

from starlette.responses import Response

from tests.vendors.salesforce.deleting import delete
from tests.vendors.salesforce.errors import Fault
from tests.vendors.salesforce.org import Org
from tests.vendors.shared.calls import Call, Refusal
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
MOST = 200
_SESSION = re.compile(r"<(?:\w+:)?sessionId>([^<]*)</")
_ID = re.compile(r"<(?:\w+:)?ids>([^<]*)</", re.IGNORECASE)
_CALL = re.compile(r"<(?:\w+:)?(emptyRecycleBin|delete)>")


@routes.on("POST", "/services/Soap/u/{version}", public=True)
def soap(org: Org, call: Call) -> Response:
    """``emptyRecycleBin`` and ``delete``."""
    text = call.body.decode()
    session, record_ids, asked = _SESSION.search(text), _ID.findall(text), _CALL.search(text)
    try:
        org.enter(session[1] if session else None)
    except Refusal as refused:
        if refused.response.status_code == 401:
            return _fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
        raise
    if asked is None:
        return _fault("UNKNOWN_EXCEPTION", "This server knows no call but emptyRecycleBin and delete")
    if not 1 <= len(record_ids) <= MOST:
        return _fault("EXCEEDED_ID_LIMIT", f"the number of ids must be from 1 to {MOST}")
    work = _empty if asked[1] == "emptyRecycleBin" else _delete
    results = "".join(_result(org, one, work) for one in record_ids)
    return _envelope(f"<{asked[1]}Response>{results}</{asked[1]}Response>")


def _empty(org: Org, record_id: str) -> str:
    row = org.store.find(record_id)
    if row is None or row.deleted_at is None or row.deleted_with or row.emptied_at:
        raise Fault("INVALID_ID_FIELD", "invalid id, or not in the recycle bin")
    org.store.empty(row)
    return row.id


def _delete(org: Org, record_id: str) -> str:
    """Field history too, for good, where "Delete From Field History" is granted.

    https://developer.salesforce.com/docs/atlas.en-us.field_history_retention.meta/field_history_retention/field_history_delete.htm
    """
    row = org.store.find(record_id)
    if row is None:
        raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if not row.object.name.endswith("History"):
        delete(org, row)
    elif "DeleteFromFieldHistory" in org.rights.permissions:
        org.store.remove(row)
    else:
        raise Fault("INSUFFICIENT_ACCESS_OR_READONLY", f"entity type {row.object.name} does not support delete")
    return row.id


def _result(org: Org, record_id: str, work: Callable[[Org, str], str]) -> str:
    try:
        return f"<result><id>{work(org, record_id)}</id><success>true</success></result>"
    except Fault as fault:
        error = f"<message>{escape(fault.message)}</message><statusCode>{fault.code}</statusCode>"
        return f"<result><errors>{error}</errors><id>{escape(record_id)}</id><success>false</success></result>"


def _fault(code: str, message: str) -> Response:
    inner = f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(message)}</faultstring>"
    return _envelope(f"<soapenv:Fault>{inner}</soapenv:Fault>", 500)


def _envelope(inner: str, status: int = 200) -> Response:
    space = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
    head = f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope {space}>'
    return Response(
        f"{head}<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>",
        status,
        media_type="text/xml;charset=UTF-8",
    )
