"""Files at comments.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, number
from tests.vendors.zendesk.errors import not_found
from tests.vendors.zendesk.records import Attachment
from tests.vendors.zendesk.tickets import need_deletion

routes: Routes[Account] = Routes()


def redact_file(attachment: Attachment) -> None:
    """An empty ``redacted.txt`` takes the file's place."""
    attachment.file_name, attachment.content, attachment.content_type = "redacted.txt", b"", "text/plain"


def _by_token(account: Account, call: Call) -> Attachment:
    for one in account.store.attachments():
        if one.token == call.params["token"]:
            return one
    raise not_found()


@routes.on("GET", "/api/v2/attachments/{attachment_id}", needs=("tickets",))
def show(account: Account, call: Call) -> Response:
    """``ShowAttachment``."""
    account.staff(call)
    wanted = number(call.params["attachment_id"])
    found = next((one for one in account.store.attachments() if one.id == wanted), None)
    if found is None:
        raise not_found()
    return json_answer({"attachment": rendering.attachment(account, found)})


@routes.on("GET", "/attachments/token/{token}/", public=True)
def content(account: Account, call: Call) -> Response:
    """The ``content_url``: no API, and a redirect to another host.

    "Take care not to inadvertently send Zendesk authentication credentials to third parties"
    (https://developer.zendesk.com/documentation/ticketing/managing-tickets/working-with-url-properties/); here the
    other host is a path of this one, and ``calls`` tells who brought credentials. Accounts with private attachments ask
    for a login; that that is a 401 is not verified.
    """
    if account.private_attachments:
        account.caller(call)
    found = _by_token(account, call)
    return Response(status_code=302, headers={"Location": f"{account.base_url}/cdn/{found.token}"})


@routes.on("GET", "/cdn/{token}", public=True)
def hosted(account: Account, call: Call) -> Response:
    """The file, on the host that keeps it."""
    found = _by_token(account, call)
    return Response(found.content, media_type=found.content_type)


@routes.on(
    "PUT", "/api/v2/tickets/{ticket_id}/comments/{comment_id}/attachments/{attachment_id}/redact", needs=("tickets",)
)
def redact(account: Account, call: Call) -> Response:
    """``RedactCommentAttachment``.

    "permanently removes attachments from an existing ticket comment"; redacted.txt stays.
    """
    need_deletion(account, call)
    comment_id, attachment_id = number(call.params["comment_id"]), number(call.params["attachment_id"])
    for comment in account.ticket(call).comments:
        for one in comment.attachments:
            if (comment.id, one.id) == (comment_id, attachment_id):
                redact_file(one)
                return json_answer({"attachment": rendering.attachment(account, one)})
    raise not_found()
