"""What is in a package, and what must not get in."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from activities.letters import LANGUAGES
from activities.letters.wording import catalogue, lookup
from activities.package import (
    CollectionFacts,
    SourceChanged,
    Sources,
    SystemFacts,
    WithheldField,
    verify_package,
)
from habeas.coverage import Excerpt, LeftOut, Why
from habeas.errors import BadInput
from habeas.fields import SensitiveType
from habeas.model import Right
from tests.package.examples import CONTACTS, FILES, INVOICES, REQUEST, TICKETS, facts, opening, records
from tests.package.whole import one_collection, stream, unzipped, zipped


def test_the_members_and_their_order(package: bytes) -> None:
    assert list(unzipped(package)) == [
        "data/crm/contacts.json",
        "data/crm/contacts.csv",
        "data/billing/invoices.json",
        "data/billing/invoices.csv",
        "data/support/tickets.json",
        "data/support/tickets.csv",
        "files/support/tickets/1-passwd",
        "files/support/tickets/2-photo gpj.exe.txt",
        "files/support/tickets/3-Kvittering æøå #1.pdf",
        "index.html",
        "schema.json",
        "article15.json",
        "withheld.json",
        "manifest.json",
    ]


def test_json_is_what_the_system_holds_without_what_is_withheld(package: bytes) -> None:
    members = unzipped(package)
    assert json.loads(members["data/billing/invoices.json"]) == INVOICES
    assert "exactly as it is stored" not in members["index.html"].decode()
    shown = [{k: v for k, v in row.items() if k != "password_hash"} for row in CONTACTS]
    assert json.loads(members["data/crm/contacts.json"]) == shown
    tickets = json.loads(members["data/support/tickets.json"])
    assert tickets[0]["_files"][1] == {
        "path": "files/support/tickets/2-photo gpj.exe.txt",
        "name": "photo \u202egpj.exe",
        "media_type": "application/octet-stream",
        "size": 3,
    }
    assert "_files" not in tickets[2]


def test_csv_has_every_field_in_the_order_of_the_table(package: bytes) -> None:
    members = unzipped(package)
    raw = members["data/support/tickets.csv"]
    assert raw.startswith(b"\xef\xbb\xbfid,subject,body,closed_at,_files\r\n")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["subject"].startswith("'=HYPERLINK")
    assert rows[1]["_files"] == "files/support/tickets/3-Kvittering æøå #1.pdf"
    contacts = members["data/crm/contacts.csv"].decode("utf-8-sig").splitlines()[0].split(",")
    assert contacts == [name for name in CONTACTS[0] if name != "password_hash"]


def test_attachments_are_there_as_they_were(package: bytes) -> None:
    members = unzipped(package)
    contents = [content for name, content in members.items() if name.startswith("files/")]
    assert contents == [file.content for n in (1, 2) for file in FILES[n]]


def test_what_is_withheld_is_nowhere_but_named_with_its_reason(package: bytes) -> None:
    members = unzipped(package)
    assert all(b"argon2id" not in content for content in members.values())
    withheld = json.loads(members["withheld.json"])
    assert withheld["fields"][0]["field"] == "password_hash"
    assert withheld["items"][0]["law"] == "GDPR 15(4)"
    assert withheld["missing"] == [{"title": "Phone system", "reason": "it is being repaired"}]


def test_article_15_is_there_for_machines(package: bytes) -> None:
    article = json.loads(unzipped(package)["article15.json"])
    assert article["categories"][0]["recipients"] == ["Post A/S, delivery", "Hosting B.V., data centre"]
    assert article["authority"]["name"] == "Datatilsynet"
    assert article["systems"][1]["collections"] == [
        {"name": "invoices", "title": "Invoices", "category": "transactions", "records": 60}
    ]
    assert article["right"] == "access"


def test_the_manifest_names_every_other_file(package: bytes) -> None:
    members = unzipped(package)
    manifest = json.loads(members.pop("manifest.json"))
    assert (manifest["schema"], manifest["request"]) == ("habeas.package/1", REQUEST)
    assert [f["path"] for f in manifest["files"]] == list(members)
    for file in manifest["files"]:
        assert file["sha256"] == hashlib.sha256(members[file["path"]]).hexdigest()
        assert file["size"] == len(members[file["path"]])


async def test_the_same_input_gives_the_same_bytes(package: bytes) -> None:
    assert await zipped(facts()) == package
    assert await zipped(facts(), now=datetime(2026, 3, 10, tzinfo=UTC)) != package


async def test_portability_uses_the_same_package() -> None:
    members = unzipped(await zipped(facts(right=Right.PORTABILITY)))
    assert json.loads(members["manifest.json"])["right"] == "portability"
    assert b"take elsewhere" in members["index.html"]


# The page


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_is_in_the_persons_language(language: str) -> None:
    page = unzipped(await zipped(facts(language)))["index.html"].decode()
    assert f'<html lang="{language}">' in page
    title = {"en": "Your personal data", "fr": "Vos données personnelles", "da": "Dine personoplysninger",
             "nb": "Personopplysningene dine", "de": "Ihre personenbezogenen Daten"}[language]  # fmt: skip
    assert f"<h1>{title}</h1>" in page
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert "Datatilsynet" in page


def test_the_page_needs_nothing_from_outside_and_runs_nothing(package: bytes) -> None:
    page = unzipped(package)["index.html"].decode()
    assert re.findall(r"<(?:script|img|iframe|link|object|embed|form|base)\b", page) == []
    assert re.findall(r"\s(?:src|srcset|style|on\w+)=", page) == []
    assert "url(" not in page
    assert "@import" not in page
    style = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in page


def test_the_page_links_exactly_to_what_is_there(package: bytes) -> None:
    members = unzipped(package)
    page = members["index.html"].decode()
    links = [unquote(link) for link in re.findall(r'href="([^"#]+)"', page)]
    local = {link for link in links if not link.startswith("https://")}
    assert local == members.keys() - {"index.html"}
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page


def test_the_page_escapes_whatever_it_shows(package: bytes) -> None:
    page = unzipped(package)["index.html"].decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page
    assert "<script" not in page
    assert "the thing &lt;b&gt;broke" in page


def test_the_page_shows_the_first_rows_and_says_how_many_more(package: bytes) -> None:
    page = unzipped(package)["index.html"].decode()
    assert "2025-0049" in page
    assert "2025-0050" not in page
    assert "10 more records are in the files." in page
    assert "Nothing about you was found in: Company links, Activities." in page
    assert "عائشة" in page
    assert "29 February 1984" in page
    assert "9 March 2026, 13:30 (CET)" in page


def test_the_catalogues_of_the_page_fit_each_other() -> None:
    english = catalogue("activities.package", "en")
    for language in LANGUAGES[1:]:
        other = catalogue("activities.package", language)
        assert english.keys() == other.keys()
        for key, text in english.items():
            assert sorted(re.findall(r"{\w*}", text)) == sorted(re.findall(r"{\w*}", other[key])), key
            assert text != other[key] or key.endswith(("page.json", "attachments")), key


# What does not fit is refused


@pytest.mark.parametrize("counted", [1, 3])
async def test_records_lost_or_gained_are_noticed(counted: int) -> None:
    about = one_collection(rows=counted)
    with pytest.raises(SourceChanged) as caught:
        await zipped(about, {("crm", "contacts"): opening(records("contacts", CONTACTS))})
    assert caught.value.facts == {"system": "crm"}


@pytest.mark.parametrize("given_sources", [{}, {("crm", "contacts"): opening([]), ("crm", "secrets"): opening([])}])
async def test_sources_and_facts_must_fit(given_sources: Sources) -> None:
    with pytest.raises(BadInput):
        await zipped(one_collection(rows=1), given_sources)


def test_a_collection_named_twice_is_refused() -> None:
    collection = CollectionFacts(name="contacts", category="contact", rows=1)
    with pytest.raises(ValueError, match="twice"):
        facts(systems=(SystemFacts(name="crm", title="CRM", collections=(collection, collection)),))


async def test_names_that_differ_only_in_case_or_are_paths_do_not_meet() -> None:
    names = ("Orders", "orders", "../orders", "con", "a/b")
    about = facts(
        systems=(
            SystemFacts(
                name="nul",
                title="Odd",
                collections=tuple(CollectionFacts(name=name, category="contact", rows=2) for name in names),
            ),
        )
    )
    data = await zipped(about, {("nul", name): opening(records("x", CONTACTS)) for name in names})
    paths = [name for name in unzipped(data) if name.endswith(".csv")]
    assert paths == [f"data/_nul/{name}.csv" for name in ("Orders", "orders-2", "orders-3", "_con", "b")]
    await verify_package(stream(data))


async def test_a_field_that_hides_behind_another_order_is_still_withheld() -> None:
    about = one_collection(rows=2, withheld=(WithheldField(field="last_name", reason="a test"),))
    data = await zipped(about, {("crm", "contacts"): opening(records("contacts", CONTACTS))})
    assert "Łukasiewicz".encode() not in b"".join(unzipped(data).values())


async def test_only_the_excerpt_is_in_it_files_too() -> None:
    out = LeftOut(category="support", why=Why.UNDISCLOSED, provision="11 CCR 7024(d)")
    told = tuple(WithheldField(field=one, reason="kept back", law="11 CCR 7024(d)") for one in ("id", "subject"))
    excerpt = Excerpt(fields={"id": out, "subject": out}, files=False)
    collection = CollectionFacts(name="tickets", category="support", rows=3, withheld=told, excerpt=excerpt)
    about = facts(systems=(SystemFacts(name="support", title="Help desk", collections=(collection,)),))
    data = await zipped(about, {("support", "tickets"): opening(records("tickets", TICKETS))})
    members = unzipped(data)
    assert not [name for name in members if name.startswith("files/")]
    assert all(
        "_files" not in row and row.keys() == {"body", "closed_at"}
        for row in json.loads(members["data/support/tickets.json"])
    )
    fields = json.loads(members["withheld.json"])["fields"]
    assert [(one["field"], one["law"]) for one in fields] == [("id", "11 CCR 7024(d)"), ("subject", "11 CCR 7024(d)")]
    assert members["index.html"].decode().count("Id and Subject: kept back (11 CCR §\N{NO-BREAK SPACE}7024(d))") == 2
    some = Excerpt(left_out=out, only=frozenset({"subject"}), files=False)
    about = facts(
        systems=(
            SystemFacts(
                name="support",
                title="Help desk",
                collections=(collection.model_copy(update={"withheld": (), "excerpt": some}),),
            ),
        )
    )
    members = unzipped(await zipped(about, {("support", "tickets"): opening(records("tickets", TICKETS))}))
    assert all(row.keys() == {"subject"} for row in json.loads(members["data/support/tickets.json"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_that_a_law_keeps_back_has_its_words(language: str) -> None:
    words = lookup("activities.package", language)
    said = {words.text("left_out.undisclosed", what=words.text(f"types.{one}")) for one in SensitiveType}
    assert len(said) == len(SensitiveType)


def test_the_files_describe_themselves(package: bytes) -> None:
    members = unzipped(package)
    described = json.loads(members["schema.json"])
    tables = {table["json"]: table for table in described["tables"]}
    assert set(tables) == {name for name in members if name.startswith("data/") and name.endswith(".json")}
    for name, table in tables.items():
        rows = json.loads(members[name])
        record = table["json_schema"]["items"]
        seen = {field for row in rows for field in row}
        assert set(record["properties"]) == seen
        assert set(record["required"]) == {field for field in seen if all(field in row for row in rows)}
        for field, said in record["properties"].items():
            kinds = said["type"] if isinstance(said["type"], list) else [said["type"]]
            assert all(_is(row[field], kinds) for row in rows if field in row), (name, field)
        header = next(csv.reader(io.StringIO(members[table["csv"]].decode("utf-8-sig"), newline="")))
        assert set(header) == seen
    assert described["forms"]["csv"]["encoding"].startswith("UTF-8")


def _is(value: object, kinds: list[str]) -> bool:
    names = {
        "null": value is None,
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "string": isinstance(value, str),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }
    return any(names[kind] for kind in kinds)


async def test_what_is_left_out_is_told_in_the_writing_of_the_language() -> None:
    token = WithheldField(field="token", label="Jeton", reason="il permet de débiter votre carte", law="GDPR 32(1)")
    about = facts("fr")
    crm, *others = about.systems
    contacts, *more = crm.collections
    contacts = contacts.model_copy(update={"withheld": (token,)})
    crm = crm.model_copy(update={"collections": (contacts, *more)})
    page = unzipped(await zipped(about.model_copy(update={"systems": (crm, *others)})))["index.html"].decode()
    said = "Jeton : il permet de débiter votre carte (art. 32, par. 1, du RGPD)"
    for fixed in (" :", "art. ", "par. "):
        said = said.replace(fixed, fixed.replace(" ", "\N{NO-BREAK SPACE}"))
    assert page.count(said) == 2, "with its table, and in the list of all that is left out"
