"""Stripe's errors (https://docs.stripe.com/api/errors, https://docs.stripe.com/error-handling)."""

from tests.vendors.shared.calls import Refusal, json_answer


def refused(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> Refusal:
    """An ``invalid_request_error``."""
    error = {"type": "invalid_request_error", "message": message}
    error |= {name: value for name, value in (("code", code), ("param", param)) if value}
    return Refusal(json_answer({"error": error}, status))


def missing(kind: str, key: str) -> Refusal:
    """404 for an object."""
    return refused(f"No such {kind}: '{key}'", code="resource_missing", param="id", status=404)


def unrecognised(method: str, path: str) -> Refusal:
    """404 for a path; so it is for what an account has no access to."""
    return refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def unauthenticated() -> Refusal:
    """401."""
    return refused("Invalid API Key provided", status=401)


def forbidden(permission: str) -> Refusal:
    """403 for a restricted key, as fivetran.com/docs/applications/stripe/faq/rak_event_read_permission shows it."""
    message = (
        "The provided key 'rk_test_***' does not have the required permissions for this endpoint. "
        f"Having the '{permission}' permission would allow this request to continue."
    )
    return refused(message, status=403)
