"""Zendesk's errors.

https://developer.zendesk.com/api-reference/introduction/requests/ (response format) and the pages of the endpoints.
"""

from datetime import timedelta
from math import ceil

from starlette.responses import Response

from tests.vendors.shared.calls import Json, Refusal, json_answer


def unauthenticated() -> Refusal:
    """401."""
    return Refusal(json_answer({"error": "Couldn't authenticate you"}, 401))


def forbidden() -> Refusal:
    """403 for a role that may not; the sentence is not verified."""
    return Refusal(
        json_answer(
            {
                "error": "Forbidden",
                "description": "You do not have access to this page. "
                "Please contact the account owner of this help desk for further help.",
            },
            403,
        )
    )


def missing_scopes(scopes: list[str]) -> Refusal:
    """403 for an OAuth token without the scope; the sentence is not verified."""
    description = f"You are missing the following required scopes: {', '.join(scopes)}"
    return Refusal(json_answer({"error": "Forbidden", "description": description}, 403))


def not_found() -> Refusal:
    """404 for a record (given on the page of the compliance deletion statuses)."""
    return Refusal(json_answer({"error": "RecordNotFound", "description": "Not found"}, 404))


def invalid_endpoint() -> Refusal:
    """404 for a path; not verified."""
    return Refusal(json_answer({"error": "InvalidEndpoint", "description": "Not found"}, 404))


def bad_attribute(name: str, message: str) -> Refusal:
    """400 for a parameter, as support.zendesk.com/hc/en-us/community/posts/4467682277402 shows it."""
    whole = f"You passed an invalid value for the {name} attribute. {message}"
    return Refusal(json_answer({"error": {"title": "Invalid attribute", "message": whole}}, 400))


def record_invalid(name: str, description: str, code: str | None = None) -> Refusal:
    """422 with the field that is wrong (facetoe/zenpy issue 287 shows the envelope)."""
    fault: Json = {"description": description}
    if code:
        fault["error"] = code
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": {name: [fault]}}
    return Refusal(json_answer(body, 422))


def unparsable() -> Refusal:
    """422 for a body that is no JSON; not verified."""
    return Refusal(json_answer({"error": "Unprocessable Entity", "message": "Server could not parse JSON"}, 422))


def too_many(wait: timedelta) -> Refusal:
    """429: plain text, not JSON, with the seconds to wait.

    https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/best-practices-for-avoiding-rate-limiting/
    """
    headers = {"Retry-After": str(max(1, ceil(wait.total_seconds())))}
    return Refusal(Response("Number of allowed API requests per minute exceeded", 429, headers, "text/html"))


def too_many_jobs() -> Refusal:
    """429; https://developer.zendesk.com/api-reference/introduction/rate-limits/#job-limit.

    The sentence is not verified.
    """
    description = "The maximum number of jobs currently queued or running is 30. Try again later."
    return Refusal(json_answer({"error": "TooManyJobs", "description": description}, 429, {"Retry-After": "60"}))
