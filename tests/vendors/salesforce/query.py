"""Queries, and their further pages.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm and resources_queryall.htm
"""

import re
from datetime import timedelta

from starlette.responses import Response

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.errors import refusal
from tests.vendors.salesforce.org import Cursor, Org, version_path
from tests.vendors.salesforce.running import run
from tests.vendors.salesforce.soql import malformed, parse
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
# https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm
LEAST, MOST = 200, 2000
LONGEST_URI = 16_384
LIVES = timedelta(days=2)
_BATCH = re.compile(r"\s*batchSize\s*=\s*(\d+)\s*", re.IGNORECASE)


@routes.on("GET", "/services/data/{version}/query", needs=("api",))
def query(org: Org, call: Call) -> Response:
    """Live records. A URI of more than 16,384 characters is a 414 (that its code is URI_TOO_LONG is not verified)."""
    return _start(org, call, everything=False)


@routes.on("GET", "/services/data/{version}/queryAll", needs=("api",))
def query_all(org: Org, call: Call) -> Response:
    """Records "that have been deleted because of a merge or delete" too, told by IsDeleted."""
    return _start(org, call, everything=True)


@routes.on("GET", "/services/data/{version}/query/{locator}", needs=("api",))
def query_more(org: Org, call: Call) -> Response:
    """The next batch: ``nextRecordsUrl``.

    A cursor that is unknown or older than two days is a 400 INVALID_QUERY_LOCATOR (the days are not verified).
    """
    name, _, start = call.params["locator"].rpartition("-")
    cursor = org.cursors.get(name)
    if cursor is None or not start.isdecimal() or cursor.made_at + LIVES <= org.clock.now():
        raise refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return json_answer(_batch(call, name, cursor, int(start)))


def _start(org: Org, call: Call, *, everything: bool) -> Response:
    text = call.query.get("q", "")
    if len(call.path) + len(str(call.query)) > LONGEST_URI:
        raise refusal(414, "URI_TOO_LONG", "The request URI is longer than 16384 characters")
    if not text.strip():
        raise malformed(text, 0, "A query string has to be specified")
    size = _batch_size(call, org.smallest_batch)
    parsed = parse(text)
    records = run(org, parsed, everything=everything, path=version_path(call))
    if parsed.count:
        return json_answer({"totalSize": len(records), "done": True, "records": []})
    name = ids.make("01g", len(org.cursors) + 1)
    org.cursors[name] = Cursor(records, size, org.clock.now())
    return json_answer(_batch(call, name, org.cursors[name], 0))


def _batch_size(call: Call, smallest: int | None) -> int:
    """``Sforce-Query-Options: batchSize=200`` to 2,000; that another number is refused is not verified."""
    header = call.headers.get("sforce-query-options")
    if header is None:
        return smallest or MOST
    found = _BATCH.fullmatch(header)
    if found is None or not LEAST <= int(found[1]) <= MOST:
        raise refusal(400, "INVALID_BATCH_SIZE", f"batchSize must be from {LEAST} to {MOST}")
    return min(int(found[1]), smallest or MOST)


def _batch(call: Call, name: str, cursor: Cursor, start: int) -> Json:
    end = start + cursor.size
    made: Json = {"totalSize": len(cursor.records), "done": end >= len(cursor.records)}
    if end < len(cursor.records):
        made["nextRecordsUrl"] = f"{version_path(call)}/query/{name}-{end}"
    return {**made, "records": cursor.records[start:end]}
