"""Decisions are numbered once, dated, and have the same four parts."""

import re
from pathlib import Path

import pytest

from tests.architecture.documents import iter_written_files
from tests.architecture.sizes import ROOT

DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
EACH = pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem[:4])
STATUS = re.compile(
    r"^Date: 20\d\d-\d\d-\d\d\. Status: "
    r"(accepted|proposed|superseded by \[\d{4}\]\(\d{4}-[a-z0-9-]+\.md\))\.$",
    re.MULTILINE,
)
PAGE_LINES = 70


@EACH
def test_it_has_the_four_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert headings == ["Context", "Decision", "Consequences"]
    assert STATUS.search(text), "expected 'Date: 2026-01-31. Status: accepted.'"
    assert re.search(r"\b[Ww]e will\b", text), "a decision says what we will do"


@EACH
def test_its_title_bears_its_number(path: Path) -> None:
    title = path.read_text(encoding="utf-8").partition("\n")[0]

    assert re.fullmatch(rf"# {int(path.name[:4])}\. \S.*", title)


@EACH
def test_it_is_one_page(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert len(lines) <= PAGE_LINES


def test_no_number_is_taken_twice() -> None:
    numbers = [path.name[:4] for path in DECISIONS]

    assert sorted(numbers) == sorted(set(numbers))
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name) for path in DECISIONS)


def test_every_decision_that_is_named_anywhere_exists() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    named = {
        (path, number)
        for path, text in iter_written_files()
        for number in re.findall(r"\bADR ?\[?(\d{4})\b", text)
    }

    assert {(path, number) for path, number in named if number not in numbers} == set()
