"""Why something is withheld or kept is told by the article of the request's own law, and a law without one is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from habeas import law
from habeas.connector import Collection, Manifest, Retention, Treatment
from habeas.datamap import DataMap, parse_map, problems
from habeas.errors import ConfigurationError
from habeas.fields import SensitiveType
from habeas.model import Right
from habeas.policy import Policy, Term, check_systems, load_policy, problems_of
from habeas.policy.provisions import without_provision
from habeas.policy.sections import RegimeEntry
from habeas.reasons import under
from tests.core.test_policy import SMALL, line
from tests.core.test_policy_rules import refused, store, written
from tests.worded import worded

OTHERS = {"agent": "data of our employee"}
PIPEDA = '[provisions.CA-PIPEDA]\nlegal_claims = "PIPEDA Sch. 1 cl. 4.5"\n'
MAP = """
system = "crm"
[tables.people]
category = "contact"
erase = "retain"
person = true
retention = { law = "GDPR art. 17(3)(b)", years = 5, from = "made_on" }
[tables.people.columns]
id = "keep"
made_on = "keep"
agent = { erase = "null", disclose = false, because = "data of our employee" }
"""


def policy_of(folder: Path, text: str = SMALL) -> Policy:
    policy = load_policy(written(folder, text))
    identity = policy.identity.model_copy(update={"sources": ()})
    return policy.model_copy(update={"systems": ("crm",), "identity": identity}).came_from(folder / "small.toml")


def keeping(policy: Policy, manifest: Manifest) -> Policy:
    """The policy, which keeps what the manifest does."""
    duty = next((one.retention for one in manifest.collections if one.retention), None)
    keep = Term.model_validate(duty.model_dump(exclude={"anchor"})) if duty else None
    contact = policy.categories[0].model_copy(update={"keep": keep})
    return policy.model_copy(update={"categories": (contact,)})


def faults(policy: Policy, manifest: Manifest) -> list[str]:
    """What is said of its reasons, for a system that is otherwise as it should be."""
    policy = keeping(policy, manifest)
    found = list(without_provision(policy, {"crm": manifest}))
    assert all(each.path == ("systems", 0) and each.remedy for each in found)
    if not found:
        check_systems(policy, {"crm": worded(manifest, "da")})
        return []
    with pytest.raises(ConfigurationError) as error:
        check_systems(policy, {"crm": worded(manifest, "da")})
    assert [each.message for each in problems_of(error.value)] == [each.message for each in found]
    return [each.message for each in found]


def retained(says: str, ground: str | None = None) -> Manifest:
    return store(treatment=Treatment.RETAIN, retention=Retention(law=says, ground=ground, years=5, anchor="day"))


@pytest.mark.parametrize(
    ("regime", "place", "right", "reason", "article"),
    [
        ("EU-GDPR", "DK", Right.ACCESS, "rights_of_others", "GDPR 15(4), 20(4)"),
        ("UK-GDPR", "GB-ENG", Right.ACCESS, "account_security", "UK GDPR 32(1)"),
        ("US-CCPA", "US-CA", Right.ACCESS, "rights_of_others", "Civ. Code 1798.145(k)"),
        ("US-CCPA", "US-CA", Right.ERASURE, "legal_obligation", "Civ. Code 1798.105(d)(8)"),
        ("CA-QC-25", "CA-QC", Right.ACCESS, "rights_of_others", "P-39.1 s.40"),
        ("US-STATE", "US-VA", Right.ERASURE, "legal_claims", "Va. Code 59.1-577"),
        # Portability is promised where the law knows only access: withheld on the same ground.
        ("CA-PIPEDA", "CA-ON", Right.PORTABILITY, "rights_of_others", "PIPEDA s.9(1)"),
        # Reasons for a copy are none for an erasure.
        ("EU-GDPR", "DK", Right.ERASURE, "account_security", None),
        ("EU-GDPR", "DK", Right.ERASURE, "rights_of_others", None),
        ("CA-PIPEDA", "CA-ON", Right.ERASURE, "legal_claims", None),
    ],
)
def test_each_law_has_its_own_article(regime: str, place: str, right: Right, reason: str, article: str | None) -> None:
    assert law.provision(regime, place, right, reason) == article


def test_an_article_of_the_policy_goes_before_the_laws(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, SMALL + PIPEDA)
    told = [
        policy.provision(code, place, Right.ERASURE, "legal_claims")
        for code, place in (("CA-PIPEDA", "CA-ON"), ("EU-GDPR", "DK"))
    ]
    assert told == ["PIPEDA Sch. 1 cl. 4.5", "GDPR 17(3)(e)"]


def test_what_is_kept_is_kept_by_its_own_law_and_the_requests() -> None:
    kept = retained("Bookkeeping Act s. 12", "legal_obligation").collections
    for regime, place, article in (
        ("US-CCPA", "US-CA", "Civ. Code 1798.105(d)(8)"),
        ("EU-GDPR", "DK", "GDPR 17(3)(b)"),
    ):
        (one,) = under(lambda ground: law.provision(regime, place, Right.ERASURE, ground), kept)  # noqa: B023  called here
        assert one.retention is not None
        assert one.retention.law == f"Bookkeeping Act s. 12; {article}"
    (plain,) = under(lambda ground: None, retained("Bookkeeping Act s. 12").collections)
    assert plain.retention is not None
    assert plain.retention.law == "Bookkeeping Act s. 12"
    with pytest.raises(ConfigurationError, match="'legal_obligation', for which the request's law has no article"):
        under(lambda ground: None, kept)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (
            store(withheld=OTHERS),
            "crm.rows.agent is withheld, and its reason has no provision under EU-GDPR, CA-PIPEDA, CA-QC-25",
        ),
        (store(withheld=OTHERS, grounds={"agent": "trade_secrets"}), "has no provision under EU-GDPR, CA-QC-25"),
        (store(withheld=OTHERS, grounds={"agent": "other_people"}), "on the ground 'other_people', which no law has"),
        (
            store(withheld={"agent": "an employee's (GDPR art. 15(4))"}),
            "its because names GDPR, which is not the law of a request under CA-PIPEDA, CA-QC-25",
        ),
        (
            retained("GDPR art. 17(3)(b)"),
            "its law names GDPR, which is not the law of a request under CA-PIPEDA, CA-QC-25",
        ),
        (
            retained("a duty to keep the books"),
            "crm.rows is kept, and its reason has no provision under EU-GDPR, CA-PIPEDA, CA-QC-25",
        ),
        (retained("Limitation Act s. 3", "legal_claims"), "has no provision under CA-PIPEDA, CA-QC-25"),
    ],
)
def test_a_reason_without_an_article_is_named_for_every_law(tmp_path: Path, manifest: Manifest, said: str) -> None:
    (message,) = faults(policy_of(tmp_path), manifest)
    assert said in message


@pytest.mark.parametrize(
    "manifest",
    [
        store(withheld=OTHERS, grounds={"agent": "rights_of_others"}),
        retained("Bookkeeping Act s. 12"),
        retained("a duty to keep the books", "legal_obligation"),
    ],
)
def test_what_every_law_has_an_article_for_fits(tmp_path: Path, manifest: Manifest) -> None:
    assert not faults(policy_of(tmp_path), manifest)


def test_what_is_written_in_the_policy_mends_it(tmp_path: Path) -> None:
    kept = retained("Limitation Act s. 3", "legal_claims")
    (message,) = faults(policy_of(tmp_path, SMALL + PIPEDA), kept)
    assert message.endswith("no provision under CA-QC-25")
    assert not faults(
        policy_of(tmp_path, f'{SMALL}{PIPEDA}[provisions.CA-QC-25]\nlegal_claims = "P-39.1 s.23"\n'), kept
    )


def test_a_law_that_never_lets_a_value_out_needs_no_other_reason(tmp_path: Path) -> None:
    policy = policy_of(tmp_path)
    california = RegimeEntry(code="US-CCPA", jurisdictions=("US-CA",))
    policy = policy.model_copy(update={"regimes": (*policy.regimes, california)})
    hidden = store(withheld={"pin": "it is a secret"}, types={"pin": SensitiveType.PASSWORD})
    (message,) = faults(policy, hidden)
    assert message.endswith("under EU-GDPR, CA-PIPEDA, CA-QC-25")


def test_the_fault_is_in_the_map_and_its_line_is_named(tmp_path: Path) -> None:
    manifest = worded(parse_map(MAP, "maps/crm.toml").manifest(), "da")
    with pytest.raises(ConfigurationError) as error:
        check_systems(keeping(policy_of(tmp_path), manifest), {"crm": manifest})
    found = {(str(each.file), each.line): each.remedy for each in problems_of(error.value)}
    column, kept = line(MAP, "agent ="), line(MAP, "retention =")
    assert found.keys() == {("maps/crm.toml", column), ("maps/crm.toml", kept)}
    assert (
        found["maps/crm.toml", column] == 'write ground = "…" beside its because: account_security or rights_of_others'
    )


def mapped(**replaced: str) -> DataMap:
    text = MAP
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return parse_map(text, "maps/crm.toml")


def test_a_map_names_a_ground_that_no_law_has() -> None:
    said = mapped(**{'our employee" }': 'our employee", ground = "right_of_others" }'})
    (finding,) = problems(said)
    assert (finding.column, finding.line) == ("agent", line(MAP, "agent ="))
    assert "no law has the ground 'right_of_others'" in finding.problem
    assert "rights_of_others" in finding.write
    assert not problems(mapped(**{'our employee" }': 'our employee", ground = "rights_of_others" }'}))


def test_a_ground_is_of_what_is_withheld() -> None:
    with pytest.raises(ConfigurationError, match="`ground` goes with disclose = false"):
        mapped(**{'id = "keep"': 'id = { erase = "keep", ground = "rights_of_others" }'})


@pytest.mark.parametrize(
    ("written_there", "key", "said"),
    [
        (
            '[provisions.US-CCPA]\nsecurity = "Civ. Code 1798.100(e)"',
            "provisions.US-CCPA",
            "US-CCPA is none of the regimes here",
        ),
        (
            '[provisions.CA-PIPEDA]\nlegal_claim = "PIPEDA s.9(1)"',
            "provisions.CA-PIPEDA.legal_claim",
            "there is no reason 'legal_claim'",
        ),
        (
            '[provisions.CA-PIPEDA]\nlegal_claims = "the act"',
            "provisions.CA-PIPEDA.legal_claims",
            "'the act' is of no form that can be written in another language",
        ),
    ],
)
def test_an_article_of_the_policy_is_one(tmp_path: Path, written_there: str, key: str, said: str) -> None:
    assert [(each[2], each[3]) for each in refused(written(tmp_path, f"{SMALL}\n{written_there}\n"))] == [(key, said)]


def test_collections_without_a_retention_are_as_they_were() -> None:
    one = Collection(name="rows", category="contact", treatment=Treatment.DELETE)
    assert under(lambda ground: re.escape(ground), [one]) == (one,)
