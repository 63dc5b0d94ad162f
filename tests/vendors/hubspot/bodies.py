"""The bodies that HubSpot reads, field by field as its OpenAPI files declare them.

Types are taken at their word: where the files say string, a number is refused. That a field they do not declare is
refused too is the stricter reading, not verified.
"""

import json
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.vendors.hubspot.errors import detail, invalid, refusal
from tests.vendors.shared.calls import Call

Operator = Literal[
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
]
Channel = Literal["EMAIL"]
LegalBasis = Literal[
    "LEGITIMATE_INTEREST_PQL",
    "LEGITIMATE_INTEREST_CLIENT",
    "PERFORMANCE_OF_CONTRACT",
    "CONSENT_WITH_NOTICE",
    "NON_GDPR",
    "PROCESS_AND_STORE",
    "LEGITIMATE_INTEREST_OTHER",
]


class Body(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Filter(Body):
    """``Filter``."""

    propertyName: str  # noqa: N815  the vendor's name
    operator: Operator
    value: str | None = None
    values: list[str] | None = None
    highValue: str | None = None  # noqa: N815  as above


class FilterGroup(Body):
    """``FilterGroup``."""

    filters: list[Filter]


class Sort(Body):
    """One sort rule, as the guide writes it; the OpenAPI file has a bare string instead."""

    propertyName: str  # noqa: N815  the vendor's name
    direction: Literal["ASCENDING", "DESCENDING"] = "ASCENDING"


class SearchRequest(Body):
    """``PublicObjectSearchRequest``."""

    query: str | None = None
    limit: int = 10
    after: str | None = None
    sorts: list[str | Sort] = []
    properties: list[str] = []
    filterGroups: list[FilterGroup] = []  # noqa: N815  the vendor's name


class ObjectId(Body):
    """``SimplePublicObjectId``."""

    id: str


class BatchRead(Body):
    """``BatchReadInputSimplePublicObjectId``; all but idProperty are required."""

    inputs: list[ObjectId]
    properties: list[str]
    propertiesWithHistory: list[str]  # noqa: N815  the vendor's name
    idProperty: str | None = None  # noqa: N815  as above


class BatchArchive(Body):
    """``BatchInputSimplePublicObjectId``."""

    inputs: list[ObjectId]


class Update(Body):
    """``SimplePublicObjectInput``; values are strings, ``""`` clears one."""

    properties: dict[str, str]


class GdprDelete(Body):
    """``PublicGdprDeleteInput``."""

    objectId: str  # noqa: N815  the vendor's name
    idProperty: str | None = None  # noqa: N815  as above


class Merge(Body):
    """``PublicMergeInput``."""

    primaryObjectId: str  # noqa: N815  the vendor's name
    objectIdToMerge: str  # noqa: N815  as above


class FetchAssociations(Body):
    """``PublicFetchAssociationsBatchRequest``."""

    id: str
    after: str | None = None


class BatchAssociations(Body):
    """``BatchInputPublicFetchAssociationsBatchRequest``."""

    inputs: list[FetchAssociations]


class UpdateSubscription(Body):
    """``PublicUpdateSubscriptionStatusRequest``."""

    emailAddress: str  # noqa: N815  the vendor's name
    subscriptionId: str  # noqa: N815  as above
    legalBasis: LegalBasis | None = None  # noqa: N815  as above
    legalBasisExplanation: str | None = None  # noqa: N815  as above


class StatusRequest(Body):
    """``PartialPublicStatusRequest``."""

    channel: Channel
    statusState: Literal["NOT_SPECIFIED", "SUBSCRIBED", "UNSUBSCRIBED"]  # noqa: N815  the vendor's name
    subscriptionId: int  # noqa: N815  as above
    legalBasis: LegalBasis | None = None  # noqa: N815  as above
    legalBasisExplanation: str | None = None  # noqa: N815  as above


class PublicStatusRequest(StatusRequest):
    """``PublicStatusRequest``."""

    subscriberIdString: str = Field(min_length=1)  # noqa: N815  the vendor's name


class BatchStatuses(Body):
    """``BatchInputPublicStatusRequest``."""

    inputs: list[PublicStatusRequest]


class BatchAddresses(Body):
    """``BatchInputString``."""

    inputs: list[str]


class TokenKey(Body):
    """The body of the private app's token lookup."""

    tokenKey: str = Field(min_length=1)  # noqa: N815  the vendor's name


B = TypeVar("B", bound=Body)


def read(call: Call, model: type[B]) -> B:
    """The call's body; a refusal for another media type (415), broken JSON or a field that does not fit (400)."""
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise refusal(415, "UNSUPPORTED_MEDIA_TYPE", "HTTP 415 Unsupported Media Type")
    try:
        content = json.loads(call.body)
    except ValueError as broken:
        raise invalid("Invalid input JSON on line 1, column 1: the body is not JSON") from broken
    try:
        return model.model_validate(content)
    except ValidationError as wrong:
        errors = [
            detail(f"{'.'.join(map(str, one['loc']))}: {one['msg']}", one["type"], ".".join(map(str, one["loc"])))
            for one in wrong.errors()
        ]
        raise invalid(f"Invalid input JSON on line 1, column 1: {errors[0]['message']}", errors) from wrong
