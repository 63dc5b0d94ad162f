import asyncio
import secrets
import uuid
from datetime import timedelta

import httpx2
import pytest

from habeas.acts import ActKind
from habeas.errors import WrongStage
from habeas.evidence import Tag
from habeas.model import Stage
from tests.api.conftest import Token
from tests.office.world import World
from workers.office import NewRequestInput


def _key() -> str:
    return secrets.token_hex(8)


async def test_a_request_is_opened_once_and_carried_to_its_end(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    address = here.person(name="Canary Bird")
    agent = await token("agent", account="Agnes")
    asked = {"right": "access", "emails": [address], "jurisdiction": "DK"}
    first = await api.post("/requests", json=asked, headers=agent | {"idempotency-key": (key := _key())})
    again = await api.post("/requests", json=asked, headers=agent | {"idempotency-key": key})
    assert (first.status_code, again.status_code) == (201, 201)
    request_id = first.json()["id"]
    assert again.json() == first.json()
    assert first.headers["location"] == again.headers["location"] == f"requests/{request_id}"
    other = await api.post("/requests", json=asked, headers=agent | {"idempotency-key": _key()})
    assert (other.status_code, other.json()["id"]) == (200, request_id)
    acts = f"/requests/{request_id}/acts"
    proves = agent | {"idempotency-key": _key()}
    proved = await api.post(f"{acts}/prove", json={"code": await here.code(address)}, headers=proves)
    assert proved.status_code == 200, proved.text
    officer = await token("officer", account="Oda")
    await here.reach(request_id, Stage.CLOSED)
    package = await api.post(f"/requests/{request_id}/looks/package", json={"reason": "asked"}, headers=officer)
    assert package.content[:2] == b"PK"
    assert int(package.headers["content-length"]) == len(package.content)
    story = (await api.get(f"/requests/{request_id}", headers=agent)).json()
    assert story["entry"]["outcome"] == "fulfilled"
    tags = [one["tag"] for one in (await api.get(f"/requests/{request_id}/timeline", headers=agent)).json()["items"]]
    assert Tag.PERSONAL_DATA_VIEWED in tags
    verdict = (await api.get(f"/requests/{request_id}/evidence", headers=agent)).json()
    assert verdict["findings"] == []
    assert address not in str(story)


async def test_what_would_be_is_asked_first_and_changes_nothing(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    address = here.person()
    agent = await token("agent", account="Agnes")
    asked = {"right": "access", "emails": [address], "jurisdiction": "DK"}
    demands = (await api.post("/requests/demands", json=asked, headers=agent)).json()
    assert (demands["regime"], demands["proof"]) == ("EU-GDPR", "code")
    assert demands["due_on"] <= demands["law_on"]
    assert address not in str(demands)
    request_id = (await api.post("/requests", json=asked, headers=agent | {"idempotency-key": _key()})).json()["id"]
    await here.reach(request_id, Stage.VERIFYING)
    await here.code(address)

    async def story() -> list[str]:
        """What was done, but for letters that are still on their way."""
        events = (await api.get(f"/requests/{request_id}/timeline", headers=agent)).json()["items"]
        return [one["tag"] for one in events if not one["tag"].startswith("letter:")]

    before = await story()
    intended = {"act": "withdraw", "said": {"reason": "as they wrote"}}
    shown = await api.post(f"/requests/{request_id}/preview", json=intended, headers=agent)
    assert shown.status_code == 200, shown.text
    assert shown.json()["letter"]["kind"] == "withdrawal"
    refuse = {"act": "refuse", "said": {"reason": "no", "ground": "excessive"}}
    assert (await api.post(f"/requests/{request_id}/preview", json=refuse, headers=agent)).status_code == 403
    officer = await token("officer", account="Oda")
    other: dict[str, dict[str, object]] = {
        "decide_match": {"records": {"abc": True}},
        "contest": {"corrections": [1]},
        "redact": {"ground": "rights_of_others", "object": "crm/0/0/abc"},
        "unredact": {"redaction": "0" * 36},
        "finish_task": {"task": f"{request_id.lower()}-1", "nothing": True},
    }
    for act, said in other.items():
        asked_for = {"act": act, "said": said | {"reason": "looked"}}
        early = await api.post(f"/requests/{request_id}/preview", json=asked_for, headers=officer)
        assert early.status_code == 409, (act, early.text)
    unknown = await api.post(f"/requests/{request_id}/preview", json={"act": "burn", "said": {}}, headers=agent)
    assert unknown.status_code == 422
    assert await story() == before


async def test_an_erasure_takes_the_plan_that_two_people_saw(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    request_id = await here.proven(here.person(), "erasure")
    await here.reach(request_id, Stage.REVIEWING)
    told = f"/requests/{request_id}/recipients"
    ahead = (await api.get(told, headers=await token("requests:read"))).json()["items"]
    assert {(one["state"], one["why_not"]) for one in ahead} == {("foreseen", None), ("foreseen_not", "policy")}
    assert all(one["categories"] and bool(one["said"]) is bool(one["why_not"]) for one in ahead)
    for account in ("Oda", "Per"):
        officer = await token("officer", account=account)
        looked = await api.post(f"/requests/{request_id}/looks/plan", json={"reason": "review"}, headers=officer)
        said = {"reason": "seen", "plan": looked.json()["digest"]}
        approve = f"/requests/{request_id}/acts/approve"
        other = await api.post(approve, json=said | {"plan": "0" * 64}, headers=officer | {"idempotency-key": _key()})
        assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "plan")
        done = await api.post(approve, json=said, headers=officer | {"idempotency-key": _key()})
        assert done.status_code == 200, done.text
    await here.reach(request_id, Stage.CLOSED)
    since = (await api.get(told, headers=await token("requests:read"))).json()["items"]
    assert not {one["state"] for one in since} & {"foreseen", "foreseen_not"}
    assert {one["recipient"]: one["categories"] for one in since} == {
        one["recipient"]: one["categories"] for one in ahead
    }


async def test_the_queue_comes_in_pages(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    mine = [await here.open(here.person()) for _ in range(3)]
    for one in mine:
        await here.reach(one, Stage.VERIFYING)  # by then the day it is due, and its place in the queue, stand
    reads = await token("requests:read")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await api.get("/requests", params={"limit": 2, **({"cursor": cursor} if cursor else {})}, headers=reads)
        assert len(page.json()["items"]) <= 2
        seen += [one["id"] for one in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert set(mine) <= set(seen)
    assert len(seen) == len(set(seen))


async def test_an_act_under_one_key_is_done_once(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    address = here.person()
    request_id = await here.open(address)
    await here.reach(request_id, Stage.VERIFYING)
    agent = await token("agent", key=_key())
    act = f"/requests/{request_id}/acts/resend_code"
    first, again = [await api.post(act, json={"reason": "lost"}, headers=agent) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    told = (await api.get(f"/requests/{request_id}/timeline", headers=agent)).json()["items"]
    assert sum(one["facts"].get("act") == again.json()["act_id"] for one in told) == 1
    await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="asked")
    await here.reach(request_id, Stage.CLOSED)
    late = await api.post(act, json={"reason": "lost"}, headers=agent)
    assert (late.status_code, late.json()) == (200, first.json())


async def test_of_two_that_come_at_once_under_one_key_both_are_answered_alike(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    agent = await token("agent", key=_key())
    asked = {"right": "access", "emails": [here.person()]}
    answers = await asyncio.gather(*(api.post("/requests", json=asked, headers=agent) for _ in range(4)))
    answers.append(await api.post("/requests", json=asked, headers=agent))
    assert len({(one.status_code, one.text) for one in answers}) == 1


async def test_who_signed_in_again_is_not_signed_out_by_the_same_write(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    admin, lasts = await token("administrator", key=_key()), timedelta(hours=1)
    begun = []
    for _ in range(2):
        begun.append(await here.office.start_session("Noor", idle=lasts, longest=lasts))
        ended = await api.post("/sessions/end", json={"account": "Noor"}, headers=admin)
        assert (ended.status_code, ended.json()) == (200, {"account": "Noor"})
    alive = [await here.office.session(one, idle=lasts, used=False) for one in begun]
    assert alive == [None, "Noor"]


async def test_other_content_under_a_key_is_refused_by_name(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    """Nobody is told that something was done which was not."""
    address, others = here.person(), here.person()
    agent = await token("agent", key=_key())
    asked = {"right": "access", "emails": [address]}
    opened = await api.post("/requests", json=asked, headers=agent)
    other = await api.post("/requests", json=asked | {"emails": [others]}, headers=agent)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert (await api.post("/requests", json=asked, headers=agent)).json()["id"] == opened.json()["id"]
    await here.reach(request_id := opened.json()["id"], Stage.VERIFYING)
    act = f"/requests/{request_id}/acts"
    refused = await api.post(f"{act}/ask", json={"question": "Q", "waits_for": "fee"}, headers=agent)
    assert refused.json()["code"] != "key_reused"  # a key of this address: the request's own was another's
    assert (await api.post(f"{act}/resend_code", json={"reason": "lost"}, headers=agent)).status_code == 200
    again = await api.post(f"{act}/resend_code", json={"reason": "lost again"}, headers=agent)
    assert (again.status_code, again.json()["code"]) == (422, "key_reused")
    # Under a UUID, which is the act's own id everywhere, too.
    mine = agent | {"idempotency-key": str(uuid.uuid4())}
    assert (await api.post(f"{act}/resend_code", json={"reason": "x"}, headers=mine)).status_code == 200
    assert (await api.post(f"{act}/withdraw", json={"reason": "x"}, headers=mine)).json()["code"] == "key_reused"


async def test_what_was_refused_leaves_its_key_free(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    agent = await token("agent", key=_key())
    wrong = await api.post("/requests", json={"right": "nonsense", "emails": [here.person()]}, headers=agent)
    assert wrong.json()["code"] == "bad_input"
    right = await api.post("/requests", json={"right": "access", "emails": [here.person()]}, headers=agent)
    assert right.status_code == 201


async def test_a_key_is_its_callers_own(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    key = _key()
    opened = []
    for account in ("Agnes", "Bo"):
        headers = await token("requests:open", account=account, key=key)
        asked = {"right": "access", "emails": [here.person()]}
        opened.append((await api.post("/requests", json=asked, headers=headers)).json()["id"])
    assert opened[0] != opened[1]


async def test_many_are_opened_from_csv(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    headers = await token("requests:open", key=_key()) | {"content-type": "text/csv"}
    rows = f"right,emails\naccess,{here.person()}\nnonsense,{here.person()}\n"
    checked = await api.post("/requests/import", content=rows, headers=headers)
    assert checked.json()["created"] == 0
    assert [one["line"] for one in checked.json()["bad"]] == [3]
    opened = await api.post("/requests/import?skip_bad=true", content=rows, headers=headers)
    assert opened.json()["created"] == 1
    request_id = opened.json()["opened"][0]["id"]
    await here.reach(request_id, Stage.VERIFYING)
    agent = await token("agent", key=_key())
    await api.post(f"/requests/{request_id}/acts/withdraw", json={"reason": "x"}, headers=agent)
    await here.reach(request_id, Stage.CLOSED)
    again = await api.post("/requests/import?skip_bad=true", content=rows, headers=headers)
    assert again.json() == opened.json()
    other = await api.post("/requests/import?skip_bad=true", content=rows + "\n", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    wrong = await api.post("/requests/import", json={}, headers=headers | {"content-type": "application/json"})
    assert wrong.status_code == 415


async def test_what_is_written_for_a_request_that_is_open_already_is_kept_with_it(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    opens = await token("requests:open")  # and no more: who may open one may add to it
    asked = {"right": "access", "emails": [here.person()], "jurisdiction": "DK"}

    async def post(note: str, key: str) -> dict[str, object]:
        answer = await api.post("/requests", json=asked | {"note": note}, headers=opens | {"idempotency-key": key})
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def rows(*notes: str) -> list[bool]:
        file = "".join(f"access,{asked['emails'][0]},DK,{one}\n" for one in notes)
        headers = opens | {"idempotency-key": _key(), "content-type": "text/csv"}
        answer = await api.post("/requests/import", content=f"right,emails,jurisdiction,note\n{file}", headers=headers)
        return [one["words_kept"] for one in answer.json()["opened"]]

    first = await post("the old shop", _key())
    key = _key()
    later = [await post("and the new one", one) for one in (key, _key(), _key())]
    assert [one["id"] for one in later] == [first["id"]] * 3
    assert (first["created"], first["words_kept"]) == (True, False)
    assert [(one["created"], one["words_kept"]) for one in later] == [(False, True), (False, False), (False, False)]
    assert (await post("the old shop", _key()))["words_kept"] is False
    assert [await rows("by post", "by post too") for _ in range(2)] == [[True, True], [False, False]]
    unnamed = NewRequestInput(right="access", emails=tuple(asked["emails"]), jurisdiction="DK", opened_by="Kim")
    for note in ("on the phone", "on the phone", "by post"):
        await here.office.open_request(unnamed.model_copy(update={"note": note}))
    heard = await here.office.messages(str(first["id"]), by="Kim", reason="reads")
    words = ["the old shop", "and the new one", "by post", "by post too", "on the phone"]
    assert [one.text for one in heard] == words


async def test_words_for_a_request_that_was_closed_are_not_dropped_without_a_word(here: World) -> None:
    asked = NewRequestInput(right="access", emails=(here.person(),), opened_by="Kim", idempotency_key=_key())
    request_id = (await here.office.open_request(asked)).id
    await here.reach(request_id, Stage.VERIFYING)
    await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="asked")
    await here.reach(request_id, Stage.CLOSED)
    assert (await here.office.open_request(asked)).id == request_id
    with pytest.raises(WrongStage):
        await here.office.open_request(asked.model_copy(update={"note": "and one more thing"}))
