"""Put small faults into a copy of the source, one at a time, and see that the tests that are named find each of them.

``make mutants`` tries all; ``make mutants ARGS="NAME ..."`` some, by the beginning of a mutant's or a guarantee's name.
Every test runs on the source as it is first: one that fails there finds nothing. Ends with 1 if a mutant survives.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from tests.guarantees.table import ROOT, Mutant, mutants

LONGEST = 900
"""Seconds for the tests of one mutant: a fault may make them wait for what never comes."""


def main(words: Sequence[str]) -> int:
    """Try the mutants that are asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__, add_help=True)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the beginning of a mutant's or a guarantee's name")
    asked = parser.parse_args(words).names
    chosen = [one for one in mutants() if _is_asked(one, asked)]
    if not chosen:
        parser.error("no mutant or guarantee has such a name")
    with _copied() as copy:
        broken = sorted(set(_named(chosen)) - passed(copy, _named(chosen)))
        for test in broken:
            _say(f"{test} does not pass on the source as it is")
        if broken:
            return 1
        survivors = sum(not _is_caught(copy, one) for one in chosen)
    _say(f"{len(chosen) - survivors} of {len(chosen)} caught")
    return 1 if survivors else 0


def _is_asked(one: Mutant, names: Sequence[str]) -> bool:
    return not names or one.name.startswith(tuple(names)) or one.guarantee.startswith(tuple(names))


def _named(chosen: Iterable[Mutant]) -> list[str]:
    return sorted({test for one in chosen for test in one.tests})


def _is_caught(copy: Path, one: Mutant) -> bool:
    began = time.monotonic()
    with mutated(copy, one):
        missed = passed(copy, one.tests)
    verdict = "SURVIVES" if missed else "caught"
    _say(f"{verdict:<9} {one.name:<50} {one.guarantee:<30} {time.monotonic() - began:4.0f} s")
    for test in sorted(missed):
        _say(f"{'':<9} not found by {test}")
    return not missed


@contextmanager
def mutated(root: Path, one: Mutant) -> Iterator[None]:
    """The source with the fault in it, until the end."""
    before = {edit.file: (root / edit.file).read_text(encoding="utf-8") for edit in one.edits}
    try:
        for edit in one.edits:
            file = root / edit.file
            file.write_text(file.read_text(encoding="utf-8").replace(edit.old, edit.new, 1), encoding="utf-8")
        yield
    finally:
        for name, text in before.items():
            (root / name).write_text(text, encoding="utf-8")


@contextmanager
def _copied() -> Iterator[Path]:
    """A copy of what git knows of, with changes that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # the developer's own
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="habeas-mutants-") as folder:
        copy = Path(folder)
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        if (peers := ROOT / ".peers").is_dir():
            # Others' servers, which some tests need, are installed and not in git.
            (copy / ".peers").symlink_to(peers.resolve())
        yield copy


def passed(copy: Path, tests: Iterable[str]) -> set[str]:
    """Those of the tests of which every case passes in the copy; one that could not run did not fail.

    A test counts as failed by what it finds: what breaks before it begins is an error of the set-up, and no finding,
    unless what is broken is the set-up's own code.
    """
    report = copy / "report.xml"
    report.unlink(missing_ok=True)
    words = ["-q", "-m", "", "-p", "no:cacheprovider", "--timeout", "120", f"--junitxml={report}", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        subprocess.run(  # noqa: S603  # our own tests
            [sys.executable, "-m", "pytest", *words],
            cwd=copy,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return set()
    if not report.exists():
        return set()
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  # made a moment ago
    return {test for test in tests if _all_pass([case for case in cases if _is_case(case, test)])}


def _is_case(case: ElementTree.Element, test: str) -> bool:
    file, *names = test.split("::")
    place = [file.removesuffix(".py").replace("/", "."), *names]
    name = case.get("name", "").partition("[")[0]
    return f"{case.get('classname')}.{name}" == ".".join(place)


def _all_pass(cases: Sequence[ElementTree.Element]) -> bool:
    """A test that was left out finds nothing, in the source as it is either."""
    ran = [case for case in cases if case.find("skipped") is None]
    return bool(ran) and all(len(case.findall("failure") + case.findall("error")) == 0 for case in ran)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
