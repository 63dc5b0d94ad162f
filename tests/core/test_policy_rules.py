"""What in a policy contradicts itself, its laws or its systems is refused by name, with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import JsonValue

from habeas.connector import Capability, Collection, Manifest, Retention, Treatment
from habeas.datamap import parse_map
from habeas.errors import ConfigurationError
from habeas.glossary import Glossary
from habeas.policy import ControlledBy, Policy, check_systems, load_policy, problems_of
from tests.core.test_policy import SMALL, changed, line
from tests.worded import worded

NOTHING_CALLED_SO = "no recipient, authority or statutory category is called so"
HEAD, _, TAIL = SMALL.partition("[record]")
IDENTITY = 'sources = ["crm"]\n'


def written(folder: Path, text: str, answers: str | None = None) -> Path:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    if answers is not None:
        (folder / "small.local.toml").write_text(answers, encoding="utf-8")
    return path


def refused(path: Path) -> list[tuple[str | None, int | None, str, str]]:
    """File (if not the policy's own), line, key and message of everything at fault."""
    with pytest.raises(ConfigurationError) as error:
        load_policy(path)
    found = problems_of(error.value)
    assert all(problem.remedy for problem in found)
    return [(each.file.name if each.file else None, each.line, each.key, each.message) for each in found]


def with_section(section: str) -> str:
    return changed("[record]", section + "[record]")


def with_category(extra: str) -> str:
    """With more of its one category; what says how that ends takes the place of what said so."""
    ends = re.search(r"^(keep|expires|not_held|controlled_by) =", extra, re.MULTILINE)
    return changed(STAFF, f"{extra}\n" if ends else f"{STAFF}{extra}\n")


STAFF = 'not_held = "Staff delete it."\n'
QUEBEC = '[[regimes]]\ncode = "CA-QC-25"\njurisdictions = ["CA-QC"]'
CALIFORNIA = '[[regimes]]\ncode = "US-CCPA"\njurisdictions = ["US-CA"]'
COLORADO = '[[regimes]]\ncode = "US-STATE"\njurisdictions = ["US-CO"]'
BY_US = 'not_held = "Our bookkeeper deletes a year at a time."'
PROMISED = '[[promises]]\nline = "L1"\nsays = "Gone after."\nkeeps = ["categories.contact.retention"]\n'
PURPOSE = '[[purposes]]\nid = "news"\ntitle = { en = "News", da = "Nyt" }\n'
SOLD = ('recipients = ["host"]\n', 'recipients = ["host"]\nsold = true\n')
ANOTHER = """
[[categories]]
id = "visits"
legal_basis = "consent"
shared = true
statutory = "Identifiers"
recipients = ["host"]
not_held = "Staff delete it."
title = { en = "Visits", da = "Besøg" }
purposes = { en = ["to count"], da = ["at tælle"] }
source = { en = "You.", da = "Dig." }
retention = { en = "Two years.", da = "To år." }
"""
CHANNEL = '[[channels]]\nkind = "email"\nto = "a@small.example"\n'

GROUND = '[clock]\nextend_ground = "{}"\n'
EXTENDING = 'extend_automatically = true\nextend_reason = {{ en = "Much.", da = "Meget." }}\n'

CONTRADICTIONS = {
    "an order in a circle": (with_section('[erasure]\nafter = { crm = ["crm"] }\n'), "erasure.after"),
    "an order of strangers": (with_section('[erasure]\nafter = { crm = ["nowhere"] }\n'), "erasure.after.crm"),
    "established nowhere": (changed('establishment = "DK"', 'establishment = "XX"'), "controller.establishment"),
    "a recipient nowhere": (changed('country = "DK"', 'country = "ZZ"'), "recipients[0].country"),
    "a ground that nobody knows": (with_section(GROUND.format("mood")), "clock.extend_ground"),
    "a ground that one law does not know": (
        with_section(GROUND.format("complexity") + EXTENDING.format()),
        "clock.extend_ground",
    ),
    "extended until nobody knows when": (
        with_section(GROUND.format("complexity") + EXTENDING.format()).replace(
            'code = "CA-PIPEDA"\njurisdictions = ["CA"]', 'code = "NZ-PRIVACY"\njurisdictions = ["NZ"]'
        ),
        "clock.extend_open_days",
    ),
    "extended before it began": (with_section("[clock]\nextend_days_before = 28\n"), "clock.extend_days_before"),
    "released before it began": (
        with_section("[promise]\ndays = 9\n[release]\ndays_before = 9\n"),
        "release.days_before",
    ),
    "forgotten before anybody can complain": (changed("keep_days = 1095", "keep_days = 183"), "record.keep_days"),
    "forgotten at once": (
        changed("keep_days = 1095", "keep_days = 29").replace(
            '[[regimes]]\ncode = "CA-PIPEDA"\njurisdictions = ["CA"]\n', ""
        ),
        "record.keep_days",
    ),
    "a delay of nothing": (with_section("[promise]\ndelay_notice = true\n"), "promise.delay_notice"),
    "a delay told before the start": (
        with_section("[promise]\ndays = 5\ndelay_days_before = 5\ndelay_notice = true\n"),
        "promise.delay_days_before",
    ),
    "a guess at a reason": (
        with_section('[promise]\ndays = 30\ndelay_notice = true\ndelay_reason = { en = "Much." }\n'),
        "promise.delay_reason",
    ),
    "reasons for what nobody describes": (
        with_section('[promise]\nreasons_at_once = ["mail"]\n'),
        "promise.reasons_at_once[0]",
    ),
    "kept without a reason": (with_category(f"keep = {{ years = 5 }}\n{BY_US}"), "categories[0].keep"),
    "kept on a ground that no law has": (
        with_category(f'keep = {{ law = "Book 5", ground = "because", years = 5 }}\n{BY_US}'),
        "categories[0].keep.ground",
    ),
    "a recipient of nothing": (changed('recipients = ["host"]', "recipients = []"), "recipients[0]"),
    "a recipient of nothing that gets something": (
        changed('email = "desk@host.example"', 'email = "desk@host.example"\ngets_nothing = "Nobody as yet."'),
        "recipients[0].gets_nothing",
    ),
    "got by a choice that nobody has": (with_category('only_with = { host = "ads" }'), "categories[0].only_with.host"),
    "got by choice and not got": (with_category('only_with = { nobody = "ads" }'), "categories[0].only_with.nobody"),
    "kept for no time": (with_category(f'keep = {{ law = "Book 5" }}\n{BY_US}'), "categories[0].keep"),
    "kept of whoever never asks": (with_category('keep = { law = "Book 5", years = 5 }'), "categories[0].keep"),
    "going in part": (
        with_category('expires = { law = "L5", days = 5, partly = true }'),
        "categories[0].expires.partly",
    ),
    "gone before the year of its keeping is over": (
        with_category('keep = { law = "B", years = 1, to = "year_end" }\nexpires = { law = "L5", years = 1 }'),
        "categories[0].expires",
    ),
    "staff of whom one alone could approve": (with_section('[staff]\naccounts = ["ane", "Ane "]\n'), "staff.accounts"),
    "staff of whom nobody could approve": (with_section('[staff.roles]\nagent = ["carl", "dora"]\n'), "staff"),
    "staff of whom one alone could refuse": (
        with_section(f'{COLORADO}\n[staff.roles]\nofficer = ["ane"]\napprover = ["bo"]\n'),
        "staff",
    ),
    "told in a sentence that nothing carries out": (changed(STAFF, ""), "categories[0].retention"),
    "promised in a sentence that nothing carries out": (changed(STAFF, "") + PROMISED, "categories[0].retention"),
    "expiring without a reason": (with_category("expires = { days = 5 }"), "categories[0].expires"),
    "expiring at no time": (with_category('expires = { law = "L5" }'), "categories[0].expires"),
    "gone before its keeping is over": (
        with_category('keep = { law = "Book 5", years = 1 }\nexpires = { law = "L5", months = 11 }'),
        "categories[0].expires",
    ),
    "gone in February before its keeping is over": (
        with_category('keep = { law = "B", days = 30 }\nexpires = { law = "L5", months = 1 }'),
        "categories[0].expires",
    ),
    "a name on two lines": (changed('"Small Shop"', '"Small\\nBcc: x"'), "controller.name"),
    "a name that turns the direction": (changed('"Small Shop"', '"Small\\u202e Shop"'), "controller.name"),
    "a title on two lines": (changed('en = "Contact"', 'en = "Con\\u2028tact"'), "categories[0].title.en"),
    "controlled by nobody": (
        with_category('controlled_by = { who = { en = "them", da = "dem" } }'),
        "categories[0].controlled_by",
    ),
    "controlled by two": (
        with_category('controlled_by = { who = { en = "a", da = "b" }, field = "o", to = "a@b.example" }'),
        "categories[0].controlled_by",
    ),
    "its own by no field": (
        with_category('controlled_by = { who = { en = "a", da = "b" }, to = "a@b.example", ours = [""] }'),
        "categories[0].controlled_by.ours",
    ),
    "controlled by somebody in one language": (
        with_category('controlled_by = { who = { en = "them" }, field = "owner" }'),
        "categories[0].controlled_by.who",
    ),
    "kept for somebody else": (
        with_category(
            'controlled_by = { who = { en = "a", da = "b" }, field = "o" }\n'
            f'keep = {{ law = "B", years = 1 }}\n{BY_US}'
        ),
        "categories[0].keep",
    ),
    "told and not told": (
        SMALL + '[recipients.not_told]\nen = "No."\nda = "Nej."\n',
        "recipients[0]",
    ),
    "neither told nor not": (changed('email = "desk@host.example"\n', ""), "recipients[0]"),
    "not told in one language": (
        changed('email = "desk@host.example"', 'not_told = { en = "No." }'),
        "recipients[0].not_told",
    ),
    "reminded after the alarm": (SMALL + "remind_after_days = [7, 21]\n", "recipients[0].remind_after_days[1]"),
    "a purpose twice": (
        with_section(f'{PURPOSE}kinds = ["consent"]\n{PURPOSE}kinds = ["consent"]\n'),
        "purposes[1].id",
    ),
    "a kind twice": (with_section(f'{PURPOSE}kinds = ["consent", "consent"]\n'), "purposes[0].kinds[1]"),
    "stopped at once and weighed": (
        with_section(f'{PURPOSE}kinds = ["direct_marketing", "legitimate_interest"]\n'),
        "purposes[0].kinds",
    ),
    "stopped by a right that nobody gives": (
        with_section(f'{PURPOSE}kinds = ["sale"]\n').replace(*SOLD),
        "purposes[0].kinds[0]",
    ),
    "an opt-out of what is not sold": (
        with_section(f'{PURPOSE}kinds = ["consent", "sale"]\n'),
        "purposes[0].kinds[1]",
    ),
    "an opt-out of what is not sold, named": (
        with_section(f'{PURPOSE}kinds = ["consent", "sale"]\ncategories = ["contact"]\n'),
        "purposes[0].categories[0]",
    ),
    "a limit to what is not sensitive": (
        with_section(f'{PURPOSE}kinds = ["consent", "sensitive"]\ncategories = ["contact"]\n').replace(*SOLD),
        "purposes[0].categories[0]",
    ),
    "a right with nothing to stop": (
        changed("systems =", 'rights = ["opt_out_sale"]\nsystems ='),
        "rights[0]",
    ),
    "sold without an opt-out": (
        changed(
            '[[regimes]]\ncode = "CA-QC-25"\njurisdictions = ["CA-QC"]',
            CALIFORNIA,
        ).replace('recipients = ["host"]\n', 'recipients = ["host"]\nstatutory = "Identifiers"\nsold = true\n'),
        "categories[0].sold",
    ),
    "sold, and what is stopped is another": (
        changed(QUEBEC, CALIFORNIA).replace(SOLD[0], f'{SOLD[1]}statutory = "Identifiers"\n')
        + ANOTHER
        + f'{PURPOSE}kinds = ["consent", "sale"]\ncategories = ["visits"]\n',
        "categories[0].sold",
    ),
    "no name of the statute": (
        changed(QUEBEC, CALIFORNIA),
        "categories[0]",
    ),
    "weaker where it is sensitive": (changed(IDENTITY, f'{IDENTITY}sensitive = "none"\n'), "identity.sensitive"),
    "weaker than for one right": (
        changed(IDENTITY, f'{IDENTITY}sensitive = "code"\nrights = {{ erasure = "both" }}\n'),
        "identity.sensitive",
    ),
    "a proof that there is not": (
        changed(IDENTITY, f'{IDENTITY}methods = ["code"]\nrights = {{ access = "both" }}\n'),
        "identity.rights.access",
    ),
    "no proof for a copy": (changed(IDENTITY, f'{IDENTITY}rights = {{ access = "none" }}\n'), "identity.rights.access"),
    "an e-mail channel without an address": (
        with_section(CHANNEL.replace("a@small.example", "the office")),
        "channels[0].to",
    ),
    "a way in that there is not": (with_section(CHANNEL.replace('"email"', '"pigeon"')), "channels[0].kind"),
    "a way in twice": (with_section(CHANNEL + CHANNEL), "channels[1]"),
    "a promise that nothing keeps": (
        with_section('[[promises]]\nline = "L1"\nsays = "Soon."\n'),
        "promises[0]",
    ),
    "a promise kept by a key that is not there": (
        with_section('[[promises]]\nline = "L1"\nsays = "Soon."\nkeeps = ["record.keep_days", "promise.days"]\n'),
        "promises[0].keeps[1]",
    ),
    "an authority of a place that no law covers": (changed("authorities.FR", "authorities.NZ"), "authorities.NZ"),
    "two laws of one place": (
        changed('jurisdictions = ["CA"]', 'jurisdictions = ["CA", "CA-QC"]'),
        "regimes[2].jurisdictions[0]",
    ),
    "an extension by itself without words": (
        with_section('[clock]\nextend_automatically = true\nextend_ground = "complexity"\n'),
        "clock.extend_reason",
    ),
    "a home without its law": (changed('"DK", "FR"]', '"FR"]'), "controller.establishment"),
    "an American home without its law": (
        changed('establishment = "DK"', 'establishment = "US-CA"'),
        "controller.establishment",
    ),
    "a reading that the law does not have": (
        changed('calendar = "DK"', 'calendar = "DK"\noptions = ["identity_none", "identity_later"]'),
        "regimes[0].options[1]",
    ),
    "a reading of a law that has one": (
        changed('jurisdictions = ["CA-QC"]', 'jurisdictions = ["CA-QC"]\noptions = ["roll"]'),
        "regimes[2].options[0]",
    ),
    "a home that is no place": (changed('establishment = "DK"', 'establishment = "CA-XX"'), "controller.establishment"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    text, key = CONTRADICTIONS[name]
    found = refused(written(tmp_path, text))
    assert [each for _, _, each, _ in found] == [key]
    at = found[0][1]
    assert at is not None
    names = re.findall(r"[A-Za-z_]+", key)
    assert any(name in text.splitlines()[at - 1] for name in names), text.splitlines()[at - 1]


@pytest.mark.parametrize(
    ("place", "days", "said"),
    [
        ("US-CO", 730, "24 months (The law of Colorado, 4 CCR 904-3 r.6.11)"),
        ("US-MN", 365, "24 months (The law of Minnesota, Minn. Stat. 325M.14)"),
        ("US-CA", 730, "24 months (US-CCPA, 11 CCR 7101)"),
        ("US-CO", 731, None),
        ("US-VA", 365, None),
    ],
)
def test_a_record_shorter_than_a_law_wants_is_refused_with_its_article(
    tmp_path: Path, place: str, days: int, said: str | None
) -> None:
    code = "US-CCPA" if place == "US-CA" else "US-STATE"
    law = f'[[regimes]]\ncode = "{code}"\njurisdictions = ["{place}"]\n[record]\nkeep_days = {days}'
    text = changed("[record]\nkeep_days = 1095", law)
    text = text.replace('id = "contact"\n', 'id = "contact"\nstatutory = "Identifiers"\n')
    path = written(tmp_path, text)
    if said is None:
        assert load_policy(path).record.keep_days == days
        return
    ((_, at, key, message),) = refused(path)
    assert (key, at) == ("record.keep_days", line(text, "keep_days"))
    assert message == f"{days} days are fewer than requests must be kept on record: {said}"
    with pytest.raises(ConfigurationError, match="731 or more"):
        load_policy(path)


FIT = {
    "a promise longer than the law": with_section("[promise]\ndays = 90\n"),
    "a delay notice": with_section("[promise]\ndays = 30\ndelay_notice = true\n"),
    "reasons for what staff may keep": with_section('[promise]\nreasons_at_once = ["contact"]\n'),
    "kept and then gone": with_category('keep = { law = "B", years = 1 }\nexpires = { law = "L5", months = 12 }'),
    "kept and gone on the same day of any year": with_category(
        'keep = { law = "B", months = 1 }\nexpires = { law = "L5", days = 31 }'
    ),
    "promised, and somebody else's": changed(STAFF, "") + PROMISED + BY_US + "\n",
    "promised, and gone by itself": with_category('expires = { law = "L5", days = 5 }') + PROMISED,
    "told, and somebody else's to decide": with_category(
        'controlled_by = { who = { en = "them", da = "dem" }, field = "owner" }'
    ),
    "a promised right beyond every law": changed("systems =", 'rights = ["opt_out_sale"]\nsystems =')
    .replace("[record]", f'{PURPOSE}kinds = ["sale", "consent"]\n[record]')
    .replace(*SOLD),
    "stricter where it is sensitive": changed(IDENTITY, f'{IDENTITY}sensitive = "both"\n'),
    "no proof where the law asks none": changed(IDENTITY, f'{IDENTITY}rights = {{ withdraw_consent = "none" }}\n'),
    "promises that are kept": with_section(
        '[[promises]]\nline = "L1-3 L7"\nsays = "A."\nkeeps = ["systems.crm", "regimes.EU-GDPR.calendar"]\n'
        '[[promises]]\nline = "L9"\nsays = "B."\nnote = "By law."\n'
    ),
    "staff enough for an appeal": with_section(f'{COLORADO}\n[staff.roles]\nofficer = ["ane", "bo"]\n'),
    "a home where no law is known": changed('establishment = "DK"', 'establishment = "US-NY"'),
}


@pytest.mark.parametrize("name", FIT)
def test_what_does_not_contradict_passes(tmp_path: Path, name: str) -> None:
    assert load_policy(written(tmp_path, FIT[name])).id == "small"


OPEN = changed('email = "privacy@small.example"\n', "") + (
    '[open]\n"controller.email" = "The text hides it (L5)."\n"recipients.host.phone" = "x"\n'
)
ASKED = OPEN.replace('"recipients.host.phone" = "x"\n', "")


def test_what_is_open_is_asked_for_with_its_reason(tmp_path: Path) -> None:
    at = line(ASKED, '"controller.email"')
    said = "left open: The text hides it (L5)."
    assert refused(written(tmp_path, ASKED)) == [(None, at, "open.controller.email", said)]


def test_an_answer_makes_it_whole(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, ASKED, '[controller]\nemail = "us@small.example"\n'))
    assert policy.controller.email == "us@small.example"
    assert policy.open == {"controller.email": "The text hides it (L5)."}


def test_a_wrong_answer_is_named_in_its_own_file(tmp_path: Path) -> None:
    found = refused(written(tmp_path, ASKED, '# ours\n[controller]\nemail = "nowhere"\n'))
    assert [(file, at, key) for file, at, key, _ in found] == [("small.local.toml", 3, "controller.email")]


@pytest.mark.parametrize(
    ("answers", "at", "key"),
    [
        ('[controller]\nemail = "a@b.example"\nname = "Other"\n', 3, "controller.name"),
        ('[controller]\nemail = "a@b.example"\n[review]\nerasure_approvals = 1\n', 3, "review"),
        ('[controller]\nemail = "a@b.example"\n[[categories]]\nid = "more"\n', 3, "categories"),
        ('systems = []\n[controller]\nemail = "a@b.example"\n', 1, "systems"),
    ],
)
def test_only_what_is_open_can_be_answered(tmp_path: Path, answers: str, at: int, key: str) -> None:
    """Else a file that nobody reviewed could take back what a reviewed one promises."""
    found = refused(written(tmp_path, ASKED, answers))
    assert [(file, number, name) for file, number, name, _ in found] == [("small.local.toml", at, key)]


def test_what_is_open_has_no_value_beside_it(tmp_path: Path) -> None:
    text = SMALL + '[open]\n"controller.email" = "The text hides it."\n'
    assert [key for _, _, key, _ in refused(written(tmp_path, text))] == ["open.controller.email"]


def test_an_open_key_that_no_policy_has_is_named(tmp_path: Path) -> None:
    found = refused(written(tmp_path, OPEN, '[controller]\nemail = "a@b.example"\n'))
    assert [(key, message) for _, _, key, message in found if message == "no such key"] == [
        ("open.recipients.host.phone", "no such key")
    ]


TOLD = changed('email = "desk@host.example"\n', "") + '[open]\n"recipients.host.email|not_told" = "Not said."\n'


def test_one_of_two_answers_is_enough(tmp_path: Path) -> None:
    assert [key for _, _, key, _ in refused(written(tmp_path, TOLD))] == ["open.recipients.host.email|not_told"]
    policy = load_policy(written(tmp_path, TOLD, '[recipients.host]\nemail = "h@host.example"\n'))
    assert policy.recipient("host").email == "h@host.example"
    both = '[recipients.host.not_told]\nen = "No."\nda = "Nej."\n'
    not_told = load_policy(written(tmp_path, TOLD, both)).recipient("host").not_told
    assert not_told is not None
    assert not_told["da"] == "Nej."
    found = refused(written(tmp_path, TOLD, '[recipients.host]\nnot_told = { en = "No." }\n'))
    assert [(file, at, key) for file, at, key, _ in found] == [("small.local.toml", 2, "recipients[0].not_told")]


def test_an_answers_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    found = refused(written(tmp_path, ASKED, "[controller\n"))
    assert [at for _, at, _, _ in found] == [1]


BOOKS = Retention(law="Book 5", years=5, anchor="day")
CHATS = Retention(law="Rule 9", days=30, anchor="day")
KEPT = with_category(f'keep = {{ law = "Book 5", years = 5 }}\n{BY_US}')
PARTLY = with_category(f'keep = {{ law = "Book 5", years = 5, partly = true }}\n{BY_US}')
YEARS = with_category(f'keep = {{ law = "Book 5", years = 5, to = "year_end" }}\n{BY_US}')
SOMEBODY = with_category(f'expires = {{ law = "Rule 9", days = 30 }}\n{BY_US}')
GOING = with_category('expires = { law = "Rule 9", days = 30 }')


def store(**more: object) -> Manifest:
    collection = Collection.model_validate(
        {"name": "rows", "category": "contact", "treatment": Treatment.DELETE, **more}
    )
    made = Manifest(
        title="A store",
        needs=("email",),
        yields=("email",),
        capabilities=frozenset({Capability.LOCATE}),
        collections=(collection,),
    )
    return worded(made, "da")


def retained(retention: Retention = BOOKS) -> Manifest:
    return store(treatment=Treatment.RETAIN, retention=retention)


@pytest.mark.parametrize(
    ("text", "manifest", "said"),
    [
        (KEPT, store(), "categories[0].keep: 5 years (Book 5) here, not kept in crm.rows"),
        (KEPT, retained(BOOKS.model_copy(update={"years": 1})), "5 years (Book 5) here, 1 year (Book 5) in crm.rows"),
        (KEPT, retained(BOOKS.model_copy(update={"law": "Tax"})), "5 years (Book 5) here, 5 years (Tax) in crm.rows"),
        (GOING, store(), "categories[0].expires: 30 days (Rule 9) here, does not expire in crm.rows"),
        (
            GOING,
            store(expires=CHATS.model_copy(update={"days": 31})),
            "30 days (Rule 9) here, 31 days (Rule 9) in crm.rows",
        ),
        (
            SMALL,
            retained(BOOKS.model_copy(update={"years": 99})),
            "crm.rows keeps 99 years (Book 5), and the policy keeps",
        ),
        (YEARS, retained(), "5 years from the end of the year (Book 5) here, 5 years (Book 5) in crm.rows"),
        (
            PARTLY,
            retained(BOOKS.model_copy(update={"years": 6})),
            "5 years (Book 5) here, 6 years (Book 5) in crm.rows",
        ),
        (PARTLY, store(), "5 years (Book 5) here, and no system keeps any of it"),
        (GOING, store().model_copy(update={"manual": True}), "crm.rows is worked by a human: nothing ends there by"),
        (SMALL, store(expires=CHATS), "does not expire here, 30 days (Rule 9) in crm.rows"),
    ],
)
def test_policy_and_map_say_the_same_of_terms(tmp_path: Path, text: str, manifest: Manifest, said: str) -> None:
    policy = load_policy(written(tmp_path, text)).model_copy(update={"systems": ("crm",)})
    with pytest.raises(ConfigurationError) as error:
        check_systems(_from(policy, tmp_path), {"crm": manifest})
    assert said in str(error.value)


def test_a_map_that_keeps_what_the_policy_does_not_is_named_with_its_line(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, SMALL))
    policy = policy.model_copy(update={"systems": ("crm",), "identity": _attested(policy)})
    text = (
        'system = "crm"\n[tables.rows]\ncategory = "contact"\nperson = true\nerase = "retain"\n'
        'retention = { law = "Book 5", years = 99, from = "day" }\n[tables.rows.columns]\nid = "keep"\nday = "keep"\n'
    )
    with pytest.raises(ConfigurationError) as error:
        check_systems(_from(policy, tmp_path), {"crm": worded(parse_map(text, "maps/crm.toml").manifest(), "da")})
    (problem, *_) = [one for one in problems_of(error.value) if one.key == "categories[0].keep"]
    assert (str(problem.file), problem.line) == ("maps/crm.toml", line(text, "retention ="))
    assert problem.remedy.startswith("write keep in the policy's 'contact'")


@pytest.mark.parametrize(
    ("decides", "said"),
    [
        ("owner", "crm.rows has no 'owner', which is to say who decides over its records"),
        ("keeper", "crm.rows finds people by 'keeper', which says who decides, and by another column"),
        ("day", None),
    ],
)
def test_a_map_says_who_decides_over_a_row_and_does_not_take_them_for_its_person(
    tmp_path: Path, decides: str, said: str | None
) -> None:
    others = f'controlled_by = {{ who = {{ en = "them", da = "dem" }}, field = "{decides}" }}'
    policy = load_policy(written(tmp_path, with_category(others)))
    policy = policy.model_copy(update={"systems": ("crm",), "identity": _attested(policy)})
    text = (
        'system = "crm"\n[tables.rows]\ncategory = "contact"\nperson = true\nerase = "delete"\nidentifiers = [\n'
        '{ column = "email", kind = "email" }, { column = "keeper", kind = "email" }]\n'
        '[tables.rows.columns]\nid = "keep"\nday = "keep"\nemail = "null"\nkeeper = "null"\n'
    )
    crm = worded(parse_map(text, "maps/crm.toml").manifest(), "da")
    if said is None:
        check_systems(_from(policy, tmp_path), {"crm": crm})
        return
    with pytest.raises(ConfigurationError) as error:
        check_systems(_from(policy, tmp_path), {"crm": crm})
    (problem,) = [one for one in problems_of(error.value) if one.key == "categories[0].controlled_by.field"]
    assert (str(problem.file), problem.message) == ("maps/crm.toml", said)


@pytest.mark.parametrize(
    ("owner", "ours"),
    [
        ("Shop@Example.org", True),
        (" ann@example.org ", True),
        ("bob@example.org", False),
        ("The  Company", True),
        (None, True),
        (["ann@example.org"], False),
    ],
)
def test_a_record_is_its_keeper_s_or_the_asker_s_own_by_what_it_says(owner: JsonValue, ours: bool) -> None:
    by = ControlledBy(who={"en": "them"}, field="owner", ours=("the company", ""))
    assert by.is_ours(by.named({"owner": owner}), {"shop@example.org", "ann@example.org"}) is ours
    assert not ControlledBy(who={"en": "them"}, to="bob@example.org", ours=("",)).is_ours("", ())


@pytest.mark.parametrize(
    ("text", "manifest"),
    [
        (KEPT, retained()),
        (GOING, store(expires=CHATS)),
        (YEARS, retained(BOOKS.model_copy(update={"to": "year_end"}))),
        (SOMEBODY, store()),
        (SOMEBODY, store().model_copy(update={"manual": True})),
    ],
)
def test_what_says_the_same_fits(tmp_path: Path, text: str, manifest: Manifest) -> None:
    policy = load_policy(written(tmp_path, text)).model_copy(
        update={"systems": ("crm",), "identity": _attested(load_policy(written(tmp_path, text)))}
    )
    check_systems(policy, {"crm": manifest})


def test_a_purpose_must_be_stoppable_somewhere(tmp_path: Path) -> None:
    text = with_section(f'{PURPOSE}kinds = ["consent"]\n')
    policy = load_policy(written(tmp_path, text)).model_copy(update={"systems": ("crm",)})
    with pytest.raises(ConfigurationError, match=r"purposes\[0\]: no system can stop 'news'"):
        check_systems(_from(policy, tmp_path), {"crm": store()})
    check_systems(_from(policy, tmp_path), {"crm": store().model_copy(update={"purposes": ("news",)})})
    by_hand = policy.model_copy(update={"systems": ("crm", "paper")})
    check_systems(_from(by_hand, tmp_path), {"crm": store(), "paper": store().model_copy(update={"manual": True})})


def test_paper_is_no_source_of_identity(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, SMALL)).model_copy(update={"systems": ("crm",)})
    with pytest.raises(ConfigurationError, match=r"identity\.sources\[0\]: 'crm' is searched by a human"):
        check_systems(_from(policy, tmp_path), {"crm": store().model_copy(update={"manual": True})})


