"""Versions, and what objects and fields there are.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_versions.htm,
resources_describeGlobal.htm and resources_sobject_describe.htm
"""

from starlette.responses import Response

from tests.vendors.salesforce.definitions import Field, Object
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.org import Org, version_path
from tests.vendors.salesforce.relations import CASCADE, RESTRICT
from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
# https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/reference.htm lists Summer '26 as 67.0
VERSIONS = {f"{number}.0": label for number, label in ((65, "Winter '26"), (66, "Spring '26"), (67, "Summer '26"))}


@routes.on("GET", "/services/data", public=True)
@routes.on("GET", "/services/data/", public=True)
def versions(org: Org, call: Call) -> Response:
    """Needs no session."""
    listed = [
        {"label": label, "url": f"/services/data/v{number}", "version": number} for number, label in VERSIONS.items()
    ]
    return json_answer(listed)


@routes.on("GET", "/services/data/{version}", needs=("api",))
def resources(org: Org, call: Call) -> Response:
    """Where the resources of a version are."""
    path = version_path(call)
    names = ("sobjects", "query", "queryAll", "composite", "limits", "jobs", "consent")
    return json_answer({name: f"{path}/{name}" for name in names})


@routes.on("GET", "/services/data/{version}/sobjects", needs=("api",))
def describe_global(org: Org, call: Call) -> Response:
    """The objects that the user sees."""
    path = version_path(call)
    listed = [_head(org, kind, path) for kind in OBJECTS.values() if org.rights.sees(kind)]
    return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


@routes.on("GET", "/services/data/{version}/sobjects/{sobject}/describe", needs=("api",))
def describe(org: Org, call: Call) -> Response:
    """One object: its fields, and the references of others to it."""
    kind, path = org.kind(call), version_path(call)
    fields = [_field(org, kind, each) for each in org.rights.fields(kind)]
    return json_answer({**_head(org, kind, path), "fields": fields, "childRelationships": _children(org, kind)})


def _head(org: Org, kind: Object, path: str) -> Json:
    place = f"{path}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.name,
        "labelPlural": f"{kind.name}s",
        "keyPrefix": kind.prefix,
        "custom": kind.name.endswith("__c"),
        "createable": kind.createable,
        "updateable": kind.updateable and kind.name not in org.rights.no_edit,
        "deletable": _is_deletable(org, kind),
        "undeletable": kind.deletable,
        "queryable": True,
        "retrieveable": True,
        "searchable": kind.createable,
        "mergeable": kind.name in ("Account", "Contact", "Lead", "Case", "Individual"),
        "replicateable": True,
        "layoutable": True,
        "triggerable": True,
        "deprecatedAndHidden": False,
        "urls": {"sobject": place, "describe": f"{place}/describe", "rowTemplate": f"{place}/{{ID}}"},
    }


def _is_deletable(org: Org, kind: Object) -> bool:
    """That a history says so where deleting it is enabled is not verified.

    "You can also enable delete()": https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm
    """
    if kind.name.endswith("History"):
        return "DeleteFromFieldHistory" in org.rights.permissions
    return kind.deletable and kind.name not in org.rights.no_delete


def _field(org: Org, kind: Object, each: Field) -> Json:
    locked = (kind.name, each.name) in org.rights.read_only_fields
    return {
        "name": each.name,
        "label": each.name,
        "type": each.type,
        "length": each.length,
        "byteLength": each.length * 3,
        "precision": 0,
        "scale": 0,
        "digits": 0,
        "createable": each.createable and not locked,
        "updateable": each.updateable and not locked,
        "nillable": not each.required,
        "defaultedOnCreate": each.type == "boolean" or each.name == "OwnerId",
        "filterable": each.filterable,
        "sortable": each.filterable,
        "groupable": each.filterable,
        "calculated": False,
        "custom": each.name.endswith("__c"),
        "unique": False,
        "externalId": False,
        "idLookup": each.type in ("id", "email"),
        "nameField": each.name in ("Name", "CaseNumber"),
        "autoNumber": each.name == "CaseNumber",
        "caseSensitive": False,
        "deprecatedAndHidden": False,
        "polymorphicForeignKey": len(each.reference_to) > 1,
        "referenceTo": list(each.reference_to),
        "relationshipName": each.relationship,
        "restrictedPicklist": bool(each.values),
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
            for value in each.values
        ],
    }


def _children(org: Org, kind: Object) -> list[Json]:
    cascade, restrict = set(CASCADE), set(RESTRICT)
    return [
        {
            "childSObject": child.name,
            "field": each.name,
            "relationshipName": f"{child.name}s",
            "cascadeDelete": (kind.name, child.name, each.name) in cascade,
            "restrictedDelete": (kind.name, child.name, each.name) in restrict,
            "deprecatedAndHidden": False,
        }
        for child in OBJECTS.values()
        if org.rights.sees(child)
        for each in org.rights.fields(child)
        if kind.name in each.reference_to
    ]
