"""The changelog keeps its format, so that people and programs can read it."""

import re

from tests.architecture.sizes import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VERSION = r"Unreleased|\d+\.\d+\.\d+ - 20\d\d-\d\d-\d\d"
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Upgrading")


def test_it_begins_with_what_is_not_released() -> None:
    versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)

    assert versions[0] == "Unreleased"
    assert [name for name in versions if not re.fullmatch(VERSION, name)] == []


def test_its_sections_are_those_of_the_format() -> None:
    kinds = re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)

    assert [kind for kind in kinds if kind not in KINDS] == []


def test_each_entry_is_one_sentence_with_its_issue() -> None:
    entries = re.findall(r"^- (.+(?:\n  .+)*)$", CHANGELOG, re.MULTILINE)

    assert entries
    assert [e for e in entries if not re.search(r"\(#\d+(, #\d+)*\)\.$", e)] == []
