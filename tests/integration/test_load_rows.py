"""Loading into the database: atomic, repeatable, and only what the roster says."""

import json
from pathlib import Path

import pytest
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbag.domain.courses.models import Assignment, Course, Enrolment, Project
from bookbag.domain.people.models import Member, MemberRole, User, Workspace
from bookbag.imports import people_rows
from bookbag.imports.errors import LoadConflictError, LoadFaultsError
from bookbag.imports.loading import LoadSummary, apply_load, preview_load
from bookbag.imports.planning import plan_load
from tests.factories import make_user, make_workspace
from tests.factories_files import (
    roster_row,
    write_roster,
    write_small_course,
    write_work,
)

pytestmark = pytest.mark.django_db
MODELS = (User, Member, Course, Assignment, Enrolment, Project)


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


def _load(path: Path, workspace: Workspace) -> LoadSummary:
    return apply_load(plan_load(path), workspace=workspace)


def _counts(summary: LoadSummary) -> dict[str, tuple[int, int, int, int]]:
    return {
        change.kind: (change.created, change.updated, change.unchanged, change.removed)
        for change in summary.changes
    }


def _database() -> list[str]:
    return [serializers.serialize("json", model.objects.all()) for model in MODELS]


def _describe(course: Path, names: dict[str, str]) -> None:
    labs = [{"folder": folder, "name": name} for folder, name in names.items()]
    described = {"title": "T", "modules": [{"name": "M", "assignments": labs}]}
    (course / "course.json").write_text(json.dumps(described), encoding="utf-8")


def test_it_creates_everything_once(tmp_path: Path, workspace: Workspace) -> None:
    summary = _load(write_small_course(tmp_path / "CS101"), workspace)

    assert _counts(summary) == {
        "users": (4, 0, 0, 0),
        "members": (4, 0, 0, 0),
        "courses": (1, 0, 0, 0),
        "stacks": (0, 0, 0, 0),
        "modules": (1, 0, 0, 0),
        "assignments": (2, 0, 0, 0),
        "enrolments": (4, 0, 0, 0),
        "projects": (5, 0, 0, 0),
    }
    assert summary.course_id == Course.objects.get(name="CS101").pk
    project = Project.objects.get(assignment__folder="lab1", owner__username="student1")
    assert project.path == "/student1/lab1"
    assert Path(project.files_folder) == tmp_path / "CS101/workspaces/lab1/student1"


def test_loading_again_changes_nothing(tmp_path: Path, workspace: Workspace) -> None:
    course = write_small_course(tmp_path / "CS101")
    _load(course, workspace)
    before = _database()

    summary = _load(course, workspace)

    assert not summary.has_changes
    assert _counts(summary)["projects"] == (0, 0, 5, 0)
    assert _database() == before


def test_a_preview_tells_the_truth_and_writes_nothing(
    tmp_path: Path, workspace: Workspace
) -> None:
    plan = plan_load(write_small_course(tmp_path / "CS101"))
    before = _database()

    preview = preview_load(plan, workspace=workspace)

    assert _database() == before
    assert preview.course_id is None
    assert preview.changes == apply_load(plan, workspace=workspace).changes


def test_a_preview_of_a_known_course_says_which(
    tmp_path: Path, workspace: Workspace
) -> None:
    plan = plan_load(write_small_course(tmp_path / "CS101"))
    loaded = apply_load(plan, workspace=workspace)

    preview = preview_load(plan, workspace=workspace)

    assert preview.course_id == loaded.course_id
    assert not preview.has_changes


