"""A processor of the installation: its settings beside the others, and how it answers by its link."""

import re
import secrets
from pathlib import Path

from tests.acceptance.house import House, eventually, fetch
from workers.stack.stores import CONTROLLER, deploy_folder

AGENCY = "privacy@agency.example"
_LINK = re.compile(r"https?://\S+(/p/[A-Za-z0-9_-]+)")
SETTINGS = f"""
[systems.mailing]
connector = "processor"
title = "Newsletter agency"
email = "{AGENCY}"
letters_in = "en"
told = ["name", "email", "phone", "customer_number"]

[systems.mailing.words.da]
"Newsletter agency" = "Nyhedsbrevbureau"
Subscribers = "Abonnenter"

[systems.mailing.words.fr]
"Newsletter agency" = "Agence de lettres d’information"
Subscribers = "Abonnés"

[systems.mailing.words.de]
"Newsletter agency" = "Newsletter-Agentur"
Subscribers = "Abonnenten"

[[systems.mailing.collections]]
name = "subscribers"
category = "contact"
"""


def settings_with_agency(house: House) -> Path:
    """The installation's settings, with a processor among the controller's systems."""
    folder = house.stack.folder.path / "with-agency"
    policies = folder / "controllers"
    policies.mkdir(parents=True)
    policy = (deploy_folder() / "controllers" / f"{CONTROLLER}.toml").read_text(encoding="utf-8")
    before = 'systems = ["crm", "billing", "support"]'
    assert before in policy
    policy = policy.replace(before, 'systems = ["crm", "billing", "support", "mailing"]', 1)
    (policies / f"{CONTROLLER}.toml").write_text(policy, encoding="utf-8")
    text = house.stack.folder.settings.read_text(encoding="utf-8")
    text = re.sub(r"^policies = .*$", f'policies = "{policies}"', text, flags=re.MULTILINE)
    settings = folder / "habeas.toml"
    settings.write_text(text + SETTINGS, encoding="utf-8")
    return settings


async def link(house: House, request_id: str) -> str:
    """The path of the link that the agency was sent."""

    async def look() -> str | None:
        found = [match[1] for mail in house.mails(request_id) if (match := _LINK.search(mail.text))]
        return found[-1] if found else None

    return await eventually(look, f"an instruction of {request_id}")


async def answer(house: House, path: str, name: str, content: bytes, **fields: str) -> bytes:
    """Send the page's form with one file; the page that follows."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files.subscribers"; filename="{name}"\r\n\r\n'
    body = b"".join([*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
    kind = f"multipart/form-data; boundary={boundary}"
    return await fetch(f"{house.stack.addresses.desk}{path}/answer", body, kind)
