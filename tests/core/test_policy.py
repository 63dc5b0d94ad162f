"""Policy files: a whole one loads, and every fault of a faulty one is named with its line, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from habeas.connector import Capability, Collection, Manifest, Retention, Treatment
from habeas.datamap import load_map
from habeas.errors import BadInput, ConfigurationError, UnknownRegime
from habeas.model import Right
from habeas.policy import (
    AtDeadline,
    Category,
    Channel,
    IdentityMethod,
    IdentityPolicy,
    LegalBasis,
    Policy,
    Problem,
    Promise,
    PromiseLine,
    Purpose,
    Recipient,
    ReviewPolicy,
    StaffPolicy,
    Term,
    check_systems,
    load_policies,
    load_policy,
    problems_of,
)
from habeas.policy.lines import key_lines
from habeas.policy.rules import problems
from tests.worded import worded

DEMO = Path(__file__).parents[2] / "deploy" / "controllers" / "demo.toml"
Write = Callable[[str], Path]

SMALL = """\
systems = ["crm", "billing"]
[controller]
id = "small"
name = "Small Shop"
address = "Some Street 1"
email = "privacy@small.example"
establishment = "DK"
clock_tz = "Europe/Copenhagen"
languages = ["en", "da"]
privacy_officer = "officer@small.example"
[[regimes]]
code = "EU-GDPR"
jurisdictions = ["DK", "FR"]
calendar = "DK"
[[regimes]]
code = "CA-PIPEDA"
jurisdictions = ["CA"]
[[regimes]]
code = "CA-QC-25"
jurisdictions = ["CA-QC"]
[identity]
sources = ["crm"]
[record]
keep_days = 1095
[authorities.FR]
name = "CNIL"
url = "https://www.cnil.fr"
[[categories]]
id = "contact"
legal_basis = "contract"
recipients = ["host"]
not_held = "Staff delete it."
title = { en = "Contact", da = "Kontakt" }
purposes = { en = ["to trade"], da = ["at handle"] }
source = { en = "You.", da = "Dig." }
retention = { en = "Two years.", da = "To år." }
[[recipients]]
id = "host"
name = "A Host"
role = "processor"
country = "DK"
email = "desk@host.example"
"""

STAFFED = (
    SMALL
    + """\
