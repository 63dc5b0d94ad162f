"""HubSpot's error envelope.

``Error`` and ``ErrorDetail`` of its OpenAPI files (category, correlationId and message are required), and
https://developers.hubspot.com/docs/api-reference/error-handling
"""

from uuid import uuid4

from tests.vendors.shared.calls import Json, Refusal, json_answer

Context = dict[str, list[str]]


def detail(message: str, code: str | None = None, place: str | None = None, context: Context | None = None) -> Json:
    """An ``ErrorDetail``."""
    made: Json = {"message": message}
    if code:
        made["code"] = code
    if place:
        made["in"] = place
    if context:
        made["context"] = context
    return made


def refusal(
    status: int,
    category: str,
    message: str,
    *,
    errors: list[Json] | None = None,
    context: Context | None = None,
    extra: Json | None = None,
    headers: dict[str, str] | None = None,
) -> Refusal:
    """An ``Error``, as an exception to raise."""
    body: Json = {"status": "error", "message": message, "correlationId": str(uuid4())}
    if errors:
        body["errors"] = errors
    if context:
        body["context"] = context
    return Refusal(json_answer({**body, "category": category, **(extra or {})}, status, headers))


def invalid(message: str, errors: list[Json] | None = None) -> Refusal:
    """400 ``VALIDATION_ERROR``."""
    return refusal(400, "VALIDATION_ERROR", message, errors=errors)


def not_found(name: str, *ids: str) -> Refusal:
    """404 ``OBJECT_NOT_FOUND``. The category is documented, the sentence is as users report it."""
    return refusal(404, "OBJECT_NOT_FOUND", "resource not found", context={name: list(ids)})


def missing_scopes(any_of: tuple[str, ...]) -> Refusal:
    """403 ``MISSING_SCOPES``; the envelope as in HubSpot/hubspot-api-nodejs issue 268.

    Which of ``requiredScopes`` and ``requiredGranularScopes`` comes with which scope is not verified.
    """
    name = "requiredGranularScopes" if any_of[0].startswith("crm.") else "requiredScopes"
    return refusal(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. "
        "Read more about required scopes here: https://developers.hubspot.com/scopes.",
        errors=[detail("One or more of the following scopes are required.", context={name: list(any_of)})],
        extra={"links": {"scopes": "https://developers.hubspot.com/scopes"}},
    )


def unauthorized() -> Refusal:
    """401 ``INVALID_AUTHENTICATION``."""
    return refusal(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    )


def expired(minutes: int) -> Refusal:
    """401 ``EXPIRED_AUTHENTICATION``, for OAuth tokens."""
    return refusal(
        401, "EXPIRED_AUTHENTICATION", f"The OAuth token used to make this call expired {minutes} minute(s) ago."
    )


def too_many(policy: str, message: str, headers: dict[str, str] | None = None) -> Refusal:
    """429; https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines gives the body.

    That a category comes with it follows from the OpenAPI files, where it is required. No Retry-After is documented.
    """
    extra = {"errorType": "RATE_LIMIT", "policyName": policy}
    return refusal(429, "RATE_LIMITS", message, extra=extra, headers=headers)
