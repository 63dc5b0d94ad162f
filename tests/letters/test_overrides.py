"""A controller's own letters: taken where they fit, refused by file and line where they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.letters import Controller, Kind, render
from activities.letters.overrides import check_letters
from activities.letters.samples import sample
from habeas.errors import ConfigurationError
from habeas.policy import Policy, load_policy
from habeas.policy.sections import LettersPolicy

DEMO = Path(__file__).parents[2] / "deploy/controllers/demo.toml"
OURS = Path(__file__).parents[2] / "activities/letters/templates"
US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example")


def policy(folder: Path) -> Policy:
    return load_policy(DEMO).model_copy(update={"letters": LettersPolicy(folder=folder)})


def words(folder: Path, text: str, language: str = "en") -> Path:
    (folder / "words").mkdir(exist_ok=True)
    path = folder / "words" / f"{language}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check_letters(policy(folder))
    return str(caught.value)


def test_own_words_replace_ours_and_the_others_stay(tmp_path: Path) -> None:
    words(tmp_path, '[common]\nregards = "Yours, as ever"\n')
    check_letters(policy(tmp_path))
    facts = sample(Kind.WITHDRAWAL, controller=US)
    letter = render(Kind.WITHDRAWAL, "en", facts, tmp_path)
    assert "Yours, as ever" in letter.text
    assert "Yours, as ever" in letter.html
    assert "As you wished" in letter.text
    assert "Yours, as ever" not in render(Kind.WITHDRAWAL, "en", facts).text
    assert "Yours, as ever" not in render(Kind.WITHDRAWAL, "da", facts, tmp_path).text


def test_an_own_template_is_used_and_keeps_escaping(tmp_path: Path) -> None:
    (tmp_path / "letter.html").write_text(
        "<body>{{ greeting }}{% for b in blocks %}<p>{{ b.text }}{{ b.url or '' }}"
        "{% for i in b['items'] %}<b>{{ i }}</b>{% endfor %}</p>{% endfor %}</body>",
        encoding="utf-8",
    )
    check_letters(policy(tmp_path))
    facts = sample(Kind.QUESTION, controller=US).model_copy(update={"text": "<script>alert(1)</script>"})
    letter = render(Kind.QUESTION, "en", facts, tmp_path)
    assert letter.html.startswith("<body>")
    assert "<script>" not in letter.html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[common]\nregards = "x"\n[refusal]\nhole = "We do not."\n', "line 4: there is no sentence 'refusal.hole'"),
        ('[remedies]\nauthority = "You can complain."\n', "line 2: 'remedies.authority' lacks {authority}"),
        ('[common]\nregards = "Yours {contact}"\n', "line 2: 'common.regards' asks for what is not there"),
        ('[common]\nreference = "{id.__class__}"\n', "line 2: 'common.reference' asks for what is not there"),
        ('[common]\nreference = "{id!r}"\n', "line 2: 'common.reference' asks for what is not there"),
        ('[common]\nregards = "Yours }"\n', "line 2: 'common.regards' has a brace"),
        ('[common]\nregards = " "\n', "line 2: 'common.regards' is empty"),
        ("[common]\nregards = 3\n", "line 2: 'common.regards' is empty or no text"),
        ('[common]\nregards = "open\n', "line 2: not valid TOML"),
    ],
)
def test_words_that_do_not_fit_are_refused_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    path = words(tmp_path, text)
    told = refused(tmp_path)
    assert said in told
    assert str(path) in told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("letter.html", "<p>\n{% for b in blocks %}", "line 2: not a template"),
        ("letter.html", "<p>\n\n{{ person.name }}", "line 3: fails for a letter"),
        ("letter.html", "{{ ''.__class__.__mro__ }}", "line 1: fails for a letter"),
        ("letter.html", "{{ controller.__init__.__globals__ }}", "line 1: fails for a letter"),
        ("letter.html", "{% for b in blocks %}{{ b.text|safe }}{% endfor %}", "not a template: No filter named 'safe'"),
        ("letter.html", "{{ subject }}", "leaves out a part"),
        ("letter.txt", "{{ greeting }}", "leaves out a part"),
        (
            "letter.html",
            "{% autoescape false %}{% for b in blocks %}{{ b.text }}{% endfor %}{% endautoescape %}",
            "switches escaping off",
        ),
        ("mail.html", "x", "did you mean 'letter.html'?"),
        ("words/sv.toml", 'x = "y"', "no letters in this language"),
    ],
)
def test_templates_that_do_not_fit_are_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8")
    told = refused(tmp_path)
    assert said in told
    assert name in told


def test_our_own_templates_and_words_would_pass(tmp_path: Path) -> None:
    for path in OURS.glob("letter.*"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for path in (OURS.parent / "words").glob("*.toml"):
        words(tmp_path, path.read_text(encoding="utf-8"), path.stem)
    check_letters(policy(tmp_path))


def test_a_language_without_words_is_refused(tmp_path: Path) -> None:
    text = DEMO.read_text(encoding="utf-8")
    fit = load_policy(DEMO)
    spoken = fit.controller.model_copy(update={"languages": (*fit.controller.languages, "sv")})
    assert "languages" in text
    with pytest.raises(ConfigurationError, match=r"line \d+: controller\.languages.*do not speak 'sv'; one of en, fr"):
        check_letters(fit.model_copy(update={"controller": spoken}))
    check_letters(fit)
