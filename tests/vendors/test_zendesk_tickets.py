"""Zendesk's tickets: lists, changes, redaction, files, deletion in two steps, jobs."""

from datetime import timedelta

import httpx2

from tests.vendors.test_zendesk_access import bad, invalid, said
from tests.vendors.zendesk import Attachment, Comment, Status, Ticket, User, Zendesk


def talk(zendesk: Zendesk, status: Status = "closed") -> tuple[User, Ticket]:
    """Ann's ticket, of two comments and a file."""
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    comments = [
        Comment(ann.id, "My number is 847564!", attachments=[Attachment("passport.pdf", b"%PDF", "application/pdf")]),
        Comment(zendesk.admin.id, "Thank you, Ann", public=False),
    ]
    return ann, zendesk.add_ticket(Ticket(ann.id, "Hello", comments, status))


async def test_requested_and_copied_tickets(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann, own = talk(zendesk)
    eva = zendesk.add_user(User("Eva", ("eva@example.org",)))
    others = zendesk.add_ticket(Ticket(eva.id, "About Ann", [Comment(eva.id, "Ann agrees")], cc_ids=[ann.id]))
    deleted = zendesk.add_ticket(Ticket(ann.id, "Gone", [Comment(ann.id, "gone")]))
    await zen.delete(f"/tickets/{deleted.id}")
    requested = (await zen.get(f"/users/{ann.id}/tickets/requested", params={"page[size]": 100})).json()
    assert [one["id"] for one in requested["tickets"]] == [own.id]
    copied = (await zen.get(f"/users/{ann.id}/tickets/ccd")).json()
    assert [(one["id"], one["requester_id"]) for one in copied["tickets"]] == [(others.id, eva.id)]
    assert (await zen.get(f"/users/{zendesk.admin.id}/tickets/assigned")).json()["count"] == 0
    shown = (await zen.get(f"/tickets/{own.id}.json")).json()["ticket"]
    assert (shown["subject"], shown["description"], shown["status"]) == ("Hello", "My number is 847564!", "closed")
    said(await zen.get(f"/tickets/{deleted.id}"), 404, "RecordNotFound")


async def test_comments_page_and_bring_users(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann, ticket = talk(zendesk)
    first = (await zen.get(f"/tickets/{ticket.id}/comments", params={"page[size]": 1, "include": "users"})).json()
    assert [one["body"] for one in first["comments"]] == ["My number is 847564!"]
    assert [one["id"] for one in first["users"]] == [ann.id]
    second = (await zen.get(first["links"]["next"])).json()
    assert [(one["author_id"], one["public"]) for one in second["comments"]] == [(zendesk.admin.id, False)]
    assert second["meta"]["has_more"] is False


async def test_a_closed_ticket_cannot_be_changed(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk)
    change = {"ticket": {"subject": "x"}}
    assert (
        invalid(await zen.put(f"/tickets/{ticket.id}", json=change), "status")
        == "Status: closed prevents ticket update"
    )
    ticket.status = "open"
    body = {"ticket": {"subject": "Masked", "comment": {"body": "noted", "public": False}, "surprise": 1}}
    changed = await zen.put(f"/tickets/{ticket.id}", json=body)
    assert changed.json()["ticket"]["subject"] == "Masked"
    assert changed.json()["audit"]["author_id"] == zendesk.admin.id
    assert [(one.body, one.public) for one in ticket.comments][-1] == ("noted", False)
    for name, wrong in (
        ("status", {"status": "lost"}),
        ("requester", {"requester_id": 5}),
        ("comment", {"comment": "x"}),
        ("comment", {"comment": {"public": True}}),
        ("base", {"subject": 7}),
    ):
        invalid(await zen.put(f"/tickets/{ticket.id}", json={"ticket": wrong}), name)
    old = {"ticket": {"subject": "y", "safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}}
    said(await zen.put(f"/tickets/{ticket.id}", json=old), 409, "UpdateConflict")


async def test_thirty_updates_in_ten_minutes(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk, "open")
    for _ in range(30):
        assert (await zen.put(f"/tickets/{ticket.id}", json={"ticket": {}})).status_code == 200
    refused = await zen.put(f"/tickets/{ticket.id}", json={"ticket": {}})
    assert refused.status_code == 429
    zendesk.clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    assert (await zen.put(f"/tickets/{ticket.id}", json={"ticket": {}})).status_code == 200


async def test_words_are_redacted_in_open_tickets(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk, "open")
    path = f"/tickets/{ticket.id}/comments/{ticket.comments[0].id}/redact"
    done = (await zen.put(path, json={"text": "847564"})).json()["comment"]
    assert done["body"] == "My number is ▇▇▇▇▇▇!"
    assert "847564" not in done["html_body"]
    assert "not found" in invalid(await zen.put(path, json={"text": "847564"}), "text")
    invalid(await zen.put(path, json={}), "text")
    said(await zen.put(f"/tickets/{ticket.id}/comments/1/redact", json={"text": "x"}), 404, "RecordNotFound")
    ticket.status = "closed"
    assert "closed" in invalid(await zen.put(path, json={"text": "number"}), "status")


async def test_closed_tickets_are_redacted_in_the_workspace(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk)
    comment = ticket.comments[0]
    url = (await zen.get(f"/tickets/{ticket.id}/comments")).json()["comments"][0]["attachments"][0]["content_url"]
    html = comment.html_body.replace("847564", "<redact>847564</redact>")
    path = f"/comment_redactions/{comment.id}"
    invalid(await zen.put(path, json={"html_body": html}), "ticket_id")
    invalid(await zen.put(path, json={"ticket_id": ticket.id, "html_body": f"{html} and more"}), "html_body")
    wrong = {"ticket_id": ticket.id, "external_attachment_urls": ["https://elsewhere.example/x"]}
    invalid(await zen.put(path, json=wrong), "external_attachment_urls")
    body = {"ticket_id": ticket.id, "html_body": html, "external_attachment_urls": [url]}
    done = (await zen.put(path, json=body)).json()["comment"]
    assert done["body"] == "My number is ▇▇▇▇▇▇!"
    assert [(one["file_name"], one["size"]) for one in done["attachments"]] == [("redacted.txt", 0)]
    said(await zen.put("/comment_redactions/1", json=body), 404, "RecordNotFound")


async def test_elements_are_redacted_without_their_text(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk)
    comment = ticket.comments[0]
    comment.html_body = '<p>Write to <a href="mailto:a@b.example">me</a>.</p>'
    html = comment.html_body.replace('example">', 'example" redact>')
    body = {"ticket_id": ticket.id, "html_body": html}
    done = (await zen.put(f"/comment_redactions/{comment.id}", json=body)).json()["comment"]
    assert done["html_body"] == "<p>Write to <a>me</a>.</p>"


async def test_files_are_downloaded_elsewhere(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk)
    file = ticket.comments[0].attachments[0]
    shown = (await zen.get(f"/attachments/{file.id}")).json()["attachment"]
    assert (shown["file_name"], shown["content_type"], shown["size"]) == ("passport.pdf", "application/pdf", 4)
    async with httpx2.AsyncClient() as bare:
        moved = await bare.get(shown["content_url"])
        assert moved.status_code == 302
        assert (await bare.get(moved.headers["location"])).content == b"%PDF"
        zendesk.private_attachments = True
        assert (await bare.get(shown["content_url"])).status_code == 401
    assert [seen.authorized for seen in zendesk.made("GET", "/cdn/")] == [False]
    await zen.get(shown["content_url"], follow_redirects=True)
    assert zendesk.made("GET", "/cdn/")[-1].authorized
    path = f"/tickets/{ticket.id}/comments/{ticket.comments[0].id}/attachments/{file.id}/redact"
    done = (await zen.put(path)).json()["attachment"]
    assert (done["file_name"], file.content) == ("redacted.txt", b"")
    said(await zen.put(f"{path[:-7]}0/redact"), 404, "RecordNotFound")


async def test_a_deleted_ticket_is_kept_for_thirty_days(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk)
    assert (await zen.delete(f"/tickets/{ticket.id}")).status_code == 204
    said(await zen.delete(f"/tickets/{ticket.id}"), 404, "RecordNotFound")
    bin_ = (await zen.get("/deleted_tickets")).json()["deleted_tickets"]
    assert [(one["id"], one["subject"], one["previous_state"]) for one in bin_] == [(ticket.id, "Hello", "closed")]
    assert bin_[0]["actor"]["id"] == zendesk.admin.id
    assert (await zen.put(f"/deleted_tickets/{ticket.id}/restore")).status_code == 200
    assert (await zen.get(f"/tickets/{ticket.id}")).status_code == 200
    await zen.delete(f"/tickets/{ticket.id}")
    zendesk.clock.advance(timedelta(days=30))
    assert (await zen.get("/deleted_tickets")).json()["deleted_tickets"] == []
    said(await zen.put(f"/deleted_tickets/{ticket.id}/restore"), 404, "RecordNotFound")


async def test_the_bin_is_listed_ten_times_a_minute(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    for _ in range(10):
        assert (await zen.get("/deleted_tickets")).status_code == 200
    assert (await zen.get("/deleted_tickets")).status_code == 429


async def test_permanent_deletion_is_a_job(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    _, ticket = talk(zendesk)
    await zen.delete(f"/tickets/{ticket.id}")
    job = (await zen.delete(f"/deleted_tickets/{ticket.id}")).json()["job_status"]
    assert (job["status"], job["total"], job["progress"], job["results"]) == ("queued", 1, None, None)
    zendesk.clock.advance(timedelta(seconds=3))
    assert (await zen.get(f"/job_statuses/{job['id']}")).json()["job_status"]["status"] == "working"
    assert ticket.id in zendesk.store.tickets
    zendesk.clock.advance(timedelta(seconds=10))
    done = (await zen.get(job["url"])).json()["job_status"]
    assert (done["status"], done["progress"]) == ("completed", 1)
    assert done["results"] == [
        {"index": 0, "id": ticket.id, "action": "delete", "status": "Deleted", "success": True}
    ]  # fmt: skip
    assert ticket.id not in zendesk.store.tickets
    said(await zen.get("/job_statuses/none"), 404, "RecordNotFound")


async def test_a_job_tells_which_ids_failed(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann, gone = talk(zendesk)
    kept = zendesk.add_ticket(Ticket(ann.id, "Kept", [Comment(ann.id, "kept")]))
    soft = (await zen.delete(f"/tickets/destroy_many?ids={gone.id}")).json()["job_status"]
    zendesk.clock.advance(timedelta(seconds=10))
    assert (await zen.get(f"/job_statuses/{soft['id']}")).json()["job_status"]["status"] == "completed"
    hard = (await zen.delete(f"/deleted_tickets/destroy_many?ids={gone.id},{kept.id}")).json()["job_status"]
    zendesk.clock.advance(timedelta(seconds=10))
    many = (await zen.get(f"/job_statuses/show_many?ids={soft['id']},{hard['id']},none")).json()["job_statuses"]
    assert [one["status"] for one in many] == ["completed", "failed"]
    assert [one["success"] for one in many[1]["results"]] == [True, False]
    assert kept.id in zendesk.store.tickets


async def test_thirty_jobs_at_a_time(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    zendesk.clock.call_takes = timedelta(0)
    for number in range(30):
        assert (await zen.delete(f"/deleted_tickets/{number}")).status_code == 200
    said(await zen.delete("/deleted_tickets/31"), 429, "TooManyJobs")
    zendesk.jobs.kill()
    killed = (await zen.delete("/deleted_tickets/31")).json()["job_status"]
    zendesk.jobs.kill()
    zendesk.clock.advance(timedelta(minutes=1))
    assert (await zen.get(f"/job_statuses/{killed['id']}")).json()["job_status"]["status"] == "killed"


async def test_a_ticket_is_deleted_by_number(zen: httpx2.AsyncClient) -> None:
    said(await zen.delete("/tickets/first"), 404, "RecordNotFound")
    bad(await zen.delete("/tickets/destroy_many"), "ids")
