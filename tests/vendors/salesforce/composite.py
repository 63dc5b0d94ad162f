"""Several calls in one.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm: at most
25, of which 5 may be queries or collections; the whole "counts as a single call toward your API limits". References
from one to another (``@{name.id}``) are not served here. The codes for too many and for wrong ones are not verified.
"""

import copy
import json
import re
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from tests.vendors.salesforce.errors import refusal, unparsable
from tests.vendors.salesforce.org import Org, body, version_path
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
MOST, MOST_QUERIES = 25, 5
_NAME = re.compile(r"[A-Za-z]\w*")
_KNOWN = frozenset({"method", "url", "referenceId", "body", "httpHeaders"})


@routes.on("POST", "/services/data/{version}/composite", needs=("api",))
def composite(org: Org, call: Call) -> Response:
    """200, whatever its parts answered; each with its status, in order."""
    given = body(call)
    parts = given.get("compositeRequest")
    if not isinstance(parts, list) or given.keys() - {"compositeRequest", "allOrNone", "collateSubrequests"}:
        raise unparsable("compositeRequest is required, and a list")
    calls = [_part(call, one) for one in parts]
    queries = [one for one in calls if re.match(r"/(query|queryAll|composite/sobjects)\b", _below(call, one))]
    if not 1 <= len(calls) <= MOST or len(queries) > MOST_QUERIES:
        message = f"a composite call has at most {MOST} parts, and {MOST_QUERIES} queries or collections of them"
        raise refusal(400, "LIMIT_EXCEEDED", message)
    names = [one.get("referenceId") for one in parts]
    if len(set(names)) < len(names) or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise refusal(400, "INVALID_INPUT", "each part has a referenceId of its own")
    together = given.get("allOrNone") is True
    before = copy.deepcopy(org.store.rows) if together else {}
    answers = [org.respond(one) for one in calls]
    if together and any(one.status_code >= 400 for one in answers):
        org.store.rows = before
        answers = [one if one.status_code >= 400 else _halted() for one in answers]
    results = [_result(str(name), one) for name, one in zip(names, answers, strict=True)]
    return json_answer({"compositeResponse": results})


def _part(call: Call, one: Any) -> Call:
    if not isinstance(one, dict) or one.keys() - _KNOWN or one.get("method") not in ("GET", "POST", "PATCH", "DELETE"):
        raise unparsable("a part has a method, a url and a referenceId")
    url = urlsplit(str(one.get("url")))
    if url.scheme or not url.path.startswith(f"{version_path(call)}/") or url.path == call.path:
        raise refusal(400, "INVALID_INPUT", "a part's url is a resource of the same version")
    headers = Headers({"content-type": "application/json", **one.get("httpHeaders", {})})
    written = json.dumps(one["body"]).encode() if "body" in one else b""
    return Call(one["method"], url.path.rstrip("/"), {}, QueryParams(url.query), headers, written)


def _below(call: Call, one: Call) -> str:
    return one.path.removeprefix(version_path(call))


def _halted() -> Response:
    message = "The transaction was rolled back since another operation in the same transaction failed."
    return refusal(400, "PROCESSING_HALTED", message).response


def _result(name: str, answer: Response) -> Json:
    content = json.loads(bytes(answer.body)) if answer.body else None
    return {"body": content, "httpHeaders": {}, "httpStatusCode": answer.status_code, "referenceId": name}
