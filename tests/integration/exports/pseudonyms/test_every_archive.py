"""Every archive of the catalogue: people in its files are found, replaced, and told."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import Product
from bookbag.exports.catalogue.options import IDENTITIES
from tests.integration.exports.pseudonyms.conftest import (
    Class,
    Produce,
    find_canaries,
    list_files,
    plant_files,
)

pytestmark = pytest.mark.django_db
ARCHIVES = sorted(
    name for name, entry in get_catalogue().items() if IDENTITIES in entry.options
)
STAY = {"essay.docx", "document.xml", "plot.jpg"}
"""What cannot be replaced stays: texts of documents, and properties of pictures."""


@pytest.fixture(autouse=True)
def planted_files(people: Class) -> Path:
    """The first student's files, and those that the lab begins with."""
    plant_files(Path(people.source.files_folder))
    return plant_files(Path(people.project.files_folder))


def read_sums(product: Product) -> dict[str, Any]:
    """Return what a receipt says of people in files."""
    assert product.receipt is not None
    document = json.loads(product.receipt.document)
    found: dict[str, Any] = document.get("resource", document)["identities"]
    return found


@pytest.mark.parametrize("identifier", ARCHIVES)
def test_replacing_leaves_only_what_the_receipt_tells(
    identifier: str, produce: Produce, tmp_path: Path
) -> None:
    product, _ = produce(identifier, identities="replace")

    staged = tmp_path / f"{identifier}.staged"
    named = {
        Path(name).name
        for name, content in list_files(staged.read_bytes())
        if find_canaries(name.encode() + content) and "/.git/" not in name
    }
    sums = read_sums(product)
    assert named == {"document.xml", "plot.jpg"}
    assert sums["replaced"]["email"] >= 1
    assert sums["replaced"]["full-name"] >= 1
    assert sums["found"]["git-object"] >= 8
    assert sums["found"]["document-text"] == 1
    assert sums["unsearched"]["no-text"] >= 2
    assert find_canaries(product.receipt.document) == []  # type: ignore[union-attr]


@pytest.mark.parametrize("identifier", ARCHIVES)
def test_reporting_changes_no_file(
    identifier: str, produce: Produce, tmp_path: Path
) -> None:
    staged = tmp_path / f"{identifier}.staged"
    before, _ = produce(identifier, purpose="")
    files = read_work(staged)

    product, _ = produce(identifier, purpose="", identities="report")

    assert read_work(staged) == files
    assert "identities" not in before.receipt.document.decode()  # type: ignore[union-attr]
    sums = read_sums(product)
    assert sums["replaced"] == {}
    assert {"text", "notebook", "file-name", "document-properties"} <= set(
        sums["found"]
    )


def read_work(staged: Path) -> dict[str, bytes]:
    """Return the files of work of an archive, without what the archive says of them."""
    return {
        name: content
        for name, content in list_files(staged.read_bytes())
        if "/repo/" in name or Path(name).name in PLANTED
    }


PLANTED = ("quagliotti_lab.py", "notes.md", "link.py", "a.ipynb", "core.xml")


@pytest.mark.parametrize("identifier", ["project-zip", "project-tar", "course-sources"])
def test_an_archive_that_carries_no_list_has_it_in_its_receipt(
    identifier: str, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = read_sums(produce(identifier, identities="replace")[0])
    monkeypatch.setattr("bookbag.exports.catalogue.plain_products.LISTED_FINDINGS", 3)
    short = read_sums(produce(identifier, identities="replace")[0])

    folder = "lab-one.tar.zst/" if identifier == "course-sources" else ""
    assert [f"{folder}essay.docx", "full-name", 1, "found", "document-text"] in sums[
        "files"
    ]
    assert sums["unlisted"] == 0
    assert {row[3] for row in sums["files"]} == {"found", "replaced"}
    assert [row[3] for row in short["files"]] == ["found"] * 3
    assert short["unlisted"] == len(sums["files"]) - 3
    assert short["replaced"] == sums["replaced"]
