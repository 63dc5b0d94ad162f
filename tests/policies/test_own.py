"""The example for whoever writes a policy of their own is one that passes, and gives both audiences their rights."""

from __future__ import annotations

import re
from pathlib import Path

from activities.letters import LANGUAGES
from habeas.policy import load_policy
from tests.cli.conftest import run_here
from tests.policies.reading import CONTROLLERS


def test_the_smallest_file_of_the_page_is_whole(tmp_path: Path) -> None:
    page = (CONTROLLERS / "README.md").read_text(encoding="utf-8")
    written = re.search(r"## Write your own.*?```toml\n(.*?)```", page, re.DOTALL)
    assert written
    file = tmp_path / "fjordgarn.toml"
    file.write_text(written.group(1), encoding="utf-8")
    load_policy(file, languages=LANGUAGES)
    assert f"{file}: whole." in run_here("policy", "check", str(file)).out
    shown = run_here("policy", "show", "fjordgarn", "--folder", str(tmp_path), "--json").json
    assert {(row["regime"], row["place"]) for row in shown["terms"]} >= {("EEA-GDPR", "NO"), ("US-CCPA", "US-CA")}
