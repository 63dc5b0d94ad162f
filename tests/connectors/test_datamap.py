"""The data map's file: what is refused with its line, what is undecided and named."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from activities.connectors import describe_connector
from activities.connectors.sql.matching import says_proven
from habeas.connector import Manifest
from habeas.datamap import DataMap, IdentifierRule, load_map, parse_map, problems, require_decided
from habeas.datamap.looks import looks_like
from habeas.errors import ConfigurationError, DataMapError
from habeas.fields import Origin, SensitiveType
from habeas.model import Identifier
from tests.connectors import club, shop
from tests.connectors.test_erase_hardships import MESSAGES_MAP

SHOP = 'system = "shop"\n' + shop.MAP


def line(text: str, at: str) -> int:
    return 1 + text[: text.index(at)].count("\n")


REST = 'is not decided; write what is right, without the "?"'


def findings(text: str) -> list[str]:
    return [str(one) for one in problems(parse_map(text))]


def test_a_decided_map_is_ready() -> None:
    assert findings(SHOP) == []
    assert isinstance(require_decided(parse_map(SHOP)), DataMap)


def test_a_guess_is_undecided_wherever_it_stands() -> None:
    text = SHOP.replace('email = "null"', 'email = "?null"', 1).replace('{ table = "tickets"', '{ table = "?tickets"')
    text = text.replace('category = "account"', 'category = "?"', 1).replace("personal = false", 'personal = "?false"')
    assert findings(text) == [
        f"line {line(text, 'personal = ')}: currencies: `personal` {REST}",
        f"line {line(text, 'category = ')}: users: `category` {REST}",
        f"line {line(text, '?null')}: users.email: `columns.email` {REST}",
        f"line {line(text, '?tickets')}: comments: `belongs[0].table` {REST}",
    ]
    with pytest.raises(DataMapError, match=r"line \d+: users\.email"):
        require_decided(parse_map(text))


def test_a_column_says_where_its_value_comes_from_and_what_it_is() -> None:
    text = SHOP.replace("mood = ", 'mood = { erase = "null", origin = "derived" } #', 1)
    text = text.replace("[tables.users]\n", '[tables.users]\norigin = "observed"\n', 1)
    users, *others = parse_map(text).manifest().collections
    assert users.origin is Origin.OBSERVED
    assert (users.origins, users.types) == ({"mood": Origin.DERIVED}, {"password_hash": SensitiveType.PASSWORD})
    assert {one.origin for one in others} == {None}
    assert {one.name: one.file_field for one in others if one.file_field} == {"attachments": "content"}


def test_a_restriction_is_derived_and_what_the_person_chose_is_theirs() -> None:
    club = parse_map(CLUB).tables["members"]
    assert club.restrict
    assert club.stops
    members = next(one for one in parse_map(CLUB).manifest().collections if one.name == "members")
    assert members.origins == {club.restrict.column: Origin.DERIVED}
    text = CLUB.replace('newsletter = "keep"', 'newsletter = { erase = "keep", origin = "derived" }')
    members = next(one for one in parse_map(text).manifest().collections if one.name == "members")
    assert members.origins["newsletter"] is Origin.DERIVED


NAMES = {
    "government_id": "ssn customer_ssn passport_no passport_scan drivers_license driving_licence_number "
    "personal_number national_id tax_id social_security cpr id_number",
    "financial_account": "iban bank_account account account_no card_number credit_card",
    "medical_id": "insurance_no health_insurance_number medical_record_number mrn",
    "password": "password password_hash user_passwd pin",
    "security_answer": "security_question secret_answer",
    "biometric": "fingerprint face_template biometric_id voiceprint",
    "": "id invoice_id account_id card_id customer_no phone_number pinned_at invoice_number passed number order_no "
    "interface_id span single idle address score since",
}


@pytest.mark.parametrize("holds", NAMES)
def test_what_a_column_s_name_looks_like(holds: str) -> None:
    names = NAMES[holds].split()
    assert {name: looks_like(name) for name in names} == dict.fromkeys(names, holds or None)


def test_a_column_that_looks_like_what_is_never_let_out_is_decided() -> None:
    told = f"line {line(SHOP, 'password_hash')}: users.password_hash: its name looks like what some laws never let out"
    (found,) = findings(SHOP.replace('is = "password", ', ""))
    assert found.startswith(told)
    assert 'write is = "password", another of government_id, financial_account,' in found
    assert found.endswith('or is = "none"')
    assert findings(SHOP.replace('is = "password"', 'is = "none"')) == []
    for guess in ("?password", "?"):
        (found,) = findings(SHOP.replace('is = "password"', f'is = "{guess}"'))
        assert "users.password_hash: `columns.password_hash.is` is not decided" in found
    with pytest.raises(DataMapError, match=r"password_hash\.is"):
        parse_map(SHOP.replace('is = "password"', 'is = "secret"'))


def test_bare_marks_are_undecided_too() -> None:
    text = """system = "x"
    [tables.a]
    category = "?"
    person = true
    erase = "?"
    key = ["?"]
    belongs = ["?"]
    columns = { id = "?", secret = { erase = "?", disclose = false, because = "why not" } }
    [tables.b]
    personal = "?false"
    because = "?"
    """
    assert [int(one.split()[1].strip(":")) for one in findings(text)] == [3, 5, 6, 7, 8, 8, 10, 11]


REQUESTER = 'belongs = [ { table = "users", columns = { requester_id'


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ('because = "a list of currencies"', "", "[tables.currencies]", "does not say why"),
        ('category = "account"', "", "[tables.users]", "no data category"),
        ('erase = "delete"', "", "[tables.users]", "what erasure does is not decided"),
        ("retention = {", "after = 'delete' #", "[tables.invoices]", "do not go together"),
        ('erase = "retain"', 'erase = "delete"', "retention = {", "do not go together"),
        ("person = true", 'staff = { mood = "bad" }', "staff =", "its rows are no accounts"),
        (REQUESTER, REQUESTER.replace("users", "u"), '"u"', "is not in the map"),
        ('{ table = "tickets"', '{ table = "currencies"', '"currencies"', "is not personal"),
    ],
)
def test_contradictions_are_named_with_their_line(old: str, new: str, at: str, says: str) -> None:
    assert old in SHOP
    text = SHOP.replace(old, new, 1)
    found = findings(text)
    assert any(one.startswith(f"line {line(text, at)}: ") and says in one for one in found), found


def test_what_becomes_of_a_row_of_two_people_is_decided() -> None:
    text = 'system = "shop"\n' + MESSAGES_MAP
    assert findings(text) == []
    asked = text.replace('shared = { law = "Charter art. 8" }\n', "")
    assert findings(asked) == [
        f"line {line(asked, 'belongs = [{')}: messages: its links may lead to two people, "
        "and what becomes of a row that is both's is not decided; "
        'write shared = { law = "<by what it stays for the other>" }, or shared = "erase"'
    ]
    assert findings(text.replace('{ law = "Charter art. 8" }', '"erase"')) == []
    guess = text.replace("Charter art. 8", "?")
    assert findings(guess) == [f"line {line(guess, 'shared = ')}: messages: `shared.law` {REST}"]
    for wrong in ("{}", '"keep"', '{ law = "" }'):
        with pytest.raises(DataMapError, match=r"tables\.messages\.shared"):
            parse_map(text.replace('{ law = "Charter art. 8" }', wrong))
    spoken = text.replace('system = "shop"', 'system = "shop"\nlanguages = ["da"]')
    (unspoken,) = [one for one in findings(spoken) if "Charter" in one]
    assert unspoken.startswith(f"line {1 + line(text, 'shared = ')}: messages: ")


def test_a_table_that_no_person_leads_to_is_named() -> None:
    text = 'system = "x"\n[tables.a]\ncategory = "c"\nerase = "delete"\n'
    text += 'belongs = [{ table = "a", columns = { p = "id" } }]'
    assert ["no way leads" in one for one in findings(text)] == [True]


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ('phone = "null"', 'phone = "vanish"', "vanish"),
        ("person = true", "persona = true", "persona ="),
        ('match = "plus"', 'match = "like"', "like"),
        (', because = "security of the account" }', "}", "disclose"),
        ("years = 5", "years = 0", "years = 0"),
        ("person = true", "person = true\nstaff = [{}]", "staff ="),
        ('tags = "blank"', 'tags = { erase = "set" }', '"set"'),
        ('erase = "retain"', 'erase = "retain"\nafter = "retain"', "after ="),
        ('system = "shop"', 'system = "Shop!"', "Shop!"),
    ],
)
def test_what_is_no_map_is_refused_with_file_and_line(old: str, new: str, at: str) -> None:
    assert old in SHOP
    text = SHOP.replace(old, new, 1)
    with pytest.raises(DataMapError) as refused:
        parse_map(text, "maps/shop.toml")
    assert f"maps/shop.toml:{line(text, at)}: " in str(refused.value)


@pytest.mark.parametrize("kind", ["name", "surname", "full_name"])
def test_nobody_is_found_by_a_name(kind: str) -> None:
    text = SHOP.replace('kind = "email"', f'kind = "{kind}"', 1)
    assert text != SHOP
    with pytest.raises(DataMapError, match="nobody is found by a name"):
        parse_map(text, "maps/shop.toml")
    with pytest.raises(ValidationError, match="nobody is found by a name"):
        Identifier(kind=kind, value="Ada Test")
    with pytest.raises(ValidationError, match="nobody is found by a name"):
        Manifest(title="x", needs=(kind,), yields=(), capabilities=frozenset(), collections=())
    files = {"path": "/srv", "collections": {"scans": {"category": "c", "pattern": f"{{{kind}}}.pdf"}}}
    with pytest.raises(ConfigurationError, match="nobody is found by a name"):
        describe_connector("scans", {"connector": "folder", **files})


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for content in (None, b"system = ", b"system = 'x\xff'"):
        path = tmp_path / "map.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DataMapError, match=r"map\.toml"):
            load_map(path)
    with pytest.raises(DataMapError, match="cannot be read"):
        load_map(tmp_path)


CLUB = 'system = "shop"\n' + club.MAP


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        (
            'name = { erase = "redact", rectify = true }',
            'name = { erase = "redact", rectify = true, disclose = false, because = "secret" }',
            "name = {",
            "cannot be rectified: the person is not shown it",
        ),
        (
            'columns = { id = "keep", member_id = "keep", at',
            'columns = { id = "keep", member_id = { erase = "keep", rectify = true }, at',
            "member_id = { erase",
            "visits.member_id: cannot be rectified: it leads to whom the row belongs",
        ),
        (
            'at = "keep", note',
            'at = { erase = "keep", rectify = true }, note',
            "at = { erase",
            "visits.at: cannot be rectified: a term runs from it",
        ),
        (
            'newsletter = "keep"',
            'newsletter = { erase = "keep", rectify = true }',
            "newsletter = { erase",
            "members.newsletter: cannot be rectified: it holds a mark",
        ),
        (
            'column = "newsletter"',
            'column = "email"',
            "stops = [",
            "stops: email cannot hold a mark: it holds an ident",
        ),
        ('column = "newsletter"', 'column = "frozen_at"', "restrict =", "restrict and stops both write to frozen_at"),
        (
            'restrict = { column = "state"',
            'restrict = { column = "at"',
            'restrict = { column = "at"',
            "restrict: at cannot hold a mark: a term runs from it",
        ),
        (
            'expires = { law = "our promise: a month", days = 30, from = "taken_on" }',
            "",
            "expires = {",
            "visits: its rows expire, but those of photos, which belong to them, do not",
        ),
    ],
)
def test_changes_that_contradict_are_named_with_their_line(old: str, new: str, at: str, says: str) -> None:
    assert findings(CLUB) == []
    assert old in CLUB
    text = CLUB.replace(old, new, 1)
    found = findings(text)
    assert any(one.startswith(f"line {line(text, at)}: ") and says in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ('on = "now", off = "null"', 'on = "now", off = "now"', "restrict = {"),
        ('on = "now", off = "null"', 'on = "now", off = "2000-01-01"', "restrict = {"),
        ('purpose = "ads"', 'purpose = "Ads!"', '"Ads!"'),
        ("months = 1,", "", "expires = {"),
    ],
)
def test_changes_that_are_none_are_refused_with_their_line(old: str, new: str, at: str) -> None:
    assert old in CLUB
    text = CLUB.replace(old, new, 1)
    with pytest.raises(DataMapError) as refused:
        parse_map(text, "maps/club.toml")
    assert f"maps/club.toml:{line(text, at)}: " in str(refused.value)


SPOKEN = """system = "x"
title = "Customers"
languages = ["en", "da"]
[tables.people]
title = "Customer list"
category = "c"
person = true
erase = "retain"
retention = { law = "Tax Act § 1", years = 5, from = "day" }
columns.day = "keep"
columns.full_name = { erase = "null", rectify = true, label = "Your name" }
columns.secret = { erase = "null", disclose = false, because = "it is a secret" }
[words.da]
Customers = "Kunder"
"Customer list" = "Kundeliste"
"Tax Act § 1" = "skattelovens § 1"
Day = "Dag"
"Your name" = "Dit navn"
Secret = "Hemmelighed"
"it is a secret" = "det er en hemmelighed"
"""


def test_all_that_a_person_reads_is_there_in_every_language() -> None:
    assert findings(SPOKEN) == []
    said = parse_map(SPOKEN).manifest()
    assert said.glossary.say(said.collections[0].withheld["secret"], "da-DK") == "det er en hemmelighed"


@pytest.mark.parametrize(
    ("phrase", "at", "place"),
    [
        ("Customers", "title =", "the map"),
        ('"Customer list"', 'title = "Customer list"', "people"),
        ('"Tax Act § 1"', "retention =", "people"),
        ("Day", "columns.day", "people.day"),
        ('"Your name"', "columns.full_name", "people.full_name"),
        ("Secret", "columns.secret", "people.secret"),
        ('"it is a secret"', "columns.secret", "people.secret"),
    ],
)
def test_a_phrase_without_words_is_named_with_its_line(phrase: str, at: str, place: str) -> None:
    head, _, words = SPOKEN.partition("[words.da]")
    left = [one for one in words.splitlines() if one.split(" = ")[0] != phrase]
    text = "\n".join([f"{head}[words.da]", *left])
    quoted = f'"{phrase.strip(chr(34))}"'
    assert findings(text) == [
        f"line {line(text, at)}: {place}: {quoted} has no words in 'da'; write {quoted} = \"…\" under [words.da]"
    ]


def test_words_that_nobody_would_read_are_named() -> None:
    text = SPOKEN.replace('Day = "Dag"', 'Day = "Dag"\nCustomer = "Kunde"\nNothing = "Intet"')
    text += '[words.fr]\nDay = "Jour"\n[words.en]\nDay = "Date"\n'
    assert findings(text) == [
        f'line {line(text, "Customer = ")}: the map: words.da: nothing in the map is called "Customer"; '
        'write it as the map does: "Customers"',
        f'line {line(text, "Nothing")}: the map: words.da: nothing in the map is called "Nothing"; remove it',
        f"line {line(text, '[words.fr]')}: the map: there are words in 'fr', which is none of its languages; "
        'add "fr" to languages, or remove them',
        f"line {line(text, '[words.en]')}: the map: the map itself is in 'en'; "
        "write the phrase itself as it should be read",
    ]


def test_an_undecided_phrase_is_asked_for_once() -> None:
    text = SPOKEN.replace('title = "Customers"', 'title = "?Clients"').replace('Customers = "Kunder"\n', "")
    assert findings(text) == [f"line 2: the map: `title` {REST}"]
    text = SPOKEN.replace('Day = "Dag"', 'Day = "?"')
    assert findings(text) == [f"line {line(text, 'Day =')}: the map: `words.da.Day` {REST}"]


def test_a_yes_or_a_date_says_that_an_identifier_is_proven() -> None:
    rule = IdentifierRule(column="email", kind="email", proven="verified_at")
    assert all(says_proven(rule, said) for said in ("2026-01-01 12:00", "true", "1"))
    assert not any(says_proven(rule, said) for said in ("False", "f", "0", "", None, "0000-00-00 00:00:00"))
    assert says_proven(rule.model_copy(update={"proven": None}), None)
    assert not says_proven(rule.model_copy(update={"proven": False}), None)
    with pytest.raises(ValueError, match="proven"):
        IdentifierRule.model_validate({"column": "email", "kind": "email", "proven": True})
