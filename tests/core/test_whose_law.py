"""Whose law answers: that of the place where the person lives, or the establishment's where it alone gives a right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from habeas.errors import BadInput
from habeas.model import Right
from habeas.particulars import Particulars
from habeas.policy import Policy, load_policy
from tests.core.test_policy import SMALL
from workers.office.intake import Checked, NewRequestInput, check
from workers.office.whose_law import law_note, right_note

DAY = date(2026, 11, 30)
PURPOSES = """\
[[purposes]]
id = "news"
title = { en = "News", da = "Nyheder" }
kinds = ["consent", "direct_marketing"]
categories = ["contact"]
[[purposes]]
id = "cookies"
title = { en = "Cookies", da = "Cookies" }
kinds = ["consent"]
categories = ["contact"]
"""
ABROAD = """\
[[regimes]]
code = "US-CCPA"
jurisdictions = ["US-CA"]
[[regimes]]
code = "US-STATE"
jurisdictions = ["US-CO", "US-VT"]
[[regimes]]
code = "IN-DPDP"
jurisdictions = ["IN"]
"""
AT_HOME = {
    "DK": ("", ""),
    "GB": ('"DK", "FR"]\ncalendar = "DK"', '"FR"]\n[[regimes]]\ncode = "UK-GDPR"\njurisdictions = ["GB"]'),
    "CA": ("", ""),
    "US-CA": ("", ""),
}


def policy(folder: Path, home: str = "DK") -> Policy:
    """A shop of this establishment, for people in many places."""
    text = SMALL.replace("[identity]", ABROAD + "[identity]", 1).replace(
        'establishment = "DK"', f'establishment = "{home}"'
    )
    # California answers by the statute's own names.
    text = text.replace('id = "contact"', 'id = "contact"\nstatutory = "Identifiers"').replace(*AT_HOME[home])
    (folder / "small.toml").write_text(text + PURPOSES, encoding="utf-8")
    return load_policy(folder / "small.toml")


@pytest.mark.parametrize(
    ("home", "lives", "right", "regime", "place", "instead_of"),
    [
        ("DK", "CA-ON", Right.OBJECTION, "EU-GDPR", "DK", "CA-PIPEDA"),
        ("DK", "US-CA", Right.WITHDRAW_CONSENT, "EU-GDPR", "DK", "US-CCPA"),
        ("DK", "IN", Right.ERASURE, "EU-GDPR", "DK", "IN-DPDP"),
        ("GB", "US-CA", Right.COMPLAINT, "UK-GDPR", "GB", "US-CCPA"),
        # The law of the person's place gives it, or nobody's does.
        ("DK", "CA-ON", Right.ACCESS, "CA-PIPEDA", "CA-ON", None),
        ("DK", "US-CA", Right.OPT_OUT_SALE, "US-CCPA", "US-CA", None),
        ("DK", "CA-ON", Right.OPT_OUT_SALE, "CA-PIPEDA", "CA-ON", None),
        ("DK", "DK", Right.OPT_OUT_SALE, "EU-GDPR", "DK", None),
        # These protect the people of their place, and bind nobody beyond it.
        ("CA", "US-CA", Right.WITHDRAW_CONSENT, "US-CCPA", "US-CA", None),
        ("US-CA", "CA-ON", Right.OPT_OUT_SALE, "CA-PIPEDA", "CA-ON", None),
        # A law that is not in force yet.
        ("DK", "US-VT", Right.ACCESS, "EU-GDPR", "DK", None),
        ("US-CA", "US-VT", Right.ACCESS, "US-CCPA", "US-CA", None),
    ],
)
def test_a_right_that_only_the_establishment_s_law_gives_is_answered_under_it(
    tmp_path: Path, home: str, lives: str, right: Right, regime: str, place: str, instead_of: str | None
) -> None:
    shop = policy(tmp_path, home)
    found = shop.applicable(lives, right, DAY)
    assert (found.regime, found.jurisdiction, found.instead_of) == (regime, place, instead_of)
    assert shop.answered_in(regime, lives) == place


def test_a_law_answers_from_its_first_day_on(tmp_path: Path) -> None:
    shop = policy(tmp_path)
    assert shop.applicable("US-VT", Right.ACCESS, date(2027, 12, 31)).regime == "EU-GDPR"
    assert shop.applicable("US-VT", Right.ACCESS, date(2028, 1, 1)).regime == "US-STATE"
    assert shop.applicable("IN", Right.ERASURE, date(2028, 1, 1)).regime == "IN-DPDP"
    assert shop.default_regime("US-VT") == "US-STATE"


def opened(shop: Policy, right: str, **words: object) -> Checked:
    """A request as it was checked on its way in."""
    asked = {"right": right, "opened_by": "ane", "emails": ("ada@example.org",), **words}
    return check(NewRequestInput.model_validate(asked), {shop.id: shop}, datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.mark.parametrize("named", [None, "CA-PIPEDA", "ca-pipeda"])
def test_a_request_is_opened_under_the_law_that_gives_the_right_whichever_was_named(
    tmp_path: Path, named: str | None
) -> None:
    shop = policy(tmp_path)
    found = opened(shop, "objection", jurisdiction="CA-ON", regime=named)
    assert (found.right, found.regime, found.jurisdiction) == (Right.OBJECTION, "EU-GDPR", "CA-ON")
    said = law_note(shop, found.right, found.regime, found.jurisdiction, found.received_at)
    assert said is not None
    assert "CA-PIPEDA, the law where the person lives, does not give this right" in said
    assert "GDPR 3(1)" in said
    assert law_note(shop, Right.ACCESS, "CA-PIPEDA", "CA-ON", found.received_at) is None


def test_a_law_that_is_named_before_its_day_is_refused(tmp_path: Path) -> None:
    shop = policy(tmp_path)
    assert opened(shop, "access", jurisdiction="US-VT").regime == "EU-GDPR"
    with pytest.raises(BadInput, match="The law of Vermont is in force from 2028-01-01"):
        opened(shop, "access", jurisdiction="US-VT", regime="US-STATE")


@pytest.mark.parametrize(("named", "stopped"), [((), ("news",)), (("news",), ("news",)), (("cookies",), ("cookies",))])
def test_an_objection_where_only_consent_can_be_withdrawn_withdraws_it(
    tmp_path: Path, named: tuple[str, ...], stopped: tuple[str, ...]
) -> None:
    shop = policy(tmp_path, "CA")
    found = opened(shop, "objection", jurisdiction="CA-ON", purposes=named)
    asked = Particulars.of(found.subject)
    assert (found.right, found.regime, asked.purposes, asked.called) == (
        *(Right.WITHDRAW_CONSENT, "CA-PIPEDA", stopped, Right.OBJECTION),
    )
    assert "Carried out as withdraw_consent" in (right_note(asked.called, found.right) or "")


@pytest.mark.parametrize("lives", ["US-CA", "FR"])
def test_an_objection_stays_one_where_it_is_a_right_or_consent_cannot_be_withdrawn_either(
    tmp_path: Path, lives: str
) -> None:
    found = opened(policy(tmp_path, "CA"), "objection", jurisdiction=lives)
    assert (found.right, Particulars.of(found.subject).called) == (Right.OBJECTION, None)
    assert right_note(None, found.right) is None


def test_where_an_objection_is_to_something_else_marketing_by_consent_is_withdrawn_and_the_rest_stays(
    tmp_path: Path,
) -> None:
    shop = policy(tmp_path, "CA")
    assert opened(shop, "objection", jurisdiction="CA-QC").right is Right.WITHDRAW_CONSENT
    weighed = shop.purposes[1].model_copy(update={"kinds": ("legitimate_interest",)})
    shop = shop.model_copy(update={"purposes": (shop.purposes[0], weighed)})
    assert opened(shop, "objection", jurisdiction="CA-QC").right is Right.OBJECTION, "some of it must be weighed"
    assert opened(shop, "objection", jurisdiction="CA-QC", purposes=("news",)).right is Right.WITHDRAW_CONSENT


def test_nothing_by_consent_is_no_reason_to_call_an_objection_otherwise(tmp_path: Path) -> None:
    shop = policy(tmp_path, "CA")
    shop = shop.model_copy(update={"purposes": tuple(one for one in shop.purposes if one.id == "cookies")})
    assert opened(shop, "objection", jurisdiction="CA-ON").right is Right.OBJECTION
