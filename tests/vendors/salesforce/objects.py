"""All objects of the org: people, what they leave behind, field histories, and Privacy Center's."""

from tests.vendors.salesforce.definitions import OWNER, SYSTEM, Field, Object, lookup, picked, text
from tests.vendors.salesforce.people import PEOPLE
from tests.vendors.salesforce.work import WORK


def _history(parent: str) -> Object:
    key = "ContactId" if parent == "Contact" else f"{parent}Id"
    fields = (
        *SYSTEM[:4],
        lookup(key, parent).read_only(),
        Field("Field", "picklist", 255, required=True).read_only(),
        Field("DataType", "picklist", 40).read_only(),
        Field("OldValue", "anyType", filterable=False).read_only(),
        Field("NewValue", "anyType", filterable=False).read_only(),
    )
    return Object(f"{parent}History", "017", fields, createable=False, updateable=False, deletable=False)


_PRIVACY: tuple[Object, ...] = (
    Object(
        "PrivacyPolicyDefinition",
        "0j7",
        (*SYSTEM, text("DeveloperName", 80), text("MasterLabel", 80)),
        createable=False,
        needs="ManagePrivacyCenterPolicies",
    ),
    # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_privacyrtbfrequest.htm
    Object(
        "PrivacyRTBFRequest",
        "0jy",
        (
            *SYSTEM,
            Field("Name", "string", 255, required=True).read_only(),
            text("Description"),
            text("JobRecord", required=True),
            lookup("PolicyNameId", "PrivacyPolicyDefinition"),
            picked("Status", "Cancelled", "Complete", "Error", "Pending", "Scheduled"),
            OWNER,
        ),
        needs="ManagePrivacyCenterPolicies",
    ),
)
_HISTORIES = tuple(_history(parent) for parent in ("Account", "Contact", "Lead", "Case"))
OBJECTS: dict[str, Object] = {each.name: each for each in (*PEOPLE, *WORK, *_PRIVACY, *_HISTORIES)}
