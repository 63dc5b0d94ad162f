"""What a download link gives, for tests that are about what is in it."""

from datetime import timedelta

from pydantic import SecretStr

from activities.ledger import NewVisit, at_link
from workers.office import Office

CODE = "12345678"


async def fetched(office: Office, token: str) -> bytes:
    """The package behind a link. Its code is made known to the ledger as the office does it, and no letter goes out.

    Raises:
        LinkRefused: the link gives nothing.
    """
    now = office._now()
    async with office._ledger.begin() as tx:
        link = await tx.live_link(token, now)
        await tx.new_visit(
            NewVisit(
                id=at_link(link.id),
                request_id=link.request_id,
                code=SecretStr(CODE),
                created_at=now,
                expires_at=now + timedelta(minutes=1),
            )
        )
    async with office.redeem(token, CODE) as handed:
        content = b"".join([chunk async for chunk in handed.chunks()])
        handed.arrived = True
    return content
