"""Lists that never end are left: of services that mind neither the order nor the bound that they are asked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from activities.connectors.api import Answer, ApiClient
from activities.connectors.files.s3.bucket import Bucket
from activities.connectors.files.s3.settings import BucketSettings
from activities.connectors.rt.rest import Rest
from activities.connectors.tryton.rpc import Rpc
from habeas.errors import Quarantine

MOST_CALLS = 5


class Stubborn:
    """A client whose service gives one answer to everything that is not a sign-in."""

    def __init__(self, answer: object) -> None:
        self._answer = answer
        self.calls = 0

    async def call(self, *asked: str, **more: Any) -> Answer:
        self.calls += 1
        assert self.calls <= MOST_CALLS, "it is asked for ever"
        content = self._answer if isinstance(self._answer, bytes) else json.dumps(self._answer).encode()
        return Answer(200, {"content-type": "application/json"}, content)

    async def json(self, *asked: str, json: dict[str, Any], **more: Any) -> Any:
        known = {"common.db.login": [1, "token"], "model.res.user.get_preferences": {}}
        return known.get(json["method"]) or (await self.call(*asked)).json


ROWS = [{"id": number, "type": "Create"} for number in range(1, 1001)]
LISTED = b"""<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>
<KeyCount>0</KeyCount></ListBucketResult>"""


def transactions(api: Stubborn) -> AsyncIterator[Any]:
    return Rest("rt", cast("ApiClient", api)).search("transactions", (), ("id",))


def tickets(api: Stubborn) -> AsyncIterator[Any]:
    return Rest("rt", cast("ApiClient", api)).tickets("Status = 'new'", ("id",))


def parties(api: Stubborn) -> AsyncIterator[Any]:
    return Rpc("erp", cast("ApiClient", api), "db", "habeas", "secret").every("party.party", [], ("id",))


def objects(api: Stubborn) -> AsyncIterator[Any]:
    secrets = {"access_key_id": "k", "secret_access_key": "s"}
    settings = {"bucket": "files", "region": "eu-1", "url": "http://127.0.0.1:1", **secrets}
    bucket = Bucket("files", BucketSettings.model_validate(settings))
    bucket._api = cast("ApiClient", api)
    return bucket.pages("ListObjectsV2", {})


@pytest.mark.parametrize(
    ("listed", "answer"),
    [
        (transactions, {"total": 9, "items": ROWS[:100]}),
        (tickets, {"total": 9, "items": ROWS[:100]}),
        (parties, ROWS[:200]),
        (objects, LISTED),
    ],
)
async def test_a_list_that_never_ends_is_left(listed: Callable[[Stubborn], AsyncIterator[Any]], answer: object) -> None:
    with pytest.raises(Quarantine, match="again and again"):
        async for _ in listed(Stubborn(answer)):
            pass
