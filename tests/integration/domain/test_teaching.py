"""How courses are taught: made, dated, with settings, more time and mentors."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.activity.deletion import purge_deleted_courses
from bookbag.domain.courses import making
from bookbag.domain.courses.ending import CourseError
from bookbag.domain.courses.making import (
    make_assignment,
    make_course,
    make_module,
    set_teacher,
)
from bookbag.domain.courses.models import Course, Enrolment, Progress
from bookbag.domain.teaching.models import PublishedSource, TimeExtension
from bookbag.domain.teaching.selectors import (
    WorkStatus,
    list_states_of_assignment,
    list_states_of_student,
)
from bookbag.domain.teaching.services import (
    change_settings,
    extend_time,
    replace_source,
    set_learners,
    set_schedule,
)
from tests import factories

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def course() -> Course:
    return factories.make_course()


def test_a_course_is_made_with_modules_and_assignments_in_order() -> None:
    course = make_course(factories.make_workspace(), name="  CS  201 ", description="d")
    first, second = (make_module(course, name=name) for name in ("Week 1", "Week 2"))
    loops = make_assignment(first, name="Loops & Lists")
    again = make_assignment(second, name="Loops Lists")

    assert (course.name, course.description) == ("CS 201", "d")
    assert list(course.modules.all()) == [first, second]
    assert [loops.folder, again.folder] == ["loops-lists", "loops-lists-2"]


def test_names_that_are_taken_or_none_are_refused(course: Course) -> None:
    module = make_module(course, name="Week 1")
    make_assignment(module, name="Loops")

    with pytest.raises(CourseError, match="another course called 'CS101'"):
        make_course(course.workspace, name="CS101")
    with pytest.raises(CourseError, match="another module called 'Week 1'"):
        make_module(course, name="Week 1")
    with pytest.raises(CourseError, match="another assignment called 'Loops'"):
        make_assignment(module, name="Loops")
    with pytest.raises(CourseError, match="a name of 0 characters"):
        make_module(course, name=" ")
    with pytest.raises(CourseError, match="a name of 201 characters"):
        make_assignment(module, name="x" * 201)
    assert make_course(factories.make_workspace(), name="CS101")


def test_a_folder_that_is_taken_meanwhile_is_refused(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = make_module(course, name="Week 1")
    make_assignment(module, name="Loops")
    monkeypatch.setattr(making, "_find_free_folder", lambda *_: "loops")

    with pytest.raises(CourseError, match="'loops' taken at this moment: try again"):
        make_assignment(module, name="Lists")

    assert course.assignments.count() == 1


def test_a_teacher_is_set_and_may_be_made_to_look_only(course: Course) -> None:
    teacher = factories.make_member(course.workspace)

    for is_read_only in (True, False):
        set_teacher(course, teacher, is_read_only=is_read_only)

        enrolment = Enrolment.objects.get(course=course, user=teacher)
        assert (enrolment.role, enrolment.is_read_only) == ("Teacher", is_read_only)


def test_a_course_cannot_end_before_it_starts(course: Course) -> None:
    with pytest.raises(CourseError, match="an end before the start"):
        set_schedule(course, starts_at=MONDAY, ends_at=MONDAY - timedelta(days=1))


def test_settings_that_are_not_named_stay_as_they_are(course: Course) -> None:
    lab = factories.make_assignment(course)
    timed = {"enabled": True, "duration": 60}
    change_settings(lab, {"is_disabled": True, "exam_mode": {"timedMode": timed}})

    change_settings(lab, {"due_at": MONDAY, "exam_mode": {"singleLogin": True}})

    lab.refresh_from_db()
    assert (lab.settings.is_disabled, lab.settings.due_at) == (True, MONDAY)
    assert lab.settings.exam_mode == {"timedMode": timed, "singleLogin": True}
    assert lab.settings.releases_grades is None


def test_more_time_is_kept_for_one_student_in_one_assignment(course: Course) -> None:
    lab, ada = factories.make_assignment(course), factories.enrol(course, "ada")
    extend_time(lab, ada, {"deadline_minutes": 60})

    extend_time(lab, ada, {"limit_minutes": 5})

    row = TimeExtension.objects.get()
    assert (row.deadline_minutes, row.limit_minutes) == (60, 5)


def test_every_present_student_is_listed_and_nothing_is_made_up(course: Course) -> None:
    lab = factories.make_assignment(course)
    ada, ben, cleo = (factories.enrol(course, n) for n in ("ada", "ben", "cleo"))
    factories.enrol(course, "zoe", is_removed=True)
    factories.make_teacher(course)
    dates = ["2026-11-20T08:00:00+00:00", "2026-11-23T08:00:00+00:00"]
    Progress.objects.create(assignment=lab, student=ada, completed_dates=dates)
    factories.make_project(lab, ben, Path("/nowhere"))

    states = {state.student: state for state in list_states_of_assignment(lab)}

    assert list(states) == [ada, ben, cleo]
    assert [state.status for state in states.values()] == [
        WorkStatus.COMPLETED,
        WorkStatus.STARTED,
        WorkStatus.NOT_STARTED,
    ]
    assert states[ada].completed_at == MONDAY
    assert (states[cleo].progress, states[cleo].extension) == (None, None)


@pytest.mark.parametrize("count", [1, 20])
def test_lists_of_progress_take_the_same_number_of_queries(
    course: Course,
    count: int,
    django_assert_num_queries: object,
) -> None:
    lab = factories.make_assignment(course)
    students = [factories.enrol(course) for _ in range(count)]
    for student in students:
        Progress.objects.create(assignment=lab, student=student, started_at=MONDAY)

    with django_assert_num_queries(4):  # type: ignore[operator]  # a fixture
        states = list_states_of_assignment(lab)
    with django_assert_num_queries(4):  # type: ignore[operator]  # a fixture
        (of_one,) = list_states_of_student(course, students[0])

    assert {state.status for state in [*states, of_one]} == {WorkStatus.STARTED}
    assert len(states) == count


def test_publishing_again_replaces_the_files(course: Course, tmp_path: Path) -> None:
    lab, publisher = factories.make_assignment(course), factories.make_user()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        source = replace_source(lab, folder, changelog="c", publisher=publisher)

    assert [folder.exists() for folder in folders] == [False, True]
    assert (source.version, source.files_folder) == (2, str(folders[1]))


def test_the_purge_takes_published_files_along(
    course: Course, settings: Settings, tmp_path: Path
) -> None:
    settings.BOOKBAG_WORKSPACES = tmp_path
    lab, folder = factories.make_assignment(course), tmp_path / "published"
    folder.mkdir()
    replace_source(lab, folder, changelog="", publisher=factories.make_user())
    Course.objects.update(deleted_at=timezone.now() - timedelta(days=999))

    assert purge_deleted_courses() == 1

    assert not folder.exists()
    assert not PublishedSource.objects.exists()


def test_learners_of_a_mentor_are_replaced(course: Course) -> None:
    mentor = factories.make_teacher(course)
    ada, ben = (factories.enrol(course, name) for name in ("ada", "ben"))

    for learners in ([ada, ada], [ben], []):
        set_learners(course, mentor, learners)

        found = {row.learner for row in course.mentor_learners.all()}
        assert found == set(learners)
