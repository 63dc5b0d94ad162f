"""Connected systems from the command line: those that requests wait for, and their data maps."""

import asyncio
import sqlite3
from pathlib import Path

from habeas.errors import Terminal
from habeas.model import Stage
from tests.cli.conftest import Habeas, Said, run_here
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


async def test_a_text_that_is_not_decided_fails_where_a_policy_hands_it_over_unread(
    here: World, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "crm.db") as database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, about TEXT)")
    config, url = here.settings_file(tmp_path), f"sqlite:///{tmp_path / 'crm.db'}"

    async def checked(system: str, about: str) -> Said:
        (tmp_path / "map.toml").write_text(
            f'system = "{system}"\n[tables.users]\ncategory = "contact"\nperson = true\nerase = "delete"\n'
            'identifiers = [{ column = "email", kind = "email" }]\n'
            f'[tables.users.columns]\nid = "keep"\nemail = "null"\nabout = {about}\n'
        )
        words = ("system", "map", "check", str(tmp_path / "map.toml"), "--url", url)
        return await asyncio.to_thread(run_here, *words, "--config", str(config), "--json")

    said = await checked("crm", '"null"')
    assert (said.code, said.json["ok"], said.json["released_unread_by"]) == (1, False, ["demo"])
    assert [one["column"] for one in said.json["consider"]] == ["about"]
    elsewhere = await checked("draft", '"null"')
    assert (elsewhere.code, elsewhere.json["ok"], len(elsewhere.json["consider"])) == (0, True, 1)
    decided = await checked("crm", '{ erase = "null", free_text = true }')
    assert (decided.code, decided.json["ok"], decided.json["consider"]) == (0, True, [])
