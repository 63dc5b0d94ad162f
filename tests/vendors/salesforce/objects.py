"""All objects of the org: people, what they leave behind, field histories, and Privacy Center's."""

from tests.vendors.salesforce.definitions import OWNER, SYSTEM, Field, Object, email, lookup, picked, text
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
# What administrators of this org have made: a master-detail, and a lookup to two people.
_CUSTOM: tuple[Object, ...] = (
    Object(
        "Loyalty_Card__c",
        "a01",
        (*SYSTEM, text("Name", 80), lookup("Holder__c", "Contact", relationship="Holder__r"), text("Motto__c")),
    ),
    Object(
        "Referral__c",
        "a02",
        (
            *SYSTEM,
            text("Name", 80),
            lookup("Referrer__c", "Contact", relationship="Referrer__r"),
            lookup("Referred__c", "Contact", relationship="Referred__r"),
            text("Remark__c"),
        ),
    ),
)
# https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-userpermissionaccess.html
_PERMISSIONS = Object(
    "UserPermissionAccess",
    "0Uu",
    (
        SYSTEM[0],
        *(
            Field(f"Permissions{name}", "boolean", required=True).read_only()
            for name in (
                *("ApiEnabled", "BulkApiHardDelete", "ModifyAllData", "QueryAllFiles", "ViewAllData", "ViewSetup"),
            )
        ),
    ),
    createable=False,
    updateable=False,
    deletable=False,
)
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm
_FIELDS = Object(
    "FieldPermissions",
    "01k",
    (
        SYSTEM[0],
        text("SobjectType", 80),
        text("Field", 160),
        Field("PermissionsRead", "boolean", required=True).read_only(),
    ),
    createable=False,
    updateable=False,
    deletable=False,
    needs="ViewSetup",
)
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_orgwideemailaddress.htm
_MAILBOXES = Object(
    "OrgWideEmailAddress", "0D2", (*SYSTEM, email("Address"), text("DisplayName", 100)), needs="ViewSetup"
)
_HISTORIES = tuple(_history(parent) for parent in ("Account", "Contact", "Lead", "Case"))
OBJECTS: dict[str, Object] = {
    each.name: each for each in (*PEOPLE, *WORK, *_CUSTOM, *_PRIVACY, *_HISTORIES, _PERMISSIONS, _FIELDS, _MAILBOXES)
}
