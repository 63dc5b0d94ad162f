"""The OpenAPI files, made from the code: of the API, and of the protocol for own services.

``python docs/openapi.py`` writes them anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from habeas import wire
from habeas.connector import Health, Located, Manifest, Match, Page, Record
from habeas.outcomes import Awaiting, Done, Drifted, ObjectOutcome, Pending
from habeas.wire.messages import PREFIX
from habeas.wire.said import must_say
from workers.api import create_api
from workers.office import Office

_HERE = Path(__file__).parent
Outcomes = Done[tuple[ObjectOutcome, ...]]
_ERASED = (Outcomes, Pending, Awaiting, Drifted)
_LOOKED = (Outcomes, Pending, Awaiting)
_CALLS: dict[str, tuple[str, type[BaseModel], tuple[type[BaseModel], ...]]] = {
    "manifest": ("What the system holds, needs and can do", wire.ManifestCall, (Manifest,)),
    "ping": ("Whether the system is well", wire.PingCall, (Health,)),
    "locate": ("Every record that bears one of the identifiers, exactly", wire.LocateCall, (Located,)),
    "collect": ("One page of everything below these roots", wire.CollectCall, (Page,)),
    "vetoes": ("What stands in the way of an erasure", wire.VetoesCall, (wire.Vetoes,)),
    "erase": ("Carry a plan out on exactly its objects", wire.EraseCall, _ERASED),
    "confirm": ("Look again, without trusting the erasure", wire.EraseCall, _LOOKED),
    "change": ("Correct, restrict or stop using data", wire.ChangeCall, _ERASED),
    "confirm-change": ("Look again after a change", wire.ChangeCall, _LOOKED),
    "expired": ("One page of what is past its term", wire.ExpiredCall, (Page,)),
    "expire": ("Erase exactly these objects, if they are unchanged", wire.ExpireCall, _LOOKED),
}
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def document() -> dict[str, Any]:
    """The whole file."""
    answered: set[type[BaseModel]] = {Match, Record}
    calls: set[type[BaseModel]] = {wire.Problem, wire.Finished}
    for _, call, answers in _CALLS.values():
        answered.update(answers)
        calls.add(call)
    named, schemas = models_json_schema(
        [(one, "validation") for one in sorted(answered | calls, key=lambda one: one.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    refs = {model: schema for (model, _), schema in named.items()}
    for model in answered:
        schema = schemas["$defs"][refs[model]["$ref"].rpartition("/")[2]]
        schema["required"] = [name for name in schema["properties"] if name in must_say(model)]
        for name in schema["required"]:
            schema["properties"][name].pop("default", None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Habeas: a company's own service as a connected system",
            "version": "1",
            "description": "Every call and every answer is signed by Standard Webhooks 1.0 (HMAC-SHA256); an answer "
            "bears the id of its call. `operation` in a call is its path's last part: refuse a call that says "
            "another, and a `webhook-id` that was taken within ten minutes.",
        },
        "paths": {f"{PREFIX}/{name}": {"post": _operation(name, refs)} for name in _CALLS},
        "webhooks": {"finished": {"post": _finished(refs)}},
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(name: str, refs: dict[Any, Any]) -> dict[str, Any]:
    says, call, answers = _CALLS[name]
    answer = refs[answers[0]] if len(answers) == 1 else {"oneOf": [refs[one] for one in answers]}
    problem = {"description": "See `error`", "content": _json(refs[wire.Problem])}
    return {
        "operationId": name,
        "summary": says,
        "parameters": _headers(),
        "requestBody": {"required": True, "content": _json(refs[call])},
        "responses": {
            "200": {"description": says, "content": _json(answer)},
            "400": {"description": "The body is not of this call"},
            "401": {"description": "The signature is not right, or its id was taken before"},
            **dict.fromkeys(("409", "422", "503"), problem),
        },
    }


def _finished(refs: dict[Any, Any]) -> dict[str, Any]:
    return {
        "summary": "The service says that work which it answered `awaiting` for is done",
        "parameters": _headers(),
        "requestBody": {"required": True, "content": _json(refs[wire.Finished])},
        "responses": {"204": {"description": "Heard"}, "401": {"description": "The signature is not right"}},
    }


def _headers() -> list[dict[str, Any]]:
    return [{"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in _SIGNED]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _api() -> dict[str, Any]:
    return create_api(cast(Office, None)).openapi()  # no office is called to write the document


FILES = {_HERE / "connectors/http.openapi.json": document, _HERE / "api.openapi.json": _api}


def texts() -> dict[Path, str]:
    """Each file as it stands on disk."""
    return {file: json.dumps(made(), indent=1, sort_keys=True) + "\n" for file, made in FILES.items()}


if __name__ == "__main__":
    for file, text in texts().items():
        file.write_text(text, encoding="utf-8")
