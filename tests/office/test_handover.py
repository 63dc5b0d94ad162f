import hashlib
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from habeas.acts import ActKind
from habeas.errors import BadInput, LinkRefused, WrongCode
from habeas.evidence import Tag
from habeas.model import Stage
from tests.office.world import World


@pytest.fixture(scope="module")
async def released(here: World) -> tuple[str, str]:
    """An access request whose package was sent: its id, and the person's address."""
    address = here.person(systems=("crm", "billing"))
    request_id = await here.proven(address)
    if await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED) is Stage.REVIEWING:
        await here.office.act(ActKind.APPROVE, request_id, by="Kim", reason="looked")
    await here.reach(request_id, Stage.CLOSED)
    return request_id, address


async def test_the_link_works_once_with_its_code_and_only_when_all_of_it_arrived(
    here: World, released: tuple[str, str]
) -> None:
    request_id, address = released
    token = await here.link(address)
    proof = await here.code(address)
    for wrong in ("", proof, "00000000"):
        with pytest.raises(WrongCode):
            async with here.office.redeem(token, wrong):
                pass
    code = await here.link_code(address, token)
    with pytest.raises(RuntimeError, match="gone"):
        await break_off(here, token, code)
    async with here.office.redeem(token, code) as handed:
        pass
    async with here.office.redeem(token, code) as handed:
        content = b"".join([chunk async for chunk in handed.chunks()])
        handed.arrived = True
    assert hashlib.sha256(content).hexdigest() == handed.sha256
    assert len(content) == handed.size
    assert any(name.endswith("index.html") for name in zipfile.ZipFile(BytesIO(content)).namelist())
    with pytest.raises(LinkRefused) as caught:
        async with here.office.redeem(token, code):
            pass
    assert caught.value.facts["reason"] == "used"
    assert token not in str(caught.value)
    downloads = [each for each in await here.office.timeline(request_id) if each.tag == Tag.EXPORT_DOWNLOADED]
    assert [each.actor for each in downloads] == ["subject"]


async def break_off(here: World, token: str, code: str) -> None:
    async with here.office.redeem(token, code) as handed:
        async for _ in handed.chunks():
            raise RuntimeError("the browser is gone")


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_staff_download_leaves_a_mark_and_a_file_for_nobody_else(
    here: World, released: tuple[str, str], tmp_path: Path
) -> None:
    request_id, _ = released
    to = tmp_path / "package.zip"
    got = await here.office.download(request_id, by="Kim", reason="the person lost it", to=to)
    assert hashlib.sha256(to.read_bytes()).hexdigest() == got.sha256
    assert to.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["package.zip"]
    viewed = [each for each in await here.office.timeline(request_id) if each.tag == Tag.PERSONAL_DATA_VIEWED]
    assert viewed[-1].actor == here.office.actor("Kim")
    assert "lost" not in viewed[-1].sentence
    with pytest.raises(BadInput, match="new file"):
        await here.office.download(request_id, by="Kim", reason="again", to=to)


async def test_without_a_package_there_is_nothing_to_download(here: World, tmp_path: Path) -> None:
    request_id = await here.open(here.person())
    with pytest.raises(BadInput, match="no package"):
        await here.office.download(request_id, by="Kim", reason="look", to=tmp_path / "x.zip")
    assert names(tmp_path) == []
