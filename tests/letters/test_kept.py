"""What stays is told once for each law and last day, however many categories and systems it is about."""

from __future__ import annotations

from datetime import date

import pytest

from activities.letters import CompletionErasure, Controller, ErasedGroup, KeptGroup, Kind, RenderedLetter, render
from activities.letters.samples import sample
from activities.letters.sealed import PartialRefusalLetter
from activities.letters.stays import RefusedPart
from activities.letters.wording import lookup
from activities.naming import Naming
from activities.plan import reasons_told
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.model import Right
from habeas.policy import load_policy
from habeas.policy.sections import ControlledBy
from habeas.staying import Because
from tests.policies.reading import CONTROLLERS

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example")
HELD = "GDPR art. 17(3)(e)"
BOOKS = "Bookkeeping Act s. 12"
CATEGORIES = ("contact", "identity", "account", "transactions", "payments", "communication", "support", "marketing")


def group(category: str, **what: object) -> KeptGroup:
    facts = {"system": "Shop", "count": 2, "law": BOOKS} | what
    return KeptGroup.model_validate(facts | {"category": category})


def letter(*kept: KeptGroup, language: str = "en", **more: object) -> RenderedLetter:
    facts = sample(Kind.COMPLETION_ERASURE, controller=US, regime="CA-QC-25", jurisdiction="CA-QC", right=Right.ERASURE)
    assert isinstance(facts, CompletionErasure)
    return render(facts.kind, language, facts.model_copy(update={"kept": kept, **more}))


def text(*kept: KeptGroup, language: str = "en", **more: object) -> str:
    return " ".join(letter(*kept, language=language, **more).text.replace("\N{NO-BREAK SPACE}", " ").split())


def test_a_matter_that_keeps_many_categories_is_named_once() -> None:
    held = [
        group(category, law=HELD, reason=Because.LEGAL_HOLD, system=system)
        for category in CATEGORIES
        for system in ("Shop", "Help desk")
    ]
    for language, cited in (("en", "GDPR Article 17(3)(e)"), ("fr", "art. 17, par. 3, point e), du RGPD")):
        told = letter(*held, language=language)
        assert " ".join(told.text.split()).count(cited) == 1
        assert told.html.replace("\N{NO-BREAK SPACE}", " ").count(cited) == 1
    assert "- Contact details (Shop and Help desk): 4 records." in text(*held)


def test_years_of_one_law_are_lines_under_it() -> None:
    kept = [
        group(category, until=date(year, 12, 31)) for year in (2029, 2027, 2028) for category in ("payments", "support")
    ]
    told = text(*kept)
    assert told.count(BOOKS) == 1
    assert "Kept because of: Bookkeeping Act s. 12. Until when:" in told
    lines = [f"- Until 31 December {year}: Payments (2 records) and Support (2 records)" for year in (2027, 2028, 2029)]
    assert " ".join(lines) in told


def test_one_last_day_stands_beside_its_law() -> None:
    told = text(group("payments", until=date(2031, 12, 31)), group("support", law="Other Act", until=None))
    assert "Kept until 31 December 2031, because of: Bookkeeping Act s. 12. - Payments (Shop): 2 records." in told
    assert "Kept because of: Other Act. - Support (Shop): 2 records." in told


def test_a_day_that_is_not_known_comes_last() -> None:
    told = text(group("payments"), group("support", until=date(2031, 12, 31)))
    assert "- Until 31 December 2031: Support (2 records) - End not known yet: Payments (2 records)" in told


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ((group("payments", until=date(2027, 12, 31)),), "We write to you once it is done."),
        ((group("payments", until=date(2037, 12, 31)),), "By then we no longer use your address to write to you: no"),
        (
            (group("payments", until=date(2027, 12, 31)), group("support", until=date(2037, 12, 31))),
            "If that is by 1 July 2029, we write to you once it is done. After that day we no longer use your",
        ),
        ((group("payments", law=HELD, reason=Because.LEGAL_HOLD),), "If that is by 1 July 2029, we write to you"),
        ((group("payments", law=HELD, reason=Because.RESTRICTED),), "If that is by 1 July 2029, we write to you"),
    ],
    ids=["before", "after", "both", "hold", "restriction"],
)
def test_whether_a_letter_will_tell_of_the_end_is_told(kept: tuple[KeptGroup, ...], said: str) -> None:
    assert said in text(*kept, record_kept_until=date(2029, 7, 1))


