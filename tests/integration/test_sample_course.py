"""The sample course: repeatable, realistic, and never half written."""

import csv
import json
import os
import struct
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from bookbag.imports.errors import SampleSourceError, SampleTargetError
from bookbag.imports.sample import SampleSummary, write_sample_course
from bookbag.imports.sample.course import SampleProgress
from bookbag.imports.sample.starters import read_starter


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_sample_course(tmp_path_factory.mktemp("sample") / "course")


def _fingerprint(folder: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else None
        if path.is_file() and content is None:
            content = sha256(path.read_bytes()).hexdigest()
        name = str(path.relative_to(folder))
        found[name] = (status.st_mode, status.st_mtime_ns, content)
    return found


def test_the_same_seed_gives_the_same_bytes_modes_and_times(tmp_path: Path) -> None:
    write_sample_course(tmp_path / "first", students=4, seed=7)
    old_umask = os.umask(0o077)
    try:
        write_sample_course(tmp_path / "second", students=4, seed=7)
    finally:
        os.umask(old_umask)

    assert _fingerprint(tmp_path / "first") == _fingerprint(tmp_path / "second")


def test_another_seed_gives_other_work(tmp_path: Path) -> None:
    write_sample_course(tmp_path / "first", students=4, seed=1)
    write_sample_course(tmp_path / "second", students=4, seed=2)

    assert _fingerprint(tmp_path / "first") != _fingerprint(tmp_path / "second")


def test_it_has_the_promised_size(sample: SampleSummary) -> None:
    assert (sample.assignment_count, sample.student_count) == (3, 40)
    assert 3_000 <= sample.file_count <= 6_000
    assert 20_000_000 <= sample.size_bytes <= 60_000_000


def test_the_summary_counts_what_is_on_disk(sample: SampleSummary) -> None:
    workspaces = list((sample.folder / "workspaces").glob("*/*"))
    files = [
        path
        for workspace in workspaces
        for path in workspace.rglob("*")
        if path.is_file() and not path.is_symlink()
    ]

    empty = [path for path in workspaces if not any(path.iterdir())]
    assert sample.file_count == len(files)
    assert sample.size_bytes == sum(path.stat().st_size for path in files)
    assert sample.empty_count == len(empty) > 0
    assert sample.workspace_count == len(workspaces) - len(empty)
    assert sample.not_started_count == 3 * 40 - len(workspaces) > 0


def test_the_roster_names_every_owner_of_a_workspace(sample: SampleSummary) -> None:
    with (sample.folder / "roster.csv").open(newline="", encoding="utf-8") as file:
        people = list(csv.DictReader(file))

    students = {person["username"] for person in people if person["role"] == "Student"}
    owners = {path.name for path in (sample.folder / "workspaces").glob("*/*")}
    assert list(people[0]) == ["username", "email", "first_name", "last_name", "role"]
    assert len(students) == 40
    assert owners <= students
    assert any(not person["last_name"].isascii() for person in people)


def test_the_course_file_has_one_book(sample: SampleSummary) -> None:
    course = json.loads((sample.folder / "course.json").read_bytes())

    assignments = [a for module in course["modules"] for a in module["assignments"]]
    folders = {path.name for path in (sample.folder / "workspaces").iterdir()}
    assert course["name"] == "CS101"
    assert {assignment["folder"] for assignment in assignments} == folders
    assert [a["kind"] for a in assignments].count("book") == 1
    assert all(a.get("book_name") for a in assignments if a["kind"] == "book")


def test_links_stay_inside_their_workspace(sample: SampleSummary) -> None:
    links = [p for p in sample.folder.rglob("*") if p.is_symlink()]

    assert links
    for link in links:
        workspace = link.parents[len(link.relative_to(sample.folder).parts) - 4]
        assert not link.readlink().is_absolute()
        assert link.resolve(strict=True).is_relative_to(workspace)
        assert workspace.parent.parent.name == "workspaces"


@pytest.mark.parametrize(
    "pattern",
    ["**/.gitignore", "**/.guides/metadata.json", "**/*報告.md", "**/aux.py"],
)
def test_it_has_names_that_trouble_others(sample: SampleSummary, pattern: str) -> None:
    assert list(sample.folder.glob(pattern))


def test_it_has_long_names_empty_folders_and_programs(sample: SampleSummary) -> None:
    paths = list((sample.folder / "workspaces").rglob("*"))

    assert any(200 < len(path.name.encode()) <= 255 for path in paths)
    assert any(path.name == "results" and not any(path.iterdir()) for path in paths)
    assert all(os.access(path, os.X_OK) for path in paths if path.name == "run.sh")


def test_edited_python_is_still_python(sample: SampleSummary) -> None:
    sources = sorted((sample.folder / "workspaces").rglob("*.py"))

    edited = [p for p in sources if p.stat().st_size and not p.is_symlink()][::8]
    assert len(edited) > 100
    for path in edited:
        compile(path.read_bytes(), path.name, "exec", dont_inherit=True)


def test_pictures_decode(sample: SampleSummary) -> None:
    picture = next(sample.folder.rglob("chart.png")).read_bytes()

    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    chunks = {}
    position = 8
    while position < len(picture):
        size, kind = struct.unpack_from(">I4s", picture, position)
        content = picture[position + 8 : position + 8 + size]
        (checksum,) = struct.unpack_from(">I", picture, position + 8 + size)
        assert checksum == zlib.crc32(kind + content)
        chunks[kind] = content
        position += 12 + size
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)


def test_notebooks_are_notebooks(sample: SampleSummary) -> None:
    path = next(sample.folder.rglob("*.ipynb"))

    notebook = json.loads(path.read_bytes())

    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert [cell["cell_type"] for cell in notebook["cells"]] == ["markdown", "code"]
    assert len({cell["id"] for cell in notebook["cells"]}) == 2


def test_it_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")

    with pytest.raises(SampleTargetError) as caught:
        write_sample_course(tmp_path, students=1)

    assert caught.value.code == "sample_target_not_empty"
    assert str(caught.value) == (
        "Found something at the target, expected an empty or a new folder: "
        f"'{tmp_path}'"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_it_fills_an_empty_folder(tmp_path: Path) -> None:
    target = tmp_path / "empty"
    target.mkdir()

    write_sample_course(target, students=1)

    assert (target / "roster.csv").is_file()


def test_it_leaves_nothing_when_it_is_interrupted(tmp_path: Path) -> None:
    def stop(_progress: SampleProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample_course(tmp_path / "course", students=2, on_progress=stop)

    assert list(tmp_path.iterdir()) == []


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[SampleProgress] = []

    write_sample_course(tmp_path / "course", students=2, on_progress=seen.append)

    assert [progress.done for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert {progress.total for progress in seen} == {6}


def test_a_python_without_library_sources_is_said() -> None:
    with pytest.raises(SampleSourceError, match="Found none of the packages nothing"):
        read_starter(("nothing",))
