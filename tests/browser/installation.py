"""One installation with two controllers: the demo's shop, and an archive with paper and a processor."""

import json
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from tests.acceptance.agency import SETTINGS as AGENCY
from tests.acceptance.house import House, MeteredStack, open_house
from workers.settings import CONFIG_VARIABLE, Settings
from workers.stack.stores import CONTROLLER, deploy_folder, read_settings

ARCHIVE = "archive"
STAFF = ["kim", "noor"]
"""Who works for both."""
_PAPER = """
[systems.paper]
connector = "manual"
title = "Filing cabinet"
due_days = 7

[systems.paper.instructions]
en = "Second floor, by customer number, then by name."

[systems.paper.words.da]
"Filing cabinet" = "Arkivskab"
Letters = "Breve"

[systems.paper.words.fr]
"Filing cabinet" = "Armoire à dossiers"
Letters = "Lettres"

[systems.paper.words.de]
"Filing cabinet" = "Aktenschrank"
Letters = "Briefe"

[[systems.paper.collections]]
name = "letters"
category = "correspondence"
"""
_OWN = {
    'systems = ["crm", "billing", "support"]': 'systems = ["crm", "paper", "mailing"]',
    'sources = ["crm", "billing", "support"]': 'sources = ["crm"]',
    f'id = "{CONTROLLER}"': f'id = "{ARCHIVE}"',
    'name = "Nordlys Handel ApS"': 'name = "Nordlys Arkiv ApS"',
}
"""What is the archive's own in its policy."""


class _Stack(MeteredStack):
    """Its processes run by settings with more in them, written as soon as those of the stack are there."""

    @property
    def config(self) -> Path:
        """Those settings."""
        config = self.folder.path / "both" / "habeas.toml"
        if not config.exists():
            _write(config, self.folder.settings.read_text(encoding="utf-8"))
        return config

    @property
    def environment(self) -> dict[str, str]:
        more = {CONFIG_VARIABLE: str(self.config)} if self.folder.settings.exists() else {}
        return super().environment | {"HABEAS_BY": STAFF[0]} | more

    def settings(self) -> Settings:
        return read_settings(self.config)


def _write(config: Path, settings: str) -> None:
    policies = config.parent / "controllers"
    policies.mkdir(parents=True)
    demo = (deploy_folder() / "controllers" / f"{CONTROLLER}.toml").read_text(encoding="utf-8")
    demo += f"\n[staff]\naccounts = {json.dumps(STAFF)}\n"
    (policies / f"{CONTROLLER}.toml").write_text(demo, encoding="utf-8")
    for before, own in _OWN.items():
        assert demo.count(before) == 1, before
        demo = demo.replace(before, own)
    (policies / f"{ARCHIVE}.toml").write_text(demo, encoding="utf-8")
    ours = {"policies": f'"{policies}"', "controllers": f'["{CONTROLLER}", "{ARCHIVE}"]'}
    for name, value in ours.items():
        settings, found = re.subn(rf"^{name} = .*$", f"{name} = {value}", settings, flags=re.MULTILINE)
        assert found == 1, name
    config.write_text(settings + _PAPER + AGENCY, encoding="utf-8")


def open_installation(folder: Path, people: int = 60) -> AbstractAsyncContextManager[House]:
    """Start it; everything is stopped at the end."""
    return open_house(folder, people, _Stack)
