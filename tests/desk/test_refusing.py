"""What is said where a page cannot be shown: in the language of whoever is there, with what they wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from activities.ledger.database import make_engine
from tests.desk.test_oversight import as_, csrf
from tests.office.world import World

FRENCH = {"accept-language": "fr"}
NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"


@contextmanager
def without_ledger(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody answers where the database was."""
    with monkeypatch.context() as patched:
        patched.setattr(here.ledger, "_engine", make_engine(NOWHERE))
        yield


@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("/nowhere", "fr", "Cette page n’existe pas"),
        ("/nowhere", "da", "There is no such page"),
        ("/r/nobody/else", "da", "Den side findes ikke"),
        ("/d/x/y/z", "nb", "Den siden finnes ikke"),
        ("/requests?x=1", "fr", "Cette page n’existe pas"),
    ],
)
async def test_where_there_is_no_page_that_is_said_in_the_readers_language(
    browser: httpx2.AsyncClient, path: str, language: str, words: str
) -> None:
    answer = await browser.get(path, headers={"accept-language": language})
    assert (answer.status_code, words in answer.text) == (404, True)


async def test_staff_who_write_while_the_ledger_is_away_have_it_given_back(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await here.open(here.person())
    path = f"/requests/{request_id}/acts/withdraw"
    async with as_(here, "Kim") as browser:
        sent = {"csrf": await csrf(browser, path), "step": "do", "reason": "They said <so> on the phone."}
        with without_ledger(here, monkeypatch):
            for language, title, kept in (
                ("en", "Not available right now", "What you wrote was not taken."),
                ("fr", "Indisponible pour l’instant", "Ce que vous avez écrit n’a pas été pris."),
            ):
                answer = await browser.post(path, data=sent, headers={"accept-language": language})
                assert answer.status_code == 503
                assert f'<html lang="{language}">' in answer.text
                for words in (title, kept, "They said &lt;so&gt; on the phone."):
                    assert words in answer.text
                assert sent["csrf"] not in answer.text
        assert (await browser.post(path, data=sent)).status_code == 303


async def test_a_person_who_writes_while_the_ledger_is_away_has_it_given_back(
    here: World, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_ledger(here, monkeypatch):
        cookie = {"cookie": f"__Host-habeas-request={'A' * 43}"} | FRENCH
        answer = await browser.post("/mine/send", data={"csrf": "x", "text": "Mes <mots>"}, headers=cookie)
        assert (answer.status_code, "Mes &lt;mots&gt;" in answer.text) == (503, True)
        assert "Indisponible pour l’instant" in answer.text
        code = await browser.post("/v/HB-0000-0000-0000", data={"code": "12345678"}, headers=FRENCH)
        assert (code.status_code, "12345678" in code.text) == (503, False)
