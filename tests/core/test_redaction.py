"""What is taken out of a record is gone from it, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from activities.letters.wording import LANGUAGES, catalogue
from habeas import law
from habeas.connector import File, Record, RecordRef
from habeas.matching import Place
from habeas.model import Right
from habeas.redaction import GROUNDS, MARKED, Part, Redaction, Redactor, Standing, digest_of, pointer, texts

PLACE = Place(system="support", record=RecordRef(collection="tickets", key="[1]"))


def record(data: dict[str, JsonValue], *files: File, key: str = "[1]") -> Record:
    return Record(collection="tickets", key=key, data=data, fingerprint="0" * 64, files=files)


def standing(n: int, **parts: object) -> Standing:
    said = Redaction.model_validate({"place": PLACE, **parts})
    return Standing(id=f"00000000-0000-0000-0000-{n:012d}", ground=f"g{n}", redaction=said)


def redacted(found: Record, *what: Standing) -> Record:
    return Redactor(what, lambda ground: f"<{ground}>").redacted("support", found)


def test_a_field_a_value_inside_of_one_and_what_is_not_text() -> None:
    data: dict[str, JsonValue] = {"a": "x", "b": {"c/d": ["y", {"e~": 3}]}, "f": None, "n": 7}
    taken = redacted(
        record(data), standing(1, path="/a"), standing(2, path="/b/c~1d/1/e~0"), standing(3, path="/f"),
        standing(4, path="/n"),
    )  # fmt: skip
    assert taken.data == {"a": "<g1>", "b": {"c/d": ["y", {"e~": "<g2>"}]}, "f": "<g3>", "n": "<g4>"}


def test_a_passage_goes_every_time_or_where_it_is_said_to_start() -> None:
    said = record({"body": "Bo met Bo. Bobo too", "other": "Bo"})
    everywhere = redacted(said, standing(1, text="Bo"))
    assert everywhere.data == {"body": "<g1> met <g1>. <g1>bo too", "other": "<g1>"}
    assert redacted(said, standing(1, path="/body", text="Bo", start=7)).data["body"] == "Bo met <g1>. Bobo too"
    # It is not there any more: collected anew since, it goes wherever it is now.
    assert redacted(said, standing(1, path="/body", text="met", start=0)).data["body"] == "Bo <g1> Bo. Bobo too"


def test_passages_that_overlap_leave_nothing_between() -> None:
    assert redacted(record({"t": "abcdef"}), standing(1, text="abc"), standing(2, text="bcde")).data["t"] == "<g1>f"
    assert redacted(record({"t": "aaa"}), standing(1, text="aa")).data["t"] == "<g1>"
    both = redacted(record({"t": "abcdef"}), standing(1, text="cd"), standing(2, path="/t"))
    assert both.data["t"] == "<g2>"


def test_a_passage_is_found_in_names_inside_in_numbers_and_in_names_of_files_but_fields_keep_theirs() -> None:
    file = File(name="Bo.pdf", content=b"Bo")
    said = record({"Bo": {"Bo": 1, "x": 12345678}, "n": 12345678}, file)
    taken = redacted(said, standing(1, text="Bo"), standing(2, text="12345678"))
    assert taken.data == {"Bo": {"<g1>": 1, "x": "<g2>"}, "n": "<g2>"}
    assert [one.name for one in taken.files] == ["<g1>.pdf"]


def test_a_record_and_its_attachments_go_and_are_marked() -> None:
    files = (File(name="a.txt", content=b"1"), File(name="a.txt", content=b"2"))
    whole = redacted(record({"t": "x"}, *files), standing(1))
    assert (whole.data, whole.files) == ({MARKED: "<g1>"}, ())
    one = redacted(record({"t": "x"}, *files), standing(1, file="a.txt", sha256=digest_of(files[1])))
    assert (one.data, one.files) == ({"t": "x", MARKED: "<g1>"}, files[:1])
    # Of content that nobody looked at, all of the name go.
    gone = redacted(record({MARKED: "theirs"}, *files), standing(1, file="a.txt", sha256="f" * 64))
    assert (gone.data, gone.files) == ({MARKED: "theirs", f"{MARKED}_": "<g1>; <g1>"}, ())


def test_others_records_stay_as_they_are_unless_a_passage_goes_wherever_it_occurs() -> None:
    other = record({"t": "Bo"}, key="[2]")
    assert redacted(other, standing(1), standing(2, text="Bo")) is other
    everywhere = Standing(id="0" * 8 + "-0000-0000-0000-" + "0" * 12, ground="g", redaction=Redaction(text="Bo"))
    assert redacted(other, everywhere).data == {"t": "<g>"}


def test_what_was_met_is_counted() -> None:
    redactor = Redactor([standing(1, text="Bo"), standing(2, path="/gone")], lambda ground: "")
    redactor.redacted("support", record({"t": "Bo Bo"}))
    assert redactor.met == {standing(1, text="x").id: 2}


@pytest.mark.parametrize(
    ("parts", "part"),
    [
        ({}, Part.OBJECT),
        ({"path": "/a"}, Part.FIELD),
        ({"path": "/a", "text": "x"}, Part.PASSAGE),
        ({"file": "a", "sha256": "0" * 64}, Part.FILE),
    ],
)
def test_what_it_is_of(parts: dict[str, str], part: Part) -> None:
    assert standing(1, **parts).redaction.part is part


@pytest.mark.parametrize(
    "parts",
    [
        {"place": None},
        {"place": None, "path": "/a", "text": "x"},
        {"text": "x", "start": 1},
        {"file": "a"},
        {"file": "a", "sha256": "0" * 64, "text": "x"},
        {"path": "a"},
        {"path": ""},
        {"text": ""},
    ],
)
def test_what_is_none_is_refused_and_not_repeated(parts: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        standing(1, **parts)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="abo/~ ", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="abo/~", max_size=3), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["f", "g/h"]), _JSON, min_size=1), st.text(alphabet="abo ", min_size=1))
def test_a_passage_is_in_nothing_that_is_left(data: dict[str, JsonValue], text: str) -> None:
    left = redacted(record(data), standing(1, text=text))
    assert not any(text in value for _, value in texts(left.data) if isinstance(value, str))


@given(st.dictionaries(st.text(alphabet="ab/~", max_size=3), _JSON, min_size=1), st.data())
def test_every_value_can_be_taken_out_alone(data: dict[str, JsonValue], draw: st.DataObject) -> None:
    path, _ = draw.draw(st.sampled_from(list(texts(data))))
    left = redacted(record(data), standing(1, path=path))
    others = [(at, json.dumps(value)) for at, value in texts(data) if at != path]
    assert [(at, json.dumps(value)) for at, value in texts(left.data) if at != path] == others
    assert (path, "<g1>") in list(texts(left.data))


def test_pointers_are_as_rfc_6901_writes_them() -> None:
    assert pointer("/a", "b~/c") == "/a/b~0~1c"


def test_every_ground_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        short, long = catalogue("activities.package", language), catalogue("activities.letters", language)
        for ground in GROUNDS:
            assert f"redaction_grounds.{ground}" in short, (language, ground)
            assert f"refusal_grounds.{ground}" in long, (language, ground)
    assert set(GROUNDS) <= law.reason_codes(), "a law has each of them"


WITHOUT = {"IN-DPDP"}
"""Laws that name no reason to keep a piece out of a copy: a policy may, under ``[provisions]``."""


@pytest.mark.parametrize("code", law.regimes())
def test_nearly_every_law_knows_a_ground(code: str) -> None:
    regime = law.regimes()[code]
    known = [one for one in GROUNDS if law.provision(code, regime.places[0], Right.ACCESS, one)]
    assert (known == []) == (code in WITHOUT), known
