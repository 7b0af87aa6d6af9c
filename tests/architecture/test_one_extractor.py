"""Archives are opened in one place, and no shell is ever given a file's name."""

import re

from tests.architecture.sizes import ROOT

OPENERS = re.compile(
    r"\bextractall\b|\bZipFile\(|\btarfile\b|\bshutil\b[^\n]*\bunpack_archive\b"
)
SHELLS = re.compile(r"shell\s*=\s*True|os\.system\(|os\.popen\(")
LOADERS = re.compile(
    r"^\s*(import|from) (pickle|cPickle|shelve|dill|yaml|jsonpickle)\b", re.M
)
"""What makes objects, or runs code, by what a file says; ``marshal`` does not."""
ALLOWED = {
    "src/bagkit/archive/carried/verify.py",  # the standard library is all it has
    "src/bagkit/identities/documents.py",  # reads properties, writes no file of it
    "src/bagkit/packing/tar_writer.py",  # writes headers, opens none
    "src/bagkit/tables/spreadsheet_reader.py",  # reads sheets, writes no file
    "src/bookbag/imports/projects/jobs.py",  # through the one above
    "src/bookbag/exports/catalogue/lti_cartridge.py",  # writes one, opens none
}


def find(pattern: re.Pattern[str]) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }


def test_archives_are_opened_in_one_place() -> None:
    assert find(OPENERS) <= ALLOWED


def test_no_shell_is_started() -> None:
    assert find(SHELLS) == set()


def test_nothing_makes_objects_of_what_a_file_says() -> None:
    assert find(LOADERS) == set()
