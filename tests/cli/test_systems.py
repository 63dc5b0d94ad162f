"""Systems that requests wait for, from the command line."""

from habeas.errors import Terminal
from habeas.model import Stage
from tests.cli.conftest import Habeas
from tests.office.world import World


async def test_one_word_has_all_that_wait_for_a_system_try_again(here: World, habeas: Habeas) -> None:
    why = ("--by", "Kim", "--reason", "the token was renewed", "--json")
    unknown = await habeas("system", "retry", "nowhere", *why)
    assert (unknown.code, unknown.error["code"]) == (2, "bad_input")
    assert "crm" in unknown.error["message"]
    nobody = await habeas("system", "retry", "crm", *why)
    assert nobody.json == {"system": "crm", "requests": []}, nobody.err
    here.systems["crm"].fail("collect", Terminal("no permission"))
    request_id = await here.proven(here.person())
    await here.waits(request_id, "crm")
    shown = await habeas("request", "show", request_id)
    assert "crm since 2" in shown.out
    told = await habeas("system", "retry", "crm", *why)
    assert told.json["requests"] == [request_id], told.err
    await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)
