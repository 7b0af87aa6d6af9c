"""Files for programs: projects and sources as ``.tar.zst``, answers as tables."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from bagkit.archive import unpack_archive
from bookbag.domain.courses.models import Answer, Assessment, Assignment, Progress
from bookbag.domain.people.models import User
from bookbag.domain.teaching.services import replace_source
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.errors import (
    OptionsError,
    PermissionRefusedError,
    SourceGoneError,
)
from bookbag.exports.services import request_export
from tests import factories
from tests.factories_files import write_work
from tests.integration.exports.catalogue.conftest import ProduceFile

pytestmark = pytest.mark.usefixtures("both_readers")

ANSWER_HEADERS = (
    "Student_Name,First_Name,Last_Name,Username,Hashed_ID,Email Address,"
    "Assignment_Name,Total_Points_Earned,Total_Points_Possible,Time_Spent,"
    "Loops_Attempts,Loops_Answer,Loops_Earned_Points,Loops_Total_Points_Possible"
)


@pytest.fixture
def labs(both_readers: None) -> list[Assignment]:
    course = factories.make_course()
    labs = [factories.make_assignment(course, name) for name in ("One", "Two")]
    for lab in labs:
        Assessment.objects.create(assignment=lab, name="Loops", max_points=2.5)
    return labs


@pytest.fixture
def ada(labs: list[Assignment]) -> User:
    ada = factories.enrol(labs[0].course, "ada")
    progress = Progress.objects.create(
        assignment=labs[0], student=ada, seconds_spent=60
    )
    Answer.objects.create(
        progress=progress,
        assessment=labs[0].assessments.get(),
        answer="-1",
        points=1.5,
        attempts=2,
    )
    return ada


def publish(lab: Assignment, folder: Path, text: str) -> None:
    source = write_work(folder, text)
    replace_source(lab, source, changelog="", publisher=factories.make_user())


def read_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_project_is_a_tar_of_its_files(
    labs: list[Assignment], ada: User, tmp_path: Path, produce_file: ProduceFile
) -> None:
    folder = write_work(tmp_path / "work")
    project = factories.make_project(labs[0], ada, folder)

    product, staged = produce_file("project-tar", ExportScope.of_project(project))

    unpack_archive(staged, tmp_path / "out")
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert found == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert product.file_name == "ada_one_project_2026-11-22.tar.zst"
    assert product.receipt is not None
    assert (product.receipt.present, product.problem_count) == (3, 0)


def test_a_project_whose_folder_is_gone_is_refused(
    labs: list[Assignment], ada: User, tmp_path: Path, produce_file: ProduceFile
) -> None:
    project = factories.make_project(labs[0], ada, tmp_path / "gone")

    with pytest.raises(SourceGoneError, match="expected the project's folder"):
        produce_file("project-tar", ExportScope.of_project(project))


def test_sources_are_a_tar_for_each_assignment_that_published_any(
    labs: list[Assignment], tmp_path: Path, produce_file: ProduceFile
) -> None:
    publish(labs[1], tmp_path / "source", "second lab")

    _, staged = produce_file("course-sources", ExportScope.of_course(labs[0].course))

    with zipfile.ZipFile(staged) as archive:
        top = "CS101_course-sources_2026-11-22/"
        assert archive.namelist() == [top, f"{top}two.tar.zst"]
        archive.extractall(tmp_path)
    unpack_archive(tmp_path / top / "two.tar.zst", tmp_path / "out")
    assert "second lab" in (tmp_path / "out/main.py").read_text()


def test_sources_are_the_same_bytes_again(
    labs: list[Assignment], tmp_path: Path, produce_file: ProduceFile
) -> None:
    publish(labs[0], tmp_path / "source", "first lab")
    scope = ExportScope.of_course(labs[0].course)

    digests = {produce_file("course-sources", scope)[0].sha256 for _ in range(2)}

    assert len(digests) == 1


def test_a_source_that_is_gone_is_a_problem_and_the_others_are_there(
    labs: list[Assignment], tmp_path: Path, produce_file: ProduceFile
) -> None:
    publish(labs[0], tmp_path / "source", "first lab")
    publish(labs[1], tmp_path / "other", "second lab")
    (tmp_path / "other").rename(tmp_path / "moved")

    product, staged = produce_file(
        "course-sources", ExportScope.of_course(labs[0].course)
    )

    assert product.problem_count == 1
    with zipfile.ZipFile(staged) as archive:
        assert [Path(name).name for name in archive.namelist()[1:]] == ["one.tar.zst"]


def test_a_course_without_sources_is_refused(
    labs: list[Assignment], produce_file: ProduceFile
) -> None:
    with pytest.raises(SourceGoneError, match="Found no published sources"):
        produce_file("course-sources", ExportScope.of_course(labs[0].course))


def test_answers_of_one_assignment_are_one_table(
    labs: list[Assignment], ada: User, produce_file: ProduceFile
) -> None:
    scope = ExportScope.of_course(labs[0].course)

    product, staged = produce_file(
        "assessment-data", scope, dialect="csv-exact", assignments=str(labs[0].pk)
    )

    text = staged.read_text(encoding="utf-8")
    (row,) = read_rows(text)
    assert text.splitlines()[0] == ANSWER_HEADERS
    assert list(row.values())[6:] == [
        "One",
        "1.5",
        "2.5",
        "60",
        "2",
        "-1",
        "1.5",
        "2.5",
    ]
    assert product.media_type.startswith("text/csv")


def test_answers_of_several_are_a_zip_of_tables(
    labs: list[Assignment], ada: User, produce_file: ProduceFile
) -> None:
    product, staged = produce_file(
        "assessment-data", ExportScope.of_course(labs[0].course), dialect="csv-exact"
    )

    with zipfile.ZipFile(staged) as archive:
        top = "CS101_assessment-data_2026-11-22/"
        names = [f"{top}assessments_one.csv", f"{top}assessments_two.csv"]
        assert archive.namelist() == [top, *names]
        (row,) = read_rows(archive.read(names[1]).decode())
    assert (row["Assignment_Name"], row["Loops_Answer"]) == ("Two", "")
    assert product.file_name == "CS101_assessment-data_2026-11-22.zip"


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [("1 x", "expected at most 500 numbers"), ("999999", "Found assignment 999999")],
)
def test_assignments_of_elsewhere_are_refused(
    labs: list[Assignment], assignments: str, expected: str
) -> None:
    teacher = factories.make_teacher(labs[0].course)

    with pytest.raises(OptionsError, match=expected):
        request_export(
            person=teacher,
            identifier="assessment-data",
            scope=ExportScope.of_course(labs[0].course),
            options={"assignments": assignments},
        )


@pytest.mark.parametrize("identifier", ["assessment-data", "course-sources"])
def test_students_get_neither_answers_nor_sources(
    labs: list[Assignment], ada: User, identifier: str
) -> None:
    scope = ExportScope.of_course(labs[0].course)

    with pytest.raises(PermissionRefusedError):
        request_export(person=ada, identifier=identifier, scope=scope)
