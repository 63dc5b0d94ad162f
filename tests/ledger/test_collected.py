"""What is remembered of a system's pages: that a field has a value somewhere, never which."""

from __future__ import annotations

from typing import Any

from activities.pages import Collected, Span
from habeas.connector import Collection, File, Page, Record, RecordRef, Treatment
from habeas.fields import Origin, SensitiveType

KINDS = {
    "people": Collection(
        name="people",
        category="contact",
        treatment=Treatment.DELETE,
        origins={"score": Origin.DERIVED, "mark": Origin.DERIVED},
        types={"ssn": SensitiveType.GOVERNMENT_ID, "scan": SensitiveType.BIOMETRIC},
        file_field="scan",
    )
}


def page(*rows: dict[str, Any], files: tuple[File, ...] = ()) -> Page:
    records = [
        Record(collection="people", key=f"[{n}]", data=row, fingerprint="0", files=files) for n, row in enumerate(rows)
    ]
    return Page(records=tuple(records), cursor=None)


def test_a_value_on_any_page_counts_and_nothing_is_none() -> None:
    done = Collected().after(page({"ssn": None, "score": 0, "name": "Ann"}, {"mark": "", "ssn": []}), KINDS)
    assert done.collections["people"].filled == ("score",)
    done = done.after(page({"ssn": "078-05-1120", "mark": False}), KINDS)
    span = done.collections["people"]
    assert (span.rows, span.filled) == (3, ("mark", "score", "ssn"))
    assert [span.holds(field) for field in ("ssn", "scan")] == [True, False]
    assert "078" not in done.model_dump_json()


def test_files_count_as_the_field_that_they_are_the_content_of() -> None:
    done = Collected().after(page({}, files=(File(name="face.png", content=b"x"),)), KINDS)
    assert done.collections["people"].filled == ("scan",)
    plain = KINDS["people"].model_copy(update={"file_field": None})
    done = Collected().after(page({}, files=(File(name="face.png", content=b"x"),)), {"people": plain})
    assert done.collections["people"].filled == ()


def test_a_text_that_only_the_record_knows_of_is_reviewed() -> None:
    own, nothing = page({"remark__c": "Ask Carl"}), page({"remark__c": ""})
    plain = Collected().after(own, KINDS)
    assert not plain.free_text
    (record,) = own.records
    said = own.model_copy(update={"records": (record.model_copy(update={"free_text": ("remark__c",)}),)})
    assert Collected().after(said, KINDS).free_text
    assert not Collected().after(nothing, KINDS).free_text


def test_where_it_was_not_looked_at_every_field_may_have_a_value() -> None:
    before = Collected.model_validate({"pages": 1, "collections": {"people": {"rows": 1}}})
    assert before.collections["people"] == Span(rows=1)
    span = before.after(page({"ssn": "x"}), KINDS).collections["people"]
    assert (span.filled, span.holds("ssn"), span.holds("score")) == (None, True, True)


def test_which_roots_have_come_is_known_whatever_page_they_came_on() -> None:
    roots = [RecordRef(collection="people", key=f"[{n}]") for n in (0, 1, 70)]
    done = Collected(roots="a name")
    assert done.missing(roots) == tuple(roots)
    done = done.after(page({"a": 1}, {"a": 2}), KINDS, None, roots)
    assert done.missing(roots) == (roots[2],)
    assert done.after(page({"a": 1}), KINDS, None, roots).missing(roots) == (roots[2],)
    assert (done.roots, done.missing(())) == ("a name", ())