def test_somebody_who_makes_the_same_user_meanwhile_is_a_conflict(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_load(write_small_course(tmp_path / "CS101"))
    make_user("student1", email="")

    # As if that user had come after the load looked for known ones.
    monkeypatch.setattr(people_rows, "_find_users", lambda _usernames: {})
    with pytest.raises(LoadConflictError) as caught:
        apply_load(plan, workspace=workspace)

    assert caught.value.code == "load_conflict"
    assert str(caught.value) == (
        "Somebody changed the same people or course meanwhile; nothing was loaded."
    )
    assert User.objects.count() == 1


def test_nothing_is_loaded_when_a_later_step_fails(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_load(write_small_course(tmp_path / "CS101"))
    before = _database()

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(Project.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        apply_load(plan, workspace=workspace)

    assert _database() == before


def test_somebody_who_left_the_roster_is_removed_and_may_come_back(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101", students=2, starts_all=True)
    rows = [roster_row("teacher1", role="Teacher"), roster_row("student1")]
    _load(course, workspace)
    for lab in ("lab1", "lab2"):
        (course / "workspaces" / lab / "student2").rename(tmp_path / f"{lab}-gone")

    write_roster(course, rows)
    left = _load(course, workspace)
    gone = Enrolment.objects.get(user__username="student2")
    write_roster(course, [*rows, roster_row("student2")])
    back = _load(course, workspace)

    assert _counts(left)["enrolments"] == (0, 0, 2, 1)
    assert gone.removed_at is not None
    assert _counts(back)["enrolments"] == (0, 1, 2, 0)
    assert Enrolment.objects.get(user__username="student2").removed_at is None
    assert Project.objects.filter(owner__username="student2").count() == 2


def test_a_roster_without_teachers_removes_none(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101", students=1)
    _load(course, workspace)

    write_roster(course, [roster_row("student1")])
    summary = _load(course, workspace)

    assert _counts(summary)["enrolments"] == (0, 0, 1, 0)
    assert Enrolment.objects.get(user__username="teacher1").removed_at is None


def test_folder_names_remove_nobody(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "cs" / "lab-submissions"
    write_work(folder / "lab-anna")
    write_work(folder / "lab-bo")
    _load(tmp_path / "cs", workspace)

    (folder / "lab-bo").rename(tmp_path / "elsewhere")
    summary = _load(tmp_path / "cs", workspace)

    assert _counts(summary)["enrolments"] == (0, 0, 1, 0)
    assert not Enrolment.objects.exclude(removed_at=None).exists()


def test_folder_names_bring_nobody_back(tmp_path: Path, workspace: Workspace) -> None:
    write_work(tmp_path / "cs" / "lab-submissions" / "lab-anna")
    _load(tmp_path / "cs", workspace)
    Enrolment.objects.update(removed_at=timezone.now())

    summary = _load(tmp_path / "cs", workspace)

    assert _counts(summary)["enrolments"] == (0, 0, 1, 0)
    assert Enrolment.objects.get().removed_at is not None


def test_a_known_person_keeps_password_spelling_and_roles(
    tmp_path: Path, workspace: Workspace
) -> None:
    anna = make_user("Anna", first_name="Anna", last_name="Ek")
    Member.objects.create(workspace=workspace, user=anna, role=MemberRole.OWNER)
    write_roster(tmp_path, [("anna", "", "", "Ekström", "Student")])
    write_work(tmp_path / "workspaces" / "lab1" / "anna")

    summary = _load(tmp_path, workspace)

    kept = User.objects.get()
    assert _counts(summary)["users"] == (0, 1, 0, 0)
    assert (kept.username, kept.password) == (anna.username, anna.password)
    assert (kept.email, kept.first_name) == (anna.email, "Anna")
    assert kept.last_name == "Ekström"
    assert Member.objects.get().role == MemberRole.OWNER
    assert Project.objects.get().path == "/Anna/lab1"


def test_new_people_cannot_sign_in_with_a_password(
    tmp_path: Path, workspace: Workspace
) -> None:
    _load(write_small_course(tmp_path / "CS101"), workspace)

    assert not any(user.has_usable_password() for user in User.objects.all())
    roles = dict(Member.objects.values_list("user__username", "role"))
    assert (roles["teacher1"], roles["student1"]) == ("Staff", "Member")


def test_an_address_that_somebody_else_has_is_a_fault_with_its_line(
    tmp_path: Path, workspace: Workspace
) -> None:
    make_user("someone", email="Student2@school.example")
    course = write_small_course(tmp_path / "CS101")
    before = _database()

    with pytest.raises(LoadFaultsError) as caught:
        _load(course, workspace)

    assert [str(fault) for fault in caught.value.faults] == [
        "roster.csv:4: Found the e-mail address of user 'someone', expected one that "
        "nobody else has, for 'student2'"
    ]
    assert _database() == before


def test_two_people_may_exchange_addresses(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101", students=2, assignments=1)
    _load(course, workspace)
    first, second = "student1@school.example", "student2@school.example"
    rows = [roster_row("student1", email=second), roster_row("student2", email=first)]
    write_roster(course, rows)

    summary = _load(course, workspace)

    assert _counts(summary)["users"] == (0, 2, 0, 0)
    emails = User.objects.filter(username__startswith="student").order_by("username")
    assert list(emails.values_list("email", flat=True)) == [second, first]


def test_another_name_does_not_cost_the_address(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101", students=1, assignments=1)
    _load(course, workspace)
    write_roster(course, [("student1", "", "Renamed", "", "Student")])

    _load(course, workspace)

    student = User.objects.get(username="student1")
    assert (student.first_name, student.email) == ("Renamed", "student1@school.example")


def test_two_assignments_may_exchange_names(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101")
    _load(course, workspace)
    _describe(course, {"lab1": "lab2", "lab2": "lab1"})

    summary = _load(course, workspace)

    assert _counts(summary)["assignments"] == (0, 2, 0, 0)
    assert dict(Assignment.objects.values_list("folder", "name")) == {
        "lab1": "lab2",
        "lab2": "lab1",
    }


def test_a_name_that_another_folder_has_is_a_fault(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101", assignments=1)
    _load(course, workspace)
    (course / "workspaces" / "lab1").rename(course / "workspaces" / "lab2")
    _describe(course, {"lab2": "lab1"})

    with pytest.raises(LoadFaultsError) as caught:
        _load(course, workspace)

    assert str(caught.value.faults[0]) == (
        "CS101: Found a second assignment called 'lab1', expected another name; the "
        "course has one in another folder"
    )


def test_without_a_course_file_descriptions_stay(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101", assignments=1)
    _describe(course, {"lab1": "The First Lab"})
    _load(course, workspace)
    (course / "course.json").unlink()

    summary = _load(course, workspace)

    assert _counts(summary)["assignments"] == (0, 0, 1, 0)
    assert Assignment.objects.get().name == "The First Lab"
    assert Course.objects.get().title == "T"


def test_one_course_name_in_two_workspaces_is_two_courses(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")

    _load(course, make_workspace())
    _load(course, make_workspace())

    assert Course.objects.count() == 2
    assert User.objects.count() == 4


def test_moved_files_update_their_projects(
    tmp_path: Path, workspace: Workspace
) -> None:
    course = write_small_course(tmp_path / "CS101")
    _load(course, workspace)
    course.rename(tmp_path / "moved")
    plan = plan_load(tmp_path / "moved", course_name="CS101")

    summary = apply_load(plan, workspace=workspace)

    assert _counts(summary)["projects"] == (0, 5, 0, 0)
    assert "/moved/" in Project.objects.all()[0].files_folder


@pytest.mark.parametrize("is_again", [False, True])
def test_the_number_of_lookups_does_not_grow_with_the_students(
    tmp_path: Path, workspace: Workspace, is_again: bool
) -> None:
    lookups, writes = [], []
    for count in (1, 100):
        path = write_small_course(tmp_path / f"C{count}", students=count, assignments=1)
        plan = plan_load(path)
        if is_again:
            apply_load(plan, workspace=workspace)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            apply_load(plan, workspace=workspace)
        statements = [query["sql"] for query in captured.captured_queries]
        lookups.append(sum(sql.startswith("SELECT") for sql in statements))
        writes.append(sum(sql.startswith(("INSERT", "UPDATE")) for sql in statements))

    assert lookups[0] == lookups[1]
    # SQLite takes 999 values in a statement, so 101 users of 11 fields need two.
    tables_written = 0 if is_again else 7
    assert writes[1] - writes[0] <= tables_written
    assert len(statements) < 40
