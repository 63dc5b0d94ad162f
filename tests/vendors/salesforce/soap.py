"""Emptying the recycle bin, which only the SOAP API can.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm
"""

import re
from xml.sax.saxutils import escape

from starlette.responses import Response

from tests.vendors.salesforce.org import Org
from tests.vendors.shared.calls import Call, Refusal
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
MOST = 200
_SESSION = re.compile(r"<(?:\w+:)?sessionId>([^<]*)</")
_ID = re.compile(r"<(?:\w+:)?ids>([^<]*)</")


@routes.on("POST", "/services/Soap/u/{version}", public=True)
def empty_recycle_bin(org: Org, call: Call) -> Response:
    """``emptyRecycleBin``: at most 200 ids; the session is in the envelope. Faults come with status 500."""
    text = call.body.decode()
    session, record_ids = _SESSION.search(text), _ID.findall(text)
    try:
        org.enter(session[1] if session else None)
    except Refusal as refused:
        if refused.response.status_code == 401:
            return _fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
        raise
    if ":emptyRecycleBin" not in text and "<emptyRecycleBin" not in text:
        return _fault("UNKNOWN_EXCEPTION", "This server knows no call but emptyRecycleBin")
    if not 1 <= len(record_ids) <= MOST:
        return _fault("EXCEEDED_ID_LIMIT", f"the number of ids must be from 1 to {MOST}")
    return _envelope(
        f"<emptyRecycleBinResponse>{''.join(_empty(org, one) for one in record_ids)}</emptyRecycleBinResponse>"
    )


def _empty(org: Org, record_id: str) -> str:
    row = org.store.find(record_id)
    if row is None or row.deleted_at is None:
        error = "<message>invalid id, or not in the recycle bin</message><statusCode>INVALID_ID_FIELD</statusCode>"
        return f"<result><errors>{error}</errors><id>{escape(record_id)}</id><success>false</success></result>"
    org.store.remove(row)
    return f"<result><id>{row.id}</id><success>true</success></result>"


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
