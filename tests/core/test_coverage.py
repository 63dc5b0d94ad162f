from hypothesis import given
from hypothesis import strategies as st

from habeas import law
from habeas.coverage import Why, left_out, portable
from habeas.model import Right
from habeas.policy import Category, LegalBasis, Origin
from habeas.policy.sections import ControlledBy

SOMEBODY = ControlledBy(who={"en": "Harbour Ltd"}, to="dpo@harbour.example")


def category(
    name: str, basis: LegalBasis, origin: Origin = Origin.PERSON, controlled_by: ControlledBy | None = None
) -> Category:
    words = {"en": name}
    return Category(
        id=name,
        title=words,
        purposes={"en": (name,)},
        legal_basis=basis,
        source=words,
        retention=words,
        origin=origin,
        controlled_by=controlled_by,
    )


categories = st.builds(
    category,
    st.from_regex(r"[a-z]{3,8}", fullmatch=True),
    st.sampled_from(LegalBasis),
    st.sampled_from(Origin),
    st.sampled_from([None, SOMEBODY]),
)


def test_the_portability_of_the_gdpr_by_the_letter_of_article_20() -> None:
    kinds = {
        (LegalBasis.CONSENT, Origin.PERSON): None,
        (LegalBasis.CONTRACT, Origin.OBSERVED): None,
        (LegalBasis.CONTRACT, Origin.DERIVED): Why.ORIGIN,
        (LegalBasis.CONSENT, Origin.THIRD_PARTY): Why.ORIGIN,
        (LegalBasis.LEGITIMATE_INTEREST, Origin.PERSON): Why.BASIS,
        (LegalBasis.LEGAL_OBLIGATION, Origin.OBSERVED): Why.BASIS,
        (LegalBasis.PUBLIC_TASK, Origin.PERSON): Why.BASIS,
    }
    for (basis, origin), why in kinds.items():
        found = left_out(Right.PORTABILITY, "EU-GDPR", [category("one", basis, origin)])
        assert [(one.why, one.provision) for one in found] == ([(why, "GDPR 20(1)")] if why else [])
        assert left_out(Right.ACCESS, "EU-GDPR", [category("one", basis, origin)]) == ()


def test_quebec_asks_where_data_came_from_and_not_on_what_basis() -> None:
    for basis in LegalBasis:
        assert left_out(Right.PORTABILITY, "CA-QC-25", [category("one", basis)]) == ()
        (derived,) = left_out(Right.PORTABILITY, "CA-QC-25", [category("one", basis, Origin.DERIVED)])
        assert derived.why is Why.ORIGIN


def test_every_narrower_portability_is_one_of_a_law_that_knows_portability() -> None:
    for code, regime in law.regimes().items():
        if portable(code):
            assert Right.PORTABILITY in regime.rights


@given(st.lists(categories, max_size=6, unique_by=lambda one: one.id), st.sampled_from([*law.regimes()]), st.data())
def test_a_copy_for_access_lacks_only_what_others_control_or_staff_refused(
    known: list[Category], regime: str, data: st.DataObject
) -> None:
    refused = data.draw(st.sets(st.sampled_from([one.id for one in known]))) if known else set()
    whole = left_out(Right.ACCESS, regime, known, refused)
    assert {one.category for one in whole} == refused | {one.id for one in known if one.controlled_by}
    narrower = left_out(Right.PORTABILITY, regime, known, refused)
    assert {one.category for one in whole} <= {one.category for one in narrower}
    assert all(one.provision for one in narrower if one.why in {Why.BASIS, Why.ORIGIN})
