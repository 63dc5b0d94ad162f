import pytest

from habeas.errors import BadInput
from tests.office.world import World


async def test_a_file_is_checked_whole_before_anything_is_opened(here: World) -> None:
    good = here.person()
    rows = (f"access,{good},", f"everything,{good},", "access,not-an-address,", f"access,{good},2999-01-01")
    text = "\n".join(("right,emails,received_at", *rows, ""))
    result = await here.office.import_requests(text, by="Kim")
    assert (result.rows, result.opened) == (4, ())
    assert [row.line for row in result.bad] == [3, 4, 5]
    assert "not-an-address" not in " ".join(row.message for row in result.bad)


async def test_a_second_run_opens_no_twins(here: World) -> None:
    one, two = here.person(), here.person()
    text = f"\ufeffright,emails,name\naccess,{one},Ada\nerasure,{one},Ada\naccess,{two};second@example.org,\n"
    first = await here.office.import_requests(text, by="Kim")
    again = await here.office.import_requests(text, by="Kim")
    assert (first.created, again.created) == (3, 0)
    assert [row.id for row in first.opened] == [row.id for row in again.opened]


async def test_good_rows_can_be_opened_although_others_are_bad(here: World) -> None:
    done: list[int] = []
    text = f"right,emails\naccess,{here.person()}\naccess,\naccess,a@example.org,too,many\n"
    result = await here.office.import_requests(text, by="Kim", skip_bad=True, progress=done.append)
    assert (result.created, len(result.bad), done) == (1, 2, [1])


@pytest.mark.parametrize("text", ["", "right\n", "emails\na@example.org\n", "right,mail\naccess,a@example.org\n"])
async def test_a_file_that_is_not_one_is_refused(here: World, text: str) -> None:
    with pytest.raises(BadInput):
        await here.office.import_requests(text, by="Kim")
