"""A request outlives the release that it was opened under."""

from pathlib import Path

import pytest

from habeas.model import Right
from tests.stack.builds import ENDS, OLDER, has, opened_then_finished

pytestmark = pytest.mark.stack


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("revision", OLDER)
async def test_a_request_of_an_older_release_is_finished_by_this_one(tmp_path: Path, revision: str) -> None:
    if not has(revision):
        pytest.skip("missing part: the older commit, in a clone that has all of them")
    ended = await opened_then_finished(revision, tmp_path)
    assert {Right(request.split()[0]): how for request, how in ended.items()} == ENDS