def _from(policy: Policy, folder: Path) -> Policy:
    return policy.came_from(folder / "small.toml")


def _attested(policy: Policy) -> object:
    return policy.identity.model_copy(update={"sources": ()})


def test_a_mark_of_an_editor_and_a_nest_are_read_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8-sig")
    assert load_policy(path).id == "small"
    path.write_text(f"systems = {'[' * 5000}{']' * 5000}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        load_policy(path)


def test_a_system_speaks_every_language_of_the_controller(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, SMALL))
    plain = store(rectifiable=("full_name",)).model_copy(update={"glossary": Glossary()})
    with pytest.raises(ConfigurationError) as error:
        check_systems(policy, {"crm": plain, "billing": store()})
    assert [(each.line, each.key, each.message) for each in problems_of(error.value)] == [
        (
            line(SMALL, "systems ="),
            "systems[0]",
            '\'crm\' has no words in \'da\' for "A store", "Rows", "Full name"',
        ),
    ]
    check_systems(policy, {"crm": worded(plain, "da"), "billing": store()})


def test_words_that_a_system_has_for_nothing_are_named(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, SMALL))
    words = {"da": {**store().glossary.words["da"], "A shop": "En butik"}}
    odd = store().model_copy(update={"glossary": Glossary(words=words)})
    with pytest.raises(
        ConfigurationError, match="'crm' has words in 'da' for \"A shop\", which nothing in it is called"
    ):
        check_systems(policy, {"crm": odd, "billing": store()})


def test_words_of_a_policy_are_for_what_stands_there_once(tmp_path: Path) -> None:
    recipient = '[[recipients]]\nid = "courts"\nname = "The courts"\nrole = "authority"\ncountry = "DK"\n'
    recipient += 'gets_nothing = "No case as yet."\n'
    policy = load_policy(written(tmp_path, f'{SMALL}\n{recipient}[words.da]\n"The courts" = "Domstolene"\n'))
    assert [policy.said("The courts", language) for language in ("da-DK", "en", "pt")] == [
        "Domstolene",
        "The courts",
        "The courts",
    ]
    text = f'{SMALL}\n{recipient}[words.da]\n"The court" = "Retten"\n[words.fr]\n[words.en]\n'
    assert refused(written(tmp_path, text)) == [
        (None, line(text, '"The court"'), "words.da.The court", NOTHING_CALLED_SO),
        (None, line(text, "[words.fr]"), "words.fr", "'fr' is none of controller.languages"),
        (
            None,
            line(text, "[words.en]"),
            "words.en",
            "'en' is the first of controller.languages, which the phrases themselves are in",
        ),
    ]
