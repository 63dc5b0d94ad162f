"""Each of the five files, broken key by key: the check says where and what to write, or the key is free by design.

Nothing else is allowed: no crash, no fault without its line or remedy, no key that may be anything without standing in
the lists below.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.letters import LANGUAGES
from habeas.errors import ConfigurationError
from habeas.policy import load_policy, problems_of
from tests.policies.breaking import broken, shape, worth_breaking, written
from tests.policies.reading import CONTROLLERS, FIVE, installed

FREE: Mapping[str, tuple[str, ...]] = {
    "has a default, or need not be said": (
        "delete categories.*.keep.ground",
        "delete categories.*.origin",
        "delete categories.*.recipients",
        "delete channels.*.scope",
        "delete clock",
        "delete clock.extend_automatically",
        "delete clock.extend_ground",
        "delete clock.extend_reason",
        "delete clock.remind_days_before",
        "delete controller.phone",
        "delete controller.website",
        "delete identity.code_minutes",
        "delete identity.methods",
        "delete identity.rights.limit_sensitive",
        "delete promise.delay_days_before",
        "delete purposes.*.categories",
        "delete purposes.*.categories.*",
        "delete regimes.*.calendar",
        "delete release",
        "delete release.at_deadline",
        "delete release.days_before",
        "delete review",
        "delete review.access",
        "delete review.change_approvals",
        "delete review.erasure_approvals",
        "delete words",
        "empty categories.*.recipients",
        "empty clock",
        "empty clock.remind_days_before",
        "empty purposes.*.categories",
        "empty release",
        "empty review",
        "empty words",
        "empty words.*",
    ),
    "one fewer of several": (
        "delete categories.*.purposes.*.*",
        "delete categories.*.recipients.*",
        "delete categories.*.sources.*",
        "delete clock.remind_days_before.*",
        "delete identity.methods.*",
        "delete identity.sources.*",
        "delete purposes.*.kinds.*",
        "delete words.*",
        "delete words.*.*",
    ),
    "the account of the published text: what a promise is not named for, nothing keeps": (
        "delete promises",
        "delete promises.*",
        "delete promises.*.keeps.*",
        "delete promises.*.not_held",
        "delete promises.*.note",
        "empty promises",
        "twice promises",
    ),
    "either is right; where one keeps a promise, `test_kept` holds it": (
        "flip categories.*.sensitive (keeps a promise)",
        "flip clock.extend_automatically",
    ),
    "the maps of the systems must say the same, or the worker does not start": (
        "delete categories.*.keep",
        "delete categories.*.keep (keeps a promise)",
        "delete categories.*.keep.partly",
        "delete categories.*.keep.to",
        "empty categories.*.keep (keeps a promise)",
        "flip categories.*.keep.partly",
    ),
    "words for people, which nobody but people can judge": (
        "unknown authorities.US-CA.name",
        "unknown categories.*.controlled_by.who.*",
        "unknown categories.*.expires.law",
        "unknown categories.*.keep.law",
        "unknown categories.*.not_held",
        "unknown categories.*.purposes.*.*",
        "unknown categories.*.retention.*",
        "unknown categories.*.source.*",
        "unknown categories.*.statutory (keeps a promise)",
        "unknown categories.*.title.*",
        "unknown channels.*.scope",
        "unknown channels.*.to",
        "unknown clock.extend_reason.*",
        "unknown controller.name",
        "unknown controller.name (keeps a promise)",
        "unknown open.*",
        "unknown promises.*.not_held",
        "unknown promises.*.note",
        "unknown promises.*.says",
        "unknown purposes.*.title.*",
        "unknown recipients.*.name",
        "unknown recipients.*.not_told.*",
        "unknown recipients.*.safeguards.*",
        "unknown words.*.*",
    ),
}


def _accepted(controller: str, folder: Path) -> set[str]:
    raw = tomllib.loads((CONTROLLERS / f"{controller}.toml").read_text(encoding="utf-8"))
    file = installed(folder, controller) / f"{controller}.toml"
    accepted: set[str] = set()
    for path, keeps in worth_breaking(raw):
        for name, new in broken(raw, path):
            what = f"{name} {shape(path)}"
            file.write_text(written(new), encoding="utf-8")
            try:
                load_policy(file, languages=LANGUAGES)
            except ConfigurationError as error:
                found = problems_of(error)
                assert found, what
                assert [one for one in found if not (one.line and one.message and one.remedy)] == [], what
            else:
                accepted.add(f"{what} (keeps a promise)" if keeps else what)
    return accepted


@pytest.mark.parametrize("controller", FIVE)
def test_each_key_broken_is_named_with_its_line_and_remedy_or_is_free(controller: str, tmp_path: Path) -> None:
    free = {what for each in FREE.values() for what in each}
    accepted = _accepted(controller, tmp_path)
    assert sorted(accepted - free) == []