@pytest.mark.parametrize(
    ("kept", "more"),
    [
        ((group("payments", until=date(2027, 12, 31)),), ()),
        ((group("payments"), group("support", reason=Because.EXEMPT, until=date(2037, 12, 31))), ()),
        ((group("payments", until=date(2037, 12, 31)),), ("rest", "rest_until")),
        ((group("payments", law=HELD, reason=Because.LEGAL_HOLD),), ("hold", "rest")),
        (
            (group("payments", until=date(2037, 12, 31)), group("support", law=HELD, reason=Because.RESTRICTED)),
            ("rest",),
        ),
    ],
    ids=["before", "never", "after", "hold", "restriction"],
)
def test_the_record_is_said_to_end_when_it_does_and_what_of_it_stays_until_the_rest_is_erased(
    kept: tuple[KeptGroup, ...], more: tuple[str, ...]
) -> None:
    told, words = text(*kept, record_kept_until=date(2029, 7, 1)), lookup("activities.letters", "en")
    assert words.text("common.record_until", date="1 July 2029") in told
    for each in ("hold", "rest", "rest_until"):
        assert (words.text(f"common.record_{each}", date="31 December 2037") in told) is (each in more)


@pytest.mark.parametrize(("right", "lasts"), [(Right.RESTRICTION, True), (Right.RECTIFICATION, False)])
def test_the_record_of_a_restriction_is_said_to_last_as_long_as_it_stands(right: Right, *, lasts: bool) -> None:
    facts = sample(Kind.COMPLETION_CHANGE, controller=US, right=right)
    told = " ".join(render(facts.kind, "en", facts).text.split())
    assert ("As long as the restriction stands we keep it in any case." in told) is lasts


def test_of_what_never_ends_no_end_is_told() -> None:
    for kept in (group("payments"), group("payments", reason=Because.EXEMPT), group("payments", reason=Because.SHARED)):
        assert "no longer use your address" not in text(kept, record_kept_until=date(2029, 7, 1))


def test_what_was_refused_stays_whatever_a_term_says() -> None:
    told = text(group("support", law="GDPR 17(3)(b)", reason=Because.EXEMPT, until=date(2031, 12, 31)))
    assert "Kept because of: GDPR Article 17(3)(b). - Support" in told
    assert "2031" not in told


def test_what_is_somebody_else_s_too_is_told_as_such() -> None:
    told = text(group("support", law="Charter art. 8", reason=Because.SHARED, until=None))
    assert "as much as yours" in told
    assert "Kept because of: Charter art. 8. - Support (Shop): 2 records." in told


def test_a_refused_category_is_listed_once() -> None:
    facts = sample(Kind.COMPLETION_ERASURE, controller=US, right=Right.ERASURE)
    assert isinstance(facts, CompletionErasure)
    kept = tuple(
        group("Support", law=law, reason=Because.EXEMPT, system=system)
        for law, system in ((HELD, "Shop"), (HELD, "Help desk"), (f"{BOOKS}; {HELD}", "Books"))
    )
    part = RefusedPart(what="Support", ground="legal_claims", provision=HELD)
    gone = ErasedGroup(system="Shop", category="Contact", count=3)
    written = {"kept": (*kept, group("Payments")), "refused": (part,), "erased": (), "anonymised": (gone,)}

    def told(**more: object) -> str:
        made = render(facts.kind, "en", facts.model_copy(update=written | more))
        return " ".join(made.text.replace("\N{NO-BREAK SPACE}", " ").split())

    once = told()
    assert "- Support (6 records): We need the data to establish or defend legal claims" in once
    assert once.count("Support") == 1
    assert "Payments (Shop): 2 records" in once
    # Made anonymous before it was refused: that is what became of it.
    refused_later = RefusedPart(what="Contact", ground="legal_claims", provision=HELD)
    assert told(refused=(part, refused_later)).count("Contact") == told().count("Contact") == 1


def planned(*treatments: Treatment) -> tuple[SystemPlan, ...]:
    objects = tuple(
        PlannedObject(
            collection="invoices",
            key=str(number),
            fingerprint="f",
            treatment=treatment,
            category="transactions",
            law=BOOKS if treatment is Treatment.RETAIN else None,
            until=date(2031, 12, 31) if treatment is Treatment.RETAIN else None,
        )
        for number, treatment in enumerate(treatments)
    )
    return (SystemPlan(system="billing", roots=(), identifiers=(), objects=objects),)


