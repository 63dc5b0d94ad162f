"""What the documents tell people to type exists."""

import re

import pytest

from tests.docs.command_line import refusal
from tests.docs.pages import ROOT, Line, inline_lines, shell_lines

SHELL = [line for line in shell_lines() if line.words[0] == "habeas"]
INLINE = [line for line in inline_lines() if line.words[0] == "habeas"]
MAKE = [line for line in (*shell_lines(), *inline_lines()) if line.words[0] == "make"]
LEFT_OUT = ("MissingParameter", "UsageError: Missing")


@pytest.mark.parametrize("line", SHELL, ids=str)
def test_every_command_of_a_shell_block_is_taken_as_it_stands(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HABEAS_BY", "Kim")
    assert refusal(line.words[1:]) is None


@pytest.mark.parametrize("line", INLINE, ids=str)
def test_every_command_in_a_sentence_exists_with_its_options(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HABEAS_BY", "Kim")
    said = refusal([word for word in line.words[1:] if word != "…"])
    assert said is None or said.startswith(LEFT_OUT), said


@pytest.mark.parametrize("line", MAKE, ids=str)
def test_every_target_of_make_exists(line: Line) -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert line.words[1] in targets


def test_there_is_something_to_check() -> None:
    assert len(SHELL) > 30
    assert len(INLINE) > 15
    assert {"demo", "up", "test"} <= {line.words[1] for line in MAKE}


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert refusal(["request", "opne", "--right", "access"])
    assert refusal(["request", "open", "--rigth", "access"])
    assert refusal(["request", "approve", "HB-7K2M-X4QT-90AB", "--by", "Kim"])