[staff]
accounts = ["ane", "bo"]
"""
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "small.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def found(path: Path) -> list[tuple[int | None, str]]:
    """The lines and keys that are at fault; every one must come with what to do, and stand in the message."""
    with pytest.raises(ConfigurationError) as refused:
        load_policy(path)
    listed = refused.value.facts["problems"]
    assert isinstance(listed, tuple)
    for problem in listed:
        assert isinstance(problem, Problem)
        assert problem.remedy
        assert f"line {problem.line}: {problem.key}: " in str(refused.value)
    assert path.name in str(refused.value)
    return [(problem.line, problem.key) for problem in listed]


def line(text: str, part: str) -> int:
    """The line of the first occurrence."""
    return text[: text.index(part)].count("\n") + 1


def changed(old: str, new: str, text: str = SMALL) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_a_small_policy_gets_safe_defaults(write: Write) -> None:
    policy = load_policy(write(SMALL))
    assert (policy.id, policy.origin) == ("small", write(SMALL))
    assert policy.identity.required
    assert policy.identity.methods == (IdentityMethod.CODE, IdentityMethod.ATTESTATION)
    assert policy.review.erasure_approvals == 2
    assert policy.release.at_deadline is AtDeadline.WAIT
    assert not policy.clock.extend_automatically
    assert all(policy.offers(right) for right in Right)
    assert policy.promise.days is None


def test_the_demo_controller_is_whole() -> None:
    policy = load_policies(DEMO.parent, only=["demo"])["demo"]
    assert policy.controller.languages == ("en", "da", "fr", "de")
    assert policy.systems == ("crm", "billing", "support")
    ids = "contact company_relation activity consent account transactions payment support correspondence chat"
    assert {category.id for category in policy.categories} == set(ids.split())
    for category in policy.categories:
        for language in policy.controller.languages:
            shown = [policy.text(text, language) for text in (category.title, category.source, category.retention)]
            assert all(shown)
            assert len(policy.texts(category.purposes, language)) == len(category.purposes["en"])
    assert policy.default_regime("FR") == "EU-GDPR"
    assert policy.default_regime("CA-ON") == "CA-PIPEDA"


def test_the_demo_controller_explains_every_key() -> None:
    shown = re.sub(r"(?m)^# (?=[a-z\[])", "", DEMO.read_text())
    parts = (Promise, IdentityPolicy, ReviewPolicy, Category, Recipient, Purpose, Channel, StaffPolicy, PromiseLine)
    keys = {field.alias or key for part in parts for key, field in part.model_fields.items()} - {"scope"}
    for name in ("calendar", "folder", "extend_reason", *Policy.model_fields, *keys):
        assert re.search(rf"\b{name}\b", shown), name


def test_the_nearest_language_is_spoken(write: Write) -> None:
    policy = load_policy(write(SMALL))
    title = policy.category("contact").title
    assert [policy.text(title, wanted) for wanted in ("da", "da-DK", "pt", None)] == [
        "Kontakt",
        "Kontakt",
        "Contact",
        "Contact",
    ]
    assert policy.texts(policy.category("contact").purposes, "da") == ("at handle",)


@pytest.mark.parametrize(
    ("lives", "regime", "calendar"),
    [
        ("DK", "EU-GDPR", "DK"),
        ("FR", "EU-GDPR", "DK"),
        ("CA", "CA-PIPEDA", "CA"),
        ("CA-ON", "CA-PIPEDA", "CA-ON"),
        ("CA-QC", "CA-QC-25", "CA-QC"),
        ("US-CA", "EU-GDPR", "DK"),
    ],
)
def test_the_nearest_regime_applies(write: Write, lives: str, regime: str, calendar: str) -> None:
    applicable = load_policy(write(SMALL)).applicable(lives)
    assert (applicable.regime, applicable.jurisdiction) == (regime, calendar)


def test_what_a_policy_does_not_have_is_said(write: Write) -> None:
    policy = load_policy(write(changed('establishment = "DK"', 'establishment = "US"')))
    with pytest.raises(UnknownRegime):
        policy.default_regime("US-CA")
    with pytest.raises(BadInput):
        policy.category("nothing")
    with pytest.raises(BadInput):
        policy.recipient("nobody")
    assert policy.recipient("host").name == "A Host"
    assert policy.category("contact").legal_bases == (LegalBasis.CONTRACT,)


def test_an_authority_of_one_s_own_wins_for_its_country(write: Write) -> None:
    policy = load_policy(write(SMALL))
    for jurisdiction in ("FR", "FR-67"):
        authority = policy.authority(jurisdiction)
        assert authority is not None
        assert authority.name == "CNIL"
    assert policy.authority("DK") is None


FAULTS = [
    ('id = "small"\n', "", ["controller.id"], "[controller]"),
    ('name = "Small Shop"', "name = 7", ["controller.name"], "name = 7"),
    ('"privacy@small.example"', '"nowhere"', ["controller.email"], "email ="),
    ('"Europe/Copenhagen"', '"Europe/Nowhere"', ["controller.clock_tz"], "clock_tz"),
    ('establishment = "DK"', 'establishment = "Denmark"', ["controller.establishment"], "establishment"),
    ('"en", "da"]', '"en", "da", "en"]', ["controller.languages[2]"], "languages"),
    ('"en", "da"]', '"en"]', ["categories[0].purposes.da"], "purposes"),
    ('"crm", "billing"]', '"crm", "crm"]', ["systems[1]"], "systems"),
    ("[record]\nkeep_days = 1095\n", "", ["record"], "systems"),
    ("keep_days = 1095", "keep_days = 0", ["record.keep_days"], "keep_days"),
    ('sources = ["crm"]', 'sources = ["erp"]', ["identity.sources[0]"], "sources"),
    ('sources = ["crm"]', "", ["identity.sources"], "[identity]"),
    ('sources = ["crm"]', "required = false", ["identity.required"], "required"),
    (
        'sources = ["crm"]',
        'sources = ["crm"]\nremind_after_days = [\n3,\n21]',
        ["identity.remind_after_days[1]"],
        "21]",
    ),
    ("[record]", "[review]\nerasure_approvals = 1\n[record]", ["review.erasure_approvals"], "erasure_approvals"),
    ("[record]", "[clock]\nextend_automatically = true\n[record]", ["clock.extend_ground"], "[clock]"),
    ("[record]", '[clock]\nextend_reason = { en = "Why." }\n[record]', ["clock.extend_reason"], "extend_reason"),
    ("[record]", "[clock]\nremind_days_before = [5, 5]\n[record]", ["clock.remind_days_before[1]"], "remind_days"),
    ("[record]", '[letters]\nfolder = "nowhere"\n[record]', ["letters.folder"], "folder"),
    ("[record]", "[surprise]\n[record]", ["surprise"], "[surprise]"),
    ("keep_days = 1095", "keep_day = 365", ["record.keep_day"], "keep_day"),
    ('jurisdictions = ["CA-QC"]', 'jurisdictions = ["FR"]', ["regimes[2].jurisdictions[0]"], 'jurisdictions = ["FR"]'),
    ('code = "CA-QC-25"', 'code = "EU-GDPR"', ["regimes[2].code"], 'code = "EU-GDPR"\njurisdictions = ["CA-QC"]'),
    ('recipients = ["host"]', 'recipients = [\n"host",\n"guest",\n]', ["categories[0].recipients[1]"], '"guest"'),
    ('da = "Kontakt"', 'dk = "Kontakt"', ["categories[0].title", "categories[0].title.dk"], "title ="),
    ('legal_basis = "contract"', 'legal_basis = "habit"', ["categories[0].legal_basis"], "legal_basis"),
    ('legal_basis = "contract"', "legal_basis = []", ["categories[0].legal_basis"], "legal_basis"),
    ('role = "processor"', 'role = "friend"', ["recipients[0].role"], "role"),
    ("[[recipients]]", '[[recipients]]\nid = "host"\n[[recipients]]', ["recipients[1].id"], 'id = "host"\nname'),
]


@pytest.mark.parametrize(("old", "new", "keys", "where"), FAULTS)
def test_a_fault_is_named_with_its_line(write: Write, old: str, new: str, keys: list[str], where: str) -> None:
    text = changed(old, new)
    problems_found = found(write(text))
    assert set(keys) <= {key for _, key in problems_found}
    assert (line(text, where), keys[0]) in problems_found


def test_all_faults_of_a_file_are_listed_at_once(write: Write) -> None:
    text = SMALL
    for old, new in [
        ('id = "small"', 'id = "Small Shop"'),
        ("keep_days = 1095", "keep_days = -1\nforget = true"),
        ('sources = ["crm"]', "required = false"),
        ('da = ["at handle"]', 'fr = ["commercer"]'),
    ]:
        text = changed(old, new, text)
    assert {key for _, key in found(write(text))} == {
        "controller.id",
        "record.keep_days",
        "record.forget",
        "identity.required",
        "categories[0].purposes",
        "categories[0].purposes.fr",
    }


def test_a_misspelt_key_gets_a_suggestion(write: Write) -> None:
    with pytest.raises(ConfigurationError, match=r"identity\.source: unknown key; did you mean 'sources'\?"):
        load_policy(write(changed("sources =", "source =")))
    with pytest.raises(ConfigurationError, match=r"categories\[0\]\.porpuses: unknown key; did you mean 'purposes'"):
        load_policy(write(changed("purposes =", "porpuses =")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('sources = ["crm"]', 'required = false\ni_know = "only staff ask, in person"'),
        ('sources = ["crm"]', 'methods = ["attestation"]'),
        ("[record]", '[review]\nerasure_approvals = 1\ni_know = "a company of one person"\n[record]'),
        (
            "[record]",
            '[clock]\nextend_automatically = true\nextend_ground = "complexity"\n'
            'extend_reason = { en = "Why.", da = "Hvorfor." }\n[record]',
        ),
    ],
)
def test_what_is_risky_goes_with_a_reason(write: Write, old: str, new: str) -> None:
    # No ground of an extension is common to the GDPR and PIPEDA.
    alone = changed('[[regimes]]\ncode = "CA-PIPEDA"\njurisdictions = ["CA"]\n', "")
    load_policy(write(changed(old, new, alone)))


@pytest.mark.parametrize(
    ("text", "at"),
    [("a = 1\nb = \n", 2), ("a = [1,\n2\n", 2), ('a = "x\n', 1), ("[t\n", 1), ("a = 1\na = 2\n", 2), ("", 1)],
)
def test_what_is_not_toml_is_refused_with_its_line(write: Write, text: str, at: int) -> None:
    assert at in [number for number, _ in found(write(text))]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    with pytest.raises(ConfigurationError, match="no policy file"):
        load_policy(path)
    path.write_bytes(b'a = "ok"\nb = "\xff"\n')
    assert found(path) == [(2, "(file)")]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_policy(tmp_path)


def test_letters_are_found_beside_the_policy(write: Write, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    policy = load_policy(write(changed("[record]", '[letters]\nfolder = "ours"\n[record]')))
    assert policy.letters is not None
    assert policy.letters.folder == tmp_path / "ours"


def test_a_folder_of_policies(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no policy"):
        load_policies(tmp_path)
    with pytest.raises(ConfigurationError, match="no folder"):
        load_policies(tmp_path / "nowhere")
    write(STAFFED)
    (tmp_path / "other.toml").write_text(changed('id = "small"', 'id = "other"', STAFFED))
    assert list(load_policies(tmp_path)) == ["other", "small"]
    (tmp_path / "broken.toml").write_text("[controller\n")
    assert list(load_policies(tmp_path, only=["small"])) == ["small"]
    with pytest.raises(ConfigurationError, match=r"no third\.toml in"):
        load_policies(tmp_path, only=["small", "third"])


def test_several_controllers_say_whose_staff_is_whose(write: Write, tmp_path: Path) -> None:
    write(SMALL)
    assert list(load_policies(tmp_path)) == ["small"]
    (tmp_path / "other.toml").write_text(changed('id = "small"', 'id = "other"', STAFFED))
    with pytest.raises(ConfigurationError, match=r"small\.toml(.|\n)*line 1: staff\.accounts: with several") as refused:
        load_policies(tmp_path)
    assert "other.toml" not in str(refused.value)


def test_a_language_without_letters_is_refused(write: Write) -> None:
    path = write(SMALL)
    assert load_policy(path, languages=("en", "da")).id == "small"
    with pytest.raises(
        ConfigurationError, match=r"controller\.languages\[1\]: there are no letters in 'da'; one of en"
    ):
        load_policy(path, languages=("en",))
    with pytest.raises(ConfigurationError) as alone:
        load_policy(write(changed('["en", "da"]', '["en", "da", "xx"]')), languages=("en", "da"))
    assert [(one.key, one.message) for one in problems_of(alone.value)] == [
        ("controller.languages[2]", "there are no letters in 'xx'")
    ], "no word of texts in a language that cannot stay"


def test_two_policies_of_one_id_are_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "again.toml").write_text(SMALL)
    write(SMALL)
    with pytest.raises(ConfigurationError, match=r"small\.toml(.|\n)*line 3: controller\.id(.|\n)*again\.toml"):
        load_policies(tmp_path)


def test_the_faults_of_every_file_are_listed_together(write: Write, tmp_path: Path) -> None:
    write(changed("keep_days = 1095", "keep_days = 0"))
    (tmp_path / "other.toml").write_text("[controller\n")
    with pytest.raises(ConfigurationError) as refused:
        load_policies(tmp_path)
    assert "other.toml" in str(refused.value)
    assert "record.keep_days" in str(refused.value)


def test_a_policy_made_in_code_obeys_the_same_rules() -> None:
    raw: dict[str, Any] = tomllib.loads(SMALL)
    raw["identity"] = {"required": False}
    with pytest.raises(ValueError, match=r"identity\.required"):
        Policy.model_validate(raw)


wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_a_value_of_any_shape_anywhere_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    """The rules look at raw data: whatever stands there, they answer, and never fall over it."""
    raw: Any = tomllib.loads(SMALL)
    paths = sorted(key_lines(SMALL), key=str)
    path = data.draw(st.sampled_from(paths))
    spot = raw
    for part in path[:-1]:
        spot = spot[part]
    spot[path[-1]] = data.draw(wild)
    told = problems(raw)
    assert all(problem.message and problem.remedy for problem in told)
    try:
        Policy.model_validate(raw)
    except ValidationError:
        return
    assert told == ()


def manifest(*kinds: Collection, yields: tuple[str, ...] = ("email",)) -> Manifest:
    made = Manifest(
        title="A store",
        needs=("email",),
        yields=yields,
        capabilities=frozenset({Capability.LOCATE, Capability.COLLECT}),
        collections=kinds,
    )
    return worded(made, "da")


def kind(category: str, name: str = "rows", treatment: Treatment = Treatment.DELETE) -> Collection:
    return Collection(name=name, category=category, treatment=treatment)


def test_a_policy_that_fits_its_systems_passes(write: Write) -> None:
    policy = load_policy(write(SMALL))
    fit = manifest(kind("contact"))
    check_systems(policy, {"crm": fit, "billing": fit, "not_ours": manifest(kind("elsewhere"))})


def test_every_category_and_system_must_be_known(write: Write) -> None:
    policy = load_policy(write(SMALL))
    crm = manifest(kind("contact"), kind("activity", "calls"), kind("activity", "notes"), yields=("phone",))
    with pytest.raises(ConfigurationError) as refused:
        check_systems(policy, {"crm": crm})
    said = str(refused.value)
    assert "line 1: systems[1]: 'billing' is not configured; add [systems.billing]" in said
    assert f"line {line(SMALL, '[[categories]]')}: categories: 'activity' (used by crm.calls, crm.notes)" in said
    assert f"line {line(SMALL, 'sources =')}: identity.sources[0]: 'crm' knows no e-mail addresses" in said


def test_a_system_whose_plan_could_not_be_made_is_refused(write: Write) -> None:
    policy = load_policy(write(SMALL))
    fit = manifest(kind("contact"))
    with pytest.raises(ConfigurationError, match=r"billing\.bills: what is retained needs a retention"):
        check_systems(policy, {"crm": fit, "billing": manifest(kind("contact", "bills", Treatment.RETAIN))})
    duty = Retention(law="Bookkeeping Act s. 12", years=5, anchor="day")
    bills = kind("contact", "bills", Treatment.RETAIN).model_copy(update={"retention": duty})
    keep = Term.model_validate(duty.model_dump(exclude={"anchor"})).model_copy(update={"partly": True})
    contact = policy.categories[0].model_copy(update={"keep": keep})
    kept = policy.model_copy(update={"categories": (contact, *policy.categories[1:])})
    check_systems(kept, {"crm": fit, "billing": manifest(bills)})


@pytest.mark.parametrize(
    ("old", "new", "key", "where"),
    [
        ('code = "CA-QC-25"', 'code = "CA-QC-26"', "regimes[2].code", "CA-QC-26"),
        ('jurisdictions = ["CA"]', 'jurisdictions = ["NZ"]', "regimes[1].jurisdictions[0]", '["NZ"]'),
        ('calendar = "DK"', 'calendar = "US"', "regimes[0].calendar", "calendar"),
        ('calendar = "DK"', 'calendar = "DE"', "regimes[0].calendar", "calendar"),  # nothing is listed for Germany
        (
            "[record]",
            '[clock]\nextend_automatically = true\nextend_ground = "laziness"\n'
            'extend_reason = { en = "Why.", da = "Hvorfor." }\n[record]',
            "clock.extend_ground",
            "laziness",
        ),
    ],
)
def test_what_the_law_does_not_know_is_named_with_its_line(
    write: Write, old: str, new: str, key: str, where: str
) -> None:
    text = changed(old, new)
    assert found(write(text)) == [(line(text, where), key)]


def test_the_demo_controller_describes_what_the_sample_stores_hold() -> None:
    maps = sorted((DEMO.parents[1] / "samples" / "maps").glob("*.toml"))
    assert maps
    check_systems(load_policy(DEMO), {path.stem: load_map(path).manifest() for path in maps})