def test_where_everything_stays_no_letter_says_that_something_goes_ahead() -> None:
    plain = load_policy(CONTROLLERS / "demo.toml")
    promise = plain.promise.model_copy(update={"reasons_at_once": ("transactions",)})
    waits = plain.erasure.model_copy(update={"wait_days": 7})

    def told(*treatments: Treatment, waiting: bool = False) -> str | None:
        changed = {"promise": promise, "erasure": waits if waiting else plain.erasure}
        facts = reasons_told(planned(*treatments), Naming.of(plain.model_copy(update=changed), {}, "en"))
        if facts is None:
            return None
        made = sample(Kind.PARTIAL_REFUSAL, controller=US)
        assert isinstance(made, PartialRefusalLetter)
        written = made.model_copy(update={"refused": ()} | dict(facts))
        return " ".join(render(Kind.PARTIAL_REFUSAL, "en", written).text.split())

    assert told(Treatment.DELETE, Treatment.ANONYMISE) is None
    some = told(Treatment.RETAIN, Treatment.DELETE)
    assert some is not None
    assert "everything else goes ahead" in some
    assert told(Treatment.RETAIN) is None  # the last letter follows at once, and says the same
    all_of_it = told(Treatment.RETAIN, waiting=True)
    assert all_of_it is not None
    assert "There is nothing that we can erase now" in all_of_it
    assert "goes ahead" not in all_of_it
    assert "is erased" not in all_of_it


def test_the_letter_at_once_names_all_that_stays() -> None:
    policy = load_policy(CONTROLLERS / "demo.toml")
    theirs = ControlledBy(who={"en": "your employer"}, to="privacy@employer.example")
    account = policy.category("account").model_copy(update={"controlled_by": theirs})
    changed = {"promise": policy.promise.model_copy(update={"reasons_at_once": ("support",)}), "categories": (account,)}
    policy = policy.model_copy(update=changed)
    stays = {"treatment": Treatment.RETAIN, "law": HELD}

    def object_(category: str, **more: object) -> PlannedObject:
        facts = {"collection": category, "key": "1", "fingerprint": "f", "treatment": Treatment.DELETE}
        return PlannedObject.model_validate(facts | {"category": category} | more)

    def told(*objects: PlannedObject) -> str | None:
        plan = SystemPlan(system="crm", roots=(), identifiers=(), objects=(object_("contact"), *objects))
        part = RefusedPart(what="activity", ground="legal_claims", provision=HELD)
        facts = reasons_told((plan,), Naming.of(policy, {}, "en"), (part,))
        if facts is None:
            return None
        made = sample(Kind.PARTIAL_REFUSAL, controller=US)
        assert isinstance(made, PartialRefusalLetter)
        written = render(Kind.PARTIAL_REFUSAL, "en", made.model_copy(update=dict(facts)))
        return " ".join(written.text.replace("\N{NO-BREAK SPACE}", " ").split())

    refused = object_("activity", **stays, reason=Because.EXEMPT)
    others = object_("account", **stays | {"law": "your employer"}, reason=Because.CONTROLLED)
    assert told(refused) is None, "nothing of what is explained at once stays"
    text = told(object_("support", **stays, reason=Because.LEGAL_HOLD), refused, others, object_("transactions"))
    assert text is not None
    assert "Kept, because of a pending matter" in text
    assert "(crm): 1 record." in text
    assert "(1 record): We need the data to establish or defend legal claims" in text
    assert "your employer" in text
    assert text.count("1 record") == 2


def test_no_letter_begins_that_something_was_erased_where_all_was_made_anonymous() -> None:
    facts = sample(Kind.COMPLETION_ERASURE, controller=US, right=Right.ERASURE)
    assert isinstance(facts, CompletionErasure)
    made = ErasedGroup(system="Shop", category="Contact", count=3)
    for kept, said in (((), "what we made anonymous no longer says"), ((group("payments"),), "We made anonymous what")):
        written = facts.model_copy(
            update={"erased": (), "anonymised": (made,), "kept": kept, "refused": (), "missing": (), "controlled": ()}
        )
        text = " ".join(render(facts.kind, "en", written).text.split())
        assert said in text
        assert "erased" not in text.split("Made anonymous")[0]
