"""Salesforce's errors: a list, even of one.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

from tests.vendors.shared.calls import Json, Refusal, json_answer


class Fault(Exception):
    """One error of one record: a code, a sentence and the fields it is about."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = (), status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status

    def refusal(self) -> Refusal:
        """As the answer to a call for one record."""
        return refusal(self.status, self.code, self.message, self.fields)

    def result(self) -> Json:
        """As one result of a call for many records."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


def refusal(status: int, code: str, message: str, fields: tuple[str, ...] | None = None) -> Refusal:
    """The answer with one error; ``fields`` only where a record is at fault."""
    one: Json = {"message": message, "errorCode": code}
    if fields is not None:
        one["fields"] = list(fields)
    return Refusal(json_answer([one], status))


def invalid_session(message: str = "Session expired or invalid") -> Refusal:
    """401."""
    return refusal(401, "INVALID_SESSION_ID", message)


def limit_exceeded() -> Refusal:
    """403: "you've exceeded API request limits in your org"."""
    return refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def not_found() -> Refusal:
    """404."""
    return refusal(404, "NOT_FOUND", "The requested resource does not exist")


def deleted() -> Fault:
    """A record in the recycle bin."""
    return Fault("ENTITY_IS_DELETED", "entity is deleted", status=404)


def insufficient_access() -> Fault:
    """A record that the user may not change."""
    return Fault("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)


def unparsable(message: str) -> Refusal:
    """400 for a body that is no JSON, or of another type than the field."""
    return refusal(400, "JSON_PARSER_ERROR", message)


def invalid_type(name: str) -> Refusal:
    """400 for an object that is not there, or that the user may not see."""
    return refusal(
        400,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
    )


def oauth(error: str, description: str) -> Refusal:
    """400 of the token endpoint; https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm."""
    return Refusal(json_answer({"error": error, "error_description": description}, 400))
