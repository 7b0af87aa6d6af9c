"""The three layouts: found without being asked, or refused with the reason."""

from pathlib import Path

import pytest

from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.plan import CoursePlan, Layout
from bookbag.imports.planning import plan_load
from tests.factories_files import (
    roster_row,
    write_roster,
    write_small_course,
    write_work,
)


def _workspaces(plan: CoursePlan) -> list[tuple[str, str]]:
    return [(w.assignment_folder, w.username) for w in plan.workspaces]


def _faults(path: Path, **options: object) -> list[str]:
    with pytest.raises(LoadFaultsError) as caught:
        plan_load(path, **options)  # type: ignore[arg-type]  # options of each test
    assert caught.value.code == "load_faults"
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with a roster of anna and bo, and no workspaces yet."""
    write_roster(
        tmp_path / "CS101",
        [roster_row("anna"), roster_row("bo"), roster_row("tess", role="Teacher")],
    )
    return tmp_path / "CS101"


def test_it_reads_the_native_layout_under_workspaces(tmp_path: Path) -> None:
    plan = plan_load(write_small_course(tmp_path / "CS101"))

    assert (plan.layout, plan.course_name) == (Layout.NATIVE, "CS101")
    assert [a.folder for a in plan.assignments] == ["lab1", "lab2"]
    assert _workspaces(plan) == [
        ("lab1", "student1"),
        ("lab1", "student2"),
        ("lab1", "student3"),
        ("lab2", "student1"),
        ("lab2", "student2"),
    ]
    first = plan.workspaces[0]
    assert first.folder == tmp_path / "CS101/workspaces/lab1/student1"
    assert (first.file_count, first.size_bytes) == (3, 83)
    assert plan.notes == ()


def test_it_reads_the_native_layout_beside_the_roster(course: Path) -> None:
    write_work(course / "lab1" / "anna")
    (course / ".git").mkdir()

    plan = plan_load(course)

    assert plan.layout is Layout.NATIVE
    assert _workspaces(plan) == [("lab1", "anna")]
    assert plan.notes == (".git: left out: hidden, or left behind by a tool",)


def test_it_reads_the_layout_of_nbgrader(course: Path) -> None:
    write_work(course / "submitted" / "bo" / "ps1")
    write_work(course / "submitted" / "anna" / "ps2")
    write_work(course / "source" / "ps1")

    plan = plan_load(course)

    assert plan.layout is Layout.NBGRADER
    assert _workspaces(plan) == [("ps1", "bo"), ("ps2", "anna")]
    assert plan.workspaces[0].folder == course / "submitted/bo/ps1"
    assert plan.notes == ("source: left out: beside the nbgrader layout",)


@pytest.mark.parametrize("below", [".", "lab-1-submissions"])
def test_it_reads_the_layout_of_gh_classroom_clone(course: Path, below: str) -> None:
    write_work(course / "lab-1-submissions" / "lab-1-anna")
    write_work(course / "lab-1-submissions" / "lab-1-bo")
    (course / "roster.csv").rename(course / below / "roster.csv")

    plan = plan_load(course / below)

    assert plan.layout is Layout.CLASSROOM
    assert _workspaces(plan) == [("lab-1", "anna"), ("lab-1", "bo")]
    assert plan.roster.is_complete


def test_gh_classroom_needs_no_roster(tmp_path: Path) -> None:
    write_work(tmp_path / "cs" / "lab-submissions" / "lab-octo-cat")
    write_work(tmp_path / "cs" / "quiz-submissions" / "quiz-octo-cat")

    plan = plan_load(tmp_path / "cs")

    (person,) = plan.roster.people
    assert (person.username, person.email) == ("octo-cat", "")
    assert not plan.roster.is_complete
    assert plan.notes == ("no roster: students are named after their folders",)


@pytest.mark.parametrize(
    "folder", ["workspaces/lab1/anna", "submitted/anna/lab1", "lab1/anna"]
)
def test_the_other_layouts_need_a_roster(tmp_path: Path, folder: str) -> None:
    write_work(tmp_path / folder)

    assert _faults(tmp_path) == [
        f"{tmp_path}: Found no roster, expected roster.csv with the columns username, "
        "email, first_name, last_name, role, or a OneRoster bundle"
    ]


def test_two_layouts_at_once_are_ambiguous(course: Path) -> None:
    write_work(course / "submitted" / "anna" / "ps1")
    write_work(course / "workspaces" / "lab1" / "anna")

    assert _faults(course) == [
        f"{course}: Found the layouts native at 'workspaces' and nbgrader at "
        "'submitted', expected one; say which"
    ]


@pytest.mark.parametrize(
    ("layout", "found"), [(Layout.NATIVE, "lab1"), (Layout.NBGRADER, "ps1")]
)
def test_somebody_can_say_which_layout(
    course: Path, layout: Layout, found: str
) -> None:
    write_work(course / "submitted" / "anna" / "ps1")
    write_work(course / "workspaces" / "lab1" / "anna")

    plan = plan_load(course, layout=layout)

    assert _workspaces(plan) == [(found, "anna")]


def test_a_layout_that_is_not_there_is_a_fault(course: Path) -> None:
    write_work(course / "workspaces" / "lab1" / "anna")

    assert f"{course}: Found no workspaces in the nbgrader layout" in _faults(
        course, layout=Layout.NBGRADER
    )


def test_an_assignment_may_be_called_submissions_in_the_native_layout(
    course: Path,
) -> None:
    write_work(course / "lab1-submissions" / "anna")

    plan = plan_load(course)

    assert _workspaces(plan) == [("lab1-submissions", "anna")]


def test_a_classroom_folder_of_another_assignment_is_a_fault(course: Path) -> None:
    write_work(course / "lab1-submissions" / "lab1-anna")
    write_work(course / "lab1-submissions" / "lab2-bo")

    assert _faults(course) == [
        "lab1-submissions/lab2-bo: Found folder 'lab2-bo', expected 'lab1-<login>'"
    ]


def test_a_roster_alone_is_no_course(course: Path) -> None:
    assert _faults(course) == [f"{course}: Found no assignment, expected at least one"]


@pytest.mark.parametrize("name", ["absent", "file"])
def test_a_path_without_a_folder_is_a_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    assert _faults(tmp_path / name) == [
        f"{tmp_path / name}: Found no folder, expected one"
    ]
