"""Scanning files: whoever is planted in them is found, and replaced where possible."""

import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from bagkit.identities import Identity, IdentityDictionary, IdentityKind
from bagkit.identities.scanning import FileScan, FileScanner, ScanRules
from bagkit.trees.tree import read_from
from tests.unit.identities import planted
from tests.unit.identities.planted import LOGIN, MAIL, NAME

PERSON = "person-7f3k2m9xqdab"
DICTIONARY = IdentityDictionary(
    [
        Identity(IdentityKind.USERNAME, LOGIN, PERSON),
        Identity(IdentityKind.EMAIL, MAIL, f"{PERSON}@pseudonym.invalid"),
        Identity(IdentityKind.FULL_NAME, NAME, PERSON),
        Identity(IdentityKind.NAME, "Müßig", PERSON),
    ]
)


def scan(
    folder: Path, name: str, content: bytes, *, is_replacing: bool = True
) -> tuple[FileScan, bytes]:
    """Return what is found in a file, and what it becomes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    rules = ScanRules.of(DICTIONARY, is_replacing=is_replacing)
    with path.open("rb") as file:
        scanner = FileScanner(rules, folder)
        found = scanner.scan_file(read_from(file), len(content), name)
    if found.content is None:
        return found, content
    with found.content as file:
        file.seek(0)
        return found, file.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_texts_of_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = f"# by {NAME} ({LOGIN}), Müßig\r\nprint(1)\n"

    found, content = scan(tmp_path, "a.py", text.encode(encoding))

    assert (
        content.decode(encoding) == f"# by {PERSON} ({PERSON}), {PERSON}\r\nprint(1)\n"
    )
    assert found.findings == [
        ("full-name", 1, "replaced", "text"),
        ("name", 1, "replaced", "text"),
        ("username", 1, "replaced", "text"),
    ]


def test_odd_bytes_stay_as_they_are(tmp_path: Path) -> None:
    start = "ä".encode() * 40_000 + b"\n"

    _, content = scan(tmp_path, "a.txt", start + b"\xff\xfe quagliotti \xff\n")

    assert content == start + b"\xff\xfe " + PERSON.encode() + b" \xff\n"


def test_nothing_is_written_when_nothing_is_only_reported(tmp_path: Path) -> None:
    found, content = scan(tmp_path, "a.txt", MAIL.encode(), is_replacing=False)

    assert content == MAIL.encode()
    assert found.findings == [("email", 1, "found", "text")]
    assert found.content is None


@pytest.mark.parametrize("line_end", ["\n", " ", ""])
def test_long_texts_are_replaced_with_little_memory(
    tmp_path: Path, line_end: str
) -> None:
    words = f"x{line_end}" * 1_500_000
    text = f"{words} {NAME} {words} {LOGIN}."

    scan(tmp_path, "warm-up.txt", b"nothing")
    content_before = text.encode()
    tracemalloc.start()
    _, content = scan(tmp_path, "a.txt", content_before)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert content.decode() == f"{words} {PERSON} {words} {PERSON}."
    assert peak - len(content) < 24 << 20


def test_notebooks_where_json_escapes_a_name(tmp_path: Path) -> None:
    notebook = {
        "cells": [{"source": ["M\u00fc\u00dfig\n"], "outputs": [{"text": NAME}]}],
        "metadata": {"authors": [{"name": NAME}]},
    }
    found, content = scan(tmp_path, "a.ipynb", json.dumps(notebook).encode())

    assert json.loads(content)["metadata"]["authors"] == [{"name": PERSON}]
    assert found.findings == [
        ("full-name", 2, "replaced", "notebook"),
        ("name", 1, "replaced", "notebook"),
    ]


def test_a_notebook_that_is_none_is_a_text(tmp_path: Path) -> None:
    _, content = scan(tmp_path, "a.ipynb", b'{"cells": quagliotti')

    assert content == b'{"cells": ' + PERSON.encode()


def test_properties_of_documents_are_replaced_and_texts_listed(tmp_path: Path) -> None:
    before = planted.make_docx(body=f"I am</w:t></w:r><w:r><w:t> {NAME}")

    found, content = scan(tmp_path, "a.docx", before)

    (tmp_path / "after.docx").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "after.docx") as after:
        assert after.testzip() is None
        core = after.read("docProps/core.xml").decode()
        with zipfile.ZipFile(tmp_path / "a.docx") as original:
            assert after.namelist() == original.namelist()
            image = "word/media/image1.png"
            assert after.read(image) == original.read(image)
    assert f"<dc:creator>{PERSON}</dc:creator>" in core
    assert "<cp:lastModifiedBy></cp:lastModifiedBy>" in core
    assert found.findings == [
        ("author", 1, "replaced", "document-properties"),
        ("full-name", 1, "replaced", "document-properties"),
        ("full-name", 1, "found", "document-text"),
    ]


def test_open_documents_stay_what_they_are(tmp_path: Path) -> None:
    _, content = scan(tmp_path, "a.odt", planted.make_odt())

    assert content.startswith(b"PK\x03\x04")
    assert content[30:38] == b"mimetype"
    assert NAME.encode() not in content
    assert PERSON.encode() in content


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pdf", planted.make_pdf(), ("full-name", 1, "found", "pdf-properties")),
        (
            "b.pdf",
            planted.make_pdf(b"<" + NAME.encode("utf-16").hex().encode() + b">"),
            ("author", 1, "found", "pdf-properties"),
        ),
        (
            "c.pdf",
            planted.make_pdf(b"<FEFF" + NAME.encode("utf-16-be").hex().encode() + b">"),
            ("full-name", 1, "found", "pdf-properties"),
        ),
        (
            "d.pdf",
            planted.make_pdf(filler=(1 << 20) - 30),
            ("full-name", 1, "found", "pdf-properties"),
        ),
        ("a.tif", planted.make_tiff(), ("full-name", 1, "found", "picture-properties")),
        ("a.jpg", planted.make_jpeg(), ("full-name", 1, "found", "picture-properties")),
        ("a.png", planted.make_png(), ("full-name", 1, "found", "picture-properties")),
        ("b.png", planted.make_png("X"), ("author", 1, "found", "picture-properties")),
    ],
)
def test_properties_of_others_are_listed(
    tmp_path: Path, name: str, content: bytes, expected: tuple[str, int, str, str]
) -> None:
    found, after = scan(tmp_path, name, content)

    assert found.findings == [expected]
    assert found.unsearched == "no-text"
    assert after == content


def test_where_a_picture_was_taken_is_listed(tmp_path: Path) -> None:
    found, _ = scan(tmp_path, "a.jpg", planted.make_jpeg(has_position=True))

    assert ("gps", 1, "found", "picture-properties") in found.findings


@pytest.mark.parametrize("is_packed", [False, True])
def test_authors_in_git_are_listed(tmp_path: Path, is_packed: bool) -> None:
    repository = tmp_path / "repository"
    planted.make_repository(repository, is_packed=is_packed)

    found = [
        finding
        for path in sorted(repository.rglob("objects/**/*"))
        if path.is_file()
        for finding in scan(
            tmp_path, f"again/{path.relative_to(repository)}", path.read_bytes()
        )[0].findings
    ]

    kinds = {kind: 0 for kind, *_ in found}
    for kind, count, action, place in found:
        assert (action, place) == ("found", "git-object")
        kinds[kind] += count
    # Each commit names an author and a committer; a delta may hold less of the second.
    assert set(kinds) == {"full-name", "email"}
    assert min(kinds.values()) >= 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", b"PK\x03\x04" + bytes(100)),
        ("a.zip", b"PK\x03\x04PK\x05\x06" + b"\xff" * 18),
        (".git/objects/pack/p.pack", b"PACK\0\0\0\x02\0\0\0\x05" + b"\xff" * 50),
        (f".git/objects/00/{'0' * 38}", b"\x78\x9c" + b"\xff" * 50),
        ("a.jpg", b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\xff\xff\xff\x7f"),
        ("a.tif", b"II*\0\x08\0\0\0\xff\xff" + b"\x69\x87\4\0\1\0\0\0\x08\0\0\0" * 9),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\xff" * 50),
        ("a.bin", b"\0quagliotti"),
        ("a.txt", "x".encode("utf-16") + b"\x00"),
        ("a.ipynb", b"[" * 100_000),
    ],
)
def test_damaged_files_stay_and_say_so(
    tmp_path: Path, name: str, content: bytes
) -> None:
    found, after = scan(tmp_path, name, content)

    assert after == content
    assert not found.findings
    assert found.unsearched or name == "a.ipynb"


def test_names_of_files_are_searched_too(tmp_path: Path) -> None:
    scanner = FileScanner(ScanRules.of(DICTIONARY, is_replacing=True), tmp_path)

    assert scanner.cover_name("quagliotti_hw1.py") == f"{PERSON}_hw1.py"
    assert scanner.scan_name("quagliotti_hw1.py").findings == [
        ("username", 1, "replaced", "file-name")
    ]
