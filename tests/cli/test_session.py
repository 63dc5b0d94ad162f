"""Sessions of staff, from the command line."""

from datetime import timedelta

from tests.cli.conftest import Habeas
from tests.office.world import World


async def test_an_account_is_signed_out_wherever_it_is_signed_in(here: World, habeas: Habeas) -> None:
    idle, longest = timedelta(minutes=30), timedelta(hours=1)
    kims = [await here.office.start_session("Kim@example.com", idle=idle, longest=longest) for _ in range(2)]
    noors = await here.office.start_session("noor@example.com", idle=idle, longest=longest)
    ended = await habeas("session", "end", "kim@example.com", "--by", "Noor", "--json")
    assert (ended.code, ended.json) == (0, {"ended": True})
    assert [await here.office.session(one, idle=idle) for one in kims] == [None, None]
    assert await here.office.session(noors, idle=idle) is not None
    # Whether anybody was signed in is not said.
    again = await habeas("session", "end", "nobody@example.com", "--by", "Noor", "--json")
    assert (again.code, again.json) == (0, {"ended": True})
    assert (await habeas("session", "end", "--by", "Noor")).code == 2
