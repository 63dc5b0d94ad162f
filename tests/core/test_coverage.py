from hypothesis import given
from hypothesis import strategies as st

from habeas import law
from habeas.connector import Collection, Treatment
from habeas.coverage import Excerpt, Scope, Why, portable, scope
from habeas.fields import SensitiveType
from habeas.model import Right
from habeas.policy import Category, LegalBasis, Origin
from habeas.policy.sections import ControlledBy

SOMEBODY = ControlledBy(who={"en": "Harbour Ltd"}, to="dpo@harbour.example")


def category(
    name: str,
    bases: LegalBasis | tuple[LegalBasis, ...],
    origin: Origin = Origin.PERSON,
    controlled_by: ControlledBy | None = None,
) -> Category:
    words = {"en": name}
    return Category(
        id=name,
        title=words,
        purposes={"en": (name,)},
        legal_basis=(bases,) if isinstance(bases, LegalBasis) else bases,
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
    kinds: dict[tuple[LegalBasis | tuple[LegalBasis, ...], Origin], Why | None] = {
        (LegalBasis.CONSENT, Origin.PERSON): None,
        ((LegalBasis.LEGAL_OBLIGATION, LegalBasis.CONTRACT), Origin.PERSON): None,
        ((LegalBasis.LEGAL_OBLIGATION, LegalBasis.LEGITIMATE_INTEREST), Origin.PERSON): Why.BASIS,
        (LegalBasis.CONTRACT, Origin.OBSERVED): None,
        (LegalBasis.CONTRACT, Origin.DERIVED): Why.ORIGIN,
        (LegalBasis.CONSENT, Origin.THIRD_PARTY): Why.ORIGIN,
        (LegalBasis.LEGITIMATE_INTEREST, Origin.PERSON): Why.BASIS,
        (LegalBasis.LEGAL_OBLIGATION, Origin.OBSERVED): Why.BASIS,
        (LegalBasis.PUBLIC_TASK, Origin.PERSON): Why.BASIS,
    }
    for (basis, origin), why in kinds.items():
        found = scope(Right.PORTABILITY, "EU-GDPR", "DK").left_out(category("one", basis, origin))
        assert (found and (found.why, found.provision)) == ((why, "GDPR 20(1)") if why else None)
        assert scope(Right.ACCESS, "EU-GDPR", "DK").left_out(category("one", basis, origin)) is None


def test_quebec_asks_where_data_came_from_and_not_on_what_basis() -> None:
    quebec = scope(Right.PORTABILITY, "CA-QC-25", "CA-QC")
    for basis in LegalBasis:
        assert quebec.left_out(category("one", basis)) is None
        derived = quebec.left_out(category("one", basis, Origin.DERIVED))
        assert derived
        assert derived.why is Why.ORIGIN


def test_every_narrower_portability_is_one_of_a_law_that_knows_portability() -> None:
    for code, regime in law.regimes().items():
        if portable(code):
            assert Right.PORTABILITY in regime.rights


@given(st.lists(categories, max_size=6, unique_by=lambda one: one.id), st.sampled_from([*law.regimes()]), st.data())
def test_a_copy_for_access_lacks_only_what_others_control_or_staff_refused(
    known: list[Category], regime: str, data: st.DataObject
) -> None:
    refused = frozenset(data.draw(st.sets(st.sampled_from([one.id for one in known]))) if known else ())
    place = law.regimes()[regime].places[0]
    whole, narrower = (
        {one.id: why for one in known if (why := scope(right, regime, place, refused).left_out(one))}
        for right in (Right.ACCESS, Right.PORTABILITY)
    )
    assert whole.keys() == refused | {one.id for one in known if one.controlled_by}
    assert whole.keys() <= narrower.keys()
    assert all(one.provision for one in narrower.values() if one.why in {Why.BASIS, Why.ORIGIN})


GIVEN = category("one", LegalBasis.CONTRACT)
TABLE = Collection(
    name="people",
    category="one",
    treatment=Treatment.DELETE,
    withheld={"hash": "security"},
    origins={"score": Origin.DERIVED, "mark": Origin.DERIVED, "hash": Origin.DERIVED, "bought": Origin.THIRD_PARTY},
    types={"ssn": SensitiveType.GOVERNMENT_ID, "iban": SensitiveType.FINANCIAL_ACCOUNT, "hash": SensitiveType.PASSWORD},
)


def why(found: Excerpt) -> dict[str, tuple[str, str | None]]:
    return {field: (one.why.value, one.provision) for field, one in found.fields.items()}


def test_a_field_that_was_not_given_stays_out_of_a_portable_copy_and_in_one_for_access() -> None:
    moved = scope(Right.PORTABILITY, "EU-GDPR", "DK").excerpt(GIVEN, TABLE)
    assert moved.left_out is None
    assert why(moved) == dict.fromkeys(("score", "mark", "bought"), ("origin", "GDPR 20(1)"))
    assert [moved.shows(one) for one in ("name", "score", "ssn")] == [True, False, True]
    assert scope(Right.ACCESS, "EU-GDPR", "DK").excerpt(GIVEN, TABLE) == Excerpt()
    # Elsewhere portability is as wide as access.
    assert why(scope(Right.PORTABILITY, "US-STATE", "US-CO").excerpt(GIVEN, TABLE)) == {}


def test_a_table_s_origin_goes_before_its_category_s_and_a_field_s_before_both() -> None:
    moving = scope(Right.PORTABILITY, "EU-GDPR", "DK")
    profile = TABLE.model_copy(update={"origin": Origin.DERIVED, "origins": {"answer": Origin.PERSON}})
    found = moving.excerpt(GIVEN, profile)
    assert found.left_out
    assert (found.left_out.why, found.only, found.shown) == (Why.ORIGIN, frozenset({"answer"}), True)
    assert [found.shows(one) for one in ("answer", "name")] == [True, False]
    bare = moving.excerpt(GIVEN, profile.model_copy(update={"origins": {}}))
    assert not bare.shown
    given = TABLE.model_copy(update={"origin": Origin.PERSON})
    assert moving.excerpt(category("one", LegalBasis.CONTRACT, Origin.DERIVED), given).left_out is None
    # What rests on no agreement, or is somebody else's, does not become portable by where it came from.
    for other in (
        category("one", LegalBasis.LEGAL_OBLIGATION),
        category("one", LegalBasis.CONTRACT, controlled_by=SOMEBODY),
    ):
        assert not moving.excerpt(other, profile).shown


def test_what_a_law_never_lets_out_is_left_out_of_every_copy_with_its_provision() -> None:
    for right in (Right.ACCESS, Right.PORTABILITY):
        kept_back = scope(right, "US-CCPA", "US-CA").excerpt(GIVEN, TABLE)
        assert why(kept_back) == dict.fromkeys(("ssn", "iban", "hash"), ("undisclosed", "11 CCR 7024(d)"))
        assert not kept_back.shows("ssn")
        assert kept_back.fields["iban"].holds is SensitiveType.FINANCIAL_ACCOUNT
        assert why(scope(right, "US-STATE", "US-MN").excerpt(GIVEN, TABLE)).keys() == kept_back.fields.keys()
        for code, place in (("EU-GDPR", "DK"), ("EEA-GDPR", "NO"), ("US-STATE", "US-CO")):
            assert scope(right, code, place).undisclosed == {}


def test_files_go_with_the_field_that_they_are_the_content_of() -> None:
    scan = TABLE.model_copy(update={"file_field": "scan", "types": {"scan": SensitiveType.BIOMETRIC}})
    assert not scope(Right.ACCESS, "US-CCPA", "US-CA").excerpt(GIVEN, scan).files
    assert scope(Right.ACCESS, "EU-GDPR", "DK").excerpt(GIVEN, scan).files
    derived = scan.model_copy(update={"origins": {"scan": Origin.DERIVED}})
    assert not scope(Right.PORTABILITY, "EU-GDPR", "DK").excerpt(GIVEN, derived).files
    mixed = scan.model_copy(update={"origin": Origin.DERIVED, "origins": {"name": Origin.PERSON}, "file_field": None})
    assert not scope(Right.PORTABILITY, "EU-GDPR", "DK").excerpt(GIVEN, mixed).files


def test_only_a_field_that_may_be_given_out_is_shown_of_the_rest() -> None:
    both = Scope(portable=portable("EU-GDPR"), undisclosed={SensitiveType.GOVERNMENT_ID: "a law"})
    table = TABLE.model_copy(update={"origin": Origin.DERIVED, "origins": {"ssn": Origin.PERSON, "a": Origin.PERSON}})
    assert both.excerpt(GIVEN, table).only == {"a"}
