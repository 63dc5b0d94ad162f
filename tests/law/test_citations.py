"""Citations in the form that is usual in each language: every one that a law's file has, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from habeas import law
from habeas.law.citations import is_citation

LANGUAGES = ("en", "fr", "da", "nb", "de")


def _cites() -> Iterator[str]:
    """All that a letter may name: grounds, extensions, duties, fees, what is never given out, restrictions."""
    for code, found in law.regimes().items():
        for place in found.places if code == "US-STATE" else found.places[:1]:
            here = law.regime(code, place)
            yield from (one.cite for one in (*here.grounds, *here.recipients, *here.fees, *here.undisclosed))
            yield from (clock.extension.cite for clock in here.clocks if clock.extension)
            yield from (rule.cite for rule in here.rules if rule.item == "restriction")


CITES = sorted(set(_cites()))
# Words of the short form, and English ones: none of them is in what another language says.
_SHORT = re.compile(r"\b(GDPR|Articles?|Act|section|Recital|Schedule|para|reg|ss?\.|cl\.|Sch|from|in force)(?=\W|$)")


@pytest.mark.parametrize("cite", CITES)
def test_every_citation_of_the_law_is_written_out_in_every_language(cite: str) -> None:
    assert is_citation(cite)
    for language in LANGUAGES[1:]:
        said = law.cited(cite, language)
        assert not _SHORT.search(said), (language, said)
        assert "{" not in said
        assert {*re.findall(r"\d+", law.cited(cite, "en"))} <= {*re.findall(r"\d+", said)}


@pytest.mark.parametrize(
    ("cite", "language", "said"),
    [
        ("GDPR 17(3)(b)", "en", "GDPR Article 17(3)(b)"),
        ("GDPR 17(3)(b)", "fr", "art. 17, par. 3, point b), du RGPD"),
        ("GDPR 17(3)(b)", "da", "databeskyttelsesforordningens artikel 17, stk. 3, litra b"),
        ("GDPR 17(3)(b)", "nb", "personvernforordningen artikkel 17 nr. 3 bokstav b"),
        ("GDPR 17(3)(b)", "de", "Art. 17 Abs. 3 Buchst. b DSGVO"),
        ("GDPR art. 17(3)(e)", "de", "Art. 17 Abs. 3 Buchst. e DSGVO"),
        ("GDPR 11(2), 12(2)", "de", "Art. 11 Abs. 2 und Art. 12 Abs. 2 DSGVO"),
        ("GDPR 12(5)(b); Recital 63", "da", "databeskyttelsesforordningens artikel 12, stk. 5, litra b; "
         "databeskyttelsesforordningens betragtning 63"),
        ("FADP 26(1)(a)", "de", "Art. 26 Abs. 1 Bst. a DSG"),
        ("FADP 26(1)(a)", "fr", "art. 26, al. 1, let. a, LPD"),
        ("DPO 18(2)", "de", "Art. 18 Abs. 2 DSV"),
        ("P-39.1 s.40", "fr", "art. 40 de la Loi sur la protection des renseignements personnels dans le secteur privé "
         "(RLRQ, c. P-39.1)"),
        ("PIPA 35-2", "de", "Art. 35-2 des koreanischen Gesetzes PIPA"),
        ("PIPL 44-50", "de", "Art. 44–50 des chinesischen Gesetzes PIPL"),
        ("Databeskyttelsesloven § 22; GDPR 23", "da", "databeskyttelseslovens § 22; "
         "databeskyttelsesforordningens artikel 23"),
        ("UK GDPR 12(5), 15(3); ICO", "en", "UK GDPR Article 12(5) and Article 15(3)"),
        ("11 CCR 7024(d)", "fr", "11 CCR § 7024(d)"),
    ],
)  # fmt: skip
def test_it_has_the_usual_form(cite: str, language: str, said: str) -> None:
    assert law.cited(cite, language) == said


def test_what_is_no_citation_stays_as_it_is_written() -> None:
    for text in ("Case 2026/114, City Court", "Bookkeeping Act s. 12", "GDPR art. 5(1)(e): chats are kept for 30 days"):
        assert not is_citation(text)
        assert law.cited(text, "da") == text
    assert law.cited("Case 7; GDPR 18(2)", "da") == "Case 7; databeskyttelsesforordningens artikel 18, stk. 2"
    assert law.cited("GDPR 18(2)", "ja") == "GDPR 18(2)"


def test_an_authority_is_called_as_it_calls_itself() -> None:
    (edoeb,) = law.authorities("CH-FADP", "CH")
    assert "(EDÖB)" in edoeb.called("de-CH")
    assert "(PFPDT)" in edoeb.called("fr")
    assert "(FDPIC)" in edoeb.called("en")
    assert law.authorities("CA-QC-25", "CA-QC")[0].called("fr").startswith("Commission d'accès")
    assert "list" not in " ".join(one.called("de") for one in law.authorities("EU-GDPR", "DE"))
