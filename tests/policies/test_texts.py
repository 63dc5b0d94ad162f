"""Each of the five policies holds every promise of its text, and does not pass before its open settings are filled."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from activities.letters import LANGUAGES
from habeas.errors import ConfigurationError
from habeas.policy import load_policies, load_policy, problems_of
from habeas.policy.lines import key_lines
from tests.policies.reading import ANSWERS, CONTROLLERS, FIVE, TEXTS, answered, installed, lines_of


@pytest.mark.parametrize("name", FIVE)
def test_it_does_not_pass_before_each_open_setting_is_filled(name: str) -> None:
    path = CONTROLLERS / f"{name}.toml"
    text = path.read_text(encoding="utf-8")
    declared = tomllib.loads(text)["open"]
    with pytest.raises(ConfigurationError) as refused:
        load_policy(path)
    found = {problem.path: problem for problem in problems_of(refused.value)}
    assert set(found) == {("open", key) for key in declared}, "only what is open is missing"
    for key, why in declared.items():
        problem = found["open", key]
        assert problem.line == key_lines(text)["open", key]
        assert why in problem.message
        assert f"{name}.local.toml" in problem.remedy


@pytest.mark.parametrize("name", FIVE)
def test_it_passes_with_answers_and_not_with_one_of_them_missing(tmp_path: Path, name: str) -> None:
    policy = answered(tmp_path / "whole", name)
    assert policy.id == name
    folder = installed(tmp_path / "lacking", name)
    answers = folder / f"{name}.local.toml"
    said = answers.read_text(encoding="utf-8")
    answers.write_text(said.replace("privacy_officer", "# privacy_officer"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_policy(folder / f"{name}.toml")
    assert [problem.key for problem in problems_of(refused.value)] == ["open.controller.privacy_officer"]


def test_all_five_and_the_demo_live_in_one_installation(tmp_path: Path) -> None:
    folder = installed(tmp_path / "all", *FIVE)
    assert set(load_policies(folder, languages=LANGUAGES)) == set(FIVE)
    staff = [policy.staff.accounts for policy in load_policies(folder).values()]
    assert len({*staff}) == len(FIVE)


@pytest.mark.parametrize("name", FIVE)
def test_every_line_that_binds_is_a_promise_and_every_promise_is_in_the_text(tmp_path: Path, name: str) -> None:
    promised = {line for promise in answered(tmp_path, name).promises for line in lines_of(promise.line)}
    assert lines_of(TEXTS[name]["binding"]) <= promised
    assert max(promised) <= TEXTS[name]["lines"]
    assert min(promised) >= 1


@pytest.mark.parametrize("name", FIVE)
def test_an_answer_is_given_to_what_is_open_and_to_nothing_else(name: str) -> None:
    declared = tomllib.loads((CONTROLLERS / f"{name}.toml").read_text(encoding="utf-8"))["open"]
    answers = key_lines((ANSWERS / f"{name}.local.toml").read_text(encoding="utf-8"))
    given = {".".join(map(str, path)) for path in answers}
    for key in declared:
        parent, _, last = key.rpartition(".")
        assert any(f"{parent}.{each}" in given for each in last.split("|")), key


PROMISED = {
    "dimpo": (30, "efforts", False),
    "mindlink": (None, None, False),
    "opendims": (None, None, False),
    "dignio": (30, "hard", False),
    "dialogra": (30, "efforts", True),
}


@pytest.mark.parametrize("name", FIVE)
def test_the_term_promised_is_that_of_the_text(tmp_path: Path, name: str) -> None:
    promise = answered(tmp_path, name).promise
    strength = promise.strength.value if promise.days else None
    assert (promise.days, strength, promise.delay_notice) == PROMISED[name]


TERMS = {
    ("dimpo", "payment", "keep"): (6, 0, 0),
    ("dimpo", "marketing", "expires"): (0, 0, 1),
    ("dimpo", "browsing", "expires"): (0, 0, 1),
    ("mindlink", "newsletter", "expires"): (0, 0, 1),
    ("opendims", "cookies", "expires"): (0, 0, 1),
    ("opendims", "marketing", "expires"): (0, 0, 1),
    ("mindlink", "billing", "keep"): (6, 0, 0),
    ("mindlink", "paper_accounts", "keep"): (6, 0, 0),
    ("dialogra", "transactions", "keep"): (10, 0, 0),
    ("dialogra", "transactions", "expires"): (10, 0, 0),
    ("dialogra", "service_dialogues", "expires"): (3, 0, 0),
    ("dialogra", "voice_recordings", "expires"): (0, 1, 0),
    ("dialogra", "user_data", "expires"): (5, 0, 0),
    ("dignio", "invoices", "keep"): (5, 0, 0),
    ("dignio", "invoices", "expires"): (5, 0, 0),
    ("dignio", "business_correspondence", "keep"): (5, 0, 0),
    ("dignio", "business_correspondence", "expires"): (5, 0, 0),
    ("dignio", "supplier_partner", "expires"): (5, 0, 0),
    ("dignio", "correspondence", "expires"): (1, 0, 0),
    ("dignio", "chat", "expires"): (0, 0, 30),
    ("dignio", "newsletter", "expires"): (0, 0, 1),
    ("dignio", "video", "expires"): (0, 0, 1),
    ("dignio", "analytics", "expires"): (2, 0, 0),
    ("dignio", "visit_code", "expires"): (0, 0, 1),
    ("dignio", "social_statistics", "expires"): (2, 0, 0),
}


def test_what_is_kept_and_what_expires_is_that_of_the_texts(tmp_path: Path) -> None:
    found = {}
    for name in FIVE:
        for category in answered(tmp_path, name).categories:
            for kind, term in (("keep", category.keep), ("expires", category.expires)):
                if term is not None:
                    found[name, category.id, kind] = (term.years, term.months, term.days)
    assert found == TERMS


def test_what_is_promised_to_be_erased_on_request_is_not_kept(tmp_path: Path) -> None:
    assert answered(tmp_path, "dimpo").category("orders").keep is None
    dignio = answered(tmp_path, "dignio")
    assert dignio.category("supplier_partner").keep is None
    assert dignio.category("correspondence").keep is None
    assert answered(tmp_path, "opendims").category("uploaded_content").controlled_by is not None
    assert {"mindlink_paper_accounts", "mindlink_purchased_lists"} <= set(answered(tmp_path, "mindlink").systems)
