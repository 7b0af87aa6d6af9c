"""Archives whose files are searched for people: listed, replaced, and accounted for."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bagkit.archive import verify_archive
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.errors import OptionsError
from bookbag.exports.services import check_request
from tests.integration.exports.pseudonyms.conftest import (
    STUDY,
    Class,
    Produce,
    find_canaries,
    plant_files,
    unpack,
)

pytestmark = pytest.mark.django_db
TABLES = ("identities.csv",)


@pytest.fixture
def planted_files(people: Class) -> Path:
    """The first student's files, which name her wherever files can."""
    return plant_files(Path(people.project.files_folder))


def read(tmp_path: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the files of the archive by their paths in it, and its receipt."""
    with zipfile.ZipFile(tmp_path / "course-data.staged") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    receipt = next(files[name] for name in files if name.endswith("/receipt.json"))
    return files, json.loads(receipt)


def rows(files: dict[str, bytes]) -> list[dict[str, str]]:
    text = next(files[name] for name in files if name.endswith("/identities.csv"))
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


@pytest.mark.usefixtures("planted_files")
def test_replacing_leaves_only_what_is_listed(produce: Produce, tmp_path: Path) -> None:
    produce("course-data", identities="replace")
    files, receipt = read(tmp_path)

    named = {
        name.rpartition("/")[2]
        for name, content in files.items()
        if find_canaries(name.encode() + unpack(content)) and "/.git/" not in name
    }
    listed = rows(files)
    assert named == {"essay.docx", "plot.jpg"}
    left = {(row["path"], row["place"]) for row in listed if row["action"] == "found"}
    assert {("essay.docx", "document-text"), ("plot.jpg", "picture-properties")} <= left
    assert {place for path, place in left if ".git/" in path} == {"git-object"}
    assert find_canaries(json.dumps(listed).encode()) == []
    counts = receipt["identities"]
    assert counts["found"]["picture-properties"] == 2
    assert counts["found"]["git-object"] >= 8
    assert counts["replaced"]["email"] >= 1
    assert counts["unsearched"]["no-text"] >= 2
    assert verify_archive(tmp_path / "course-data.staged").findings == ()


@pytest.mark.usefixtures("planted_files")
def test_names_of_files_and_links_go_together(produce: Produce, tmp_path: Path) -> None:
    produce("course-data", identities="replace")
    files, _ = read(tmp_path)

    link = next(name for name in files if name.endswith("/link.py"))
    target = link.removesuffix("link.py") + files[link].decode()
    assert target in files
    assert files[target].startswith(b"# by person-")
    names = next(files[name] for name in files if name.endswith("/names.csv"))
    assert find_canaries(names) == []


@pytest.mark.usefixtures("planted_files")
def test_reporting_lists_and_changes_nothing(
    produce: Produce, tmp_path: Path, planted_files: Path
) -> None:
    produce("course-data", purpose="", identities="report")
    files, receipt = read(tmp_path)

    code = next(name for name in files if name.endswith("/quagliotti_lab.py"))
    assert files[code] == (planted_files / "quagliotti_lab.py").read_bytes()
    listed = rows(files)
    assert {row["action"] for row in listed} == {"found"}
    assert {"text", "notebook", "file-name", "document-properties"} <= {
        row["place"] for row in listed
    }
    assert receipt["identities"]["replaced"] == {}


def test_an_archive_that_is_not_searched_says_nothing(
    produce: Produce, tmp_path: Path
) -> None:
    produce("course-data")
    files, receipt = read(tmp_path)

    assert "identities" not in receipt
    assert not [name for name in files if name.endswith("identities.csv")]


def test_replacing_needs_a_purpose(people: Class) -> None:
    scope = ExportScope.of_course(people.course)
    chosen = {"identities": "replace", PSEUDONYMISE: ""}

    with pytest.raises(OptionsError, match="Found no purpose for pseudonyms"):
        check_request(people.teacher, "course-data", scope, chosen)
    assert check_request(
        people.teacher, "course-data", scope, chosen | {PSEUDONYMISE: STUDY}
    )
