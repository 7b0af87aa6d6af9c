"""Archived courses are read-only; deleted ones come back, or go for good."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.activity.deletion import purge_deleted_courses
from bookbag.domain.activity.models import AccessEvent, AccessType
from bookbag.domain.courses.ending import (
    CourseError,
    archive_due_courses,
    delete_course,
    list_outdated_students,
    restore_deleted,
)
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import Member, User
from bookbag.domain.policies import (
    can_change_course,
    can_export_course,
    viewable_courses,
)
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
WORDS = 'delete course "CS101"'


@pytest.fixture
def course(settings: Settings, tmp_path: Path) -> Course:
    settings.BOOKBAG_WORKSPACES = tmp_path / "ours"
    return factories.make_course()


@pytest.fixture
def teacher(course: Course, client: Client) -> User:
    teacher = factories.make_teacher(course, "teacher")
    client.force_login(teacher, BACKEND)
    return teacher


def make_old(course: Course, days: int) -> None:
    past = timezone.now() - timedelta(days=days)
    Course.objects.filter(pk=course.pk).update(deleted_at=past)


def test_an_archived_course_is_read_only_and_exportable(
    client: Client, course: Course, teacher: User
) -> None:
    url = f"/courses/{course.pk}"

    client.post(f"{url}/archive", {"typed": "make readonly"})
    assert not Course.objects.filter(archived_at__isnull=False).exists()
    client.post(f"{url}/archive", {"typed": "make read-only"})

    course.refresh_from_db()
    assert course.archived_at is not None
    assert not can_change_course(teacher, course)
    assert can_export_course(teacher, course)
    assert client.post(f"{url}/admin/lti/").status_code == 403
    assert url not in client.get("/courses/").content.decode()
    assert url in client.get("/courses/?shown=archived").content.decode()
    client.post(f"{url}/unarchive")
    course.refresh_from_db()
    assert can_change_course(teacher, course)


def test_a_course_is_archived_when_its_day_comes(course: Course) -> None:
    today = timezone.now().date()
    later = factories.make_course("CS2", workspace=course.workspace)
    Course.objects.filter(pk=course.pk).update(archives_on=today)
    Course.objects.filter(pk=later.pk).update(archives_on=today + timedelta(days=2))

    assert (archive_due_courses(), archive_due_courses()) == (1, 0)


@pytest.mark.parametrize(
    ("given", "kept", "words"),
    [
        ("2999-01-31", "2999-01-31", "It will be archived on 31 Jan 2999."),
        ("", "None", "leave it empty for never"),
        ("2020-01-31", "None", "Found 2020-01-31, expected a day after"),
        ("soon", "None", "Found “soon”, expected a day such as 2027-01-31."),
    ],
)
def test_the_day_of_archiving_is_chosen_on_the_page(
    client: Client, course: Course, teacher: User, given: str, kept: str, words: str
) -> None:
    client.force_login(teacher, "django.contrib.auth.backends.ModelBackend")

    answer = client.post(
        f"/courses/{course.pk}/plan", {"archives_on": given}, follow=True
    )

    course.refresh_from_db()
    assert str(course.archives_on) == kept
    assert words in answer.content.decode()


def test_deleting_needs_the_words(
    client: Client, course: Course, teacher: User
) -> None:
    answer = client.post(f"/courses/{course.pk}/delete/", {"typed": "delete"})

    assert f"expected “{WORDS}”".replace('"', "&quot;") in answer.content.decode()
    assert viewable_courses(teacher).exists()


def test_a_deleted_course_is_hidden_and_comes_back(
    client: Client, course: Course, teacher: User
) -> None:
    lab = factories.make_assignment(course)
    project = factories.make_project(lab, factories.enrol(course, "ada"))
    export = factories.make_export(course, teacher, state=ExportState.READY)

    client.post(f"/courses/{course.pk}/delete/", {"typed": WORDS})

    for path in (f"/courses/{course.pk}/", f"/projects/{project.pk}/"):
        assert client.get(path).status_code == 404
    # A file that is still active stays for those who may have it.
    assert client.get(f"/exports/{export.pk}/").status_code == 200
    assert "Bring back" in client.get("/courses/?shown=deleted").content.decode()
    client.post(f"/courses/{course.pk}/restore")
    assert client.get(f"/courses/{course.pk}/").status_code == 200


def test_the_page_says_what_no_receipt_covers(
    client: Client, course: Course, teacher: User
) -> None:
    url = f"/courses/{course.pk}/delete/"
    assert (
        "No verified export of this course exists." in client.get(url).content.decode()
    )
    hour_ago = timezone.now() - timedelta(hours=1)
    export = factories.make_export(
        course, teacher, state=ExportState.READY, snapshot_at=hour_ago
    )
    factories.make_receipt(export)
    lab = factories.make_assignment(course)
    factories.make_project(lab, factories.enrol(course, "ada"))

    page = client.get(url).content.decode()

    assert "3 expected = 2 present + 1 empty + 0 excluded + 0 failed" in page
    assert "Not in it: 1 projects" in page


def test_the_page_lists_the_students_who_would_go_and_removes_them(
    client: Client, course: Course, teacher: User
) -> None:
    ada, ben = factories.enrol(course, "ada"), factories.enrol(course, "ben")
    other = factories.make_course("CS2", workspace=course.workspace)
    other.enrolments.create(user=ben, role="Student")
    url = f"/courses/{course.pk}/delete/"

    page = client.get(url).content.decode()
    client.post(url, {"typed": WORDS, "with_students": "yes"})
    make_old(course, 31)
    purge_deleted_courses()

    assert ada.email in page
    assert ben.email not in page
    left = Member.objects.filter(user__in=[ada, ben]).values_list("user__username")
    assert list(left) == [("ben",)]


def test_a_name_that_was_taken_meanwhile_is_told(course: Course, teacher: User) -> None:
    delete_course(course=course, actor=teacher, with_students=False)
    factories.make_course("CS101", workspace=course.workspace)

    with pytest.raises(CourseError, match="Found another course called 'CS101'"):
        restore_deleted(course)


def make_work(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "work.py").write_text("work")
    return folder


def test_the_purge_removes_what_is_ours_and_nothing_else(
    course: Course, teacher: User, tmp_path: Path, settings: Settings
) -> None:
    lab = factories.make_assignment(course)
    ours = make_work(settings.BOOKBAG_WORKSPACES / "ada")
    theirs = make_work(tmp_path / "theirs")
    (ours / "out").symlink_to(theirs)
    ada = factories.enrol(course, "ada")
    factories.make_project(lab, ada, ours)
    factories.make_project(lab, factories.enrol(course, "ben"), theirs)
    AccessEvent.objects.create(
        user=ada, access_type=AccessType.PROJECT_OPEN, course=course
    )
    kept = factories.make_course("CS2", workspace=course.workspace)
    factories.make_export(course, teacher, state=ExportState.EXPIRED)
    delete_course(course=course, actor=teacher, with_students=False)

    purged = []
    for days in (29, 31, 31):
        make_old(course, days)
        purged.append(purge_deleted_courses())

    assert purged == [0, 1, 0]
    assert not ours.exists()
    assert (theirs / "work.py").read_text() == "work"
    assert list(Course.objects.all()) == [kept]
    assert not Project.objects.exists()
    assert not AccessEvent.objects.exists()
    assert Export.objects.get().course is None
    assert Member.objects.count() == 3


def test_students_who_are_in_nothing_else_go_with_it(
    course: Course, teacher: User
) -> None:
    workspace = course.workspace
    ada, ben = factories.enrol(course, "ada"), factories.enrol(course, "ben")
    other = factories.make_course("CS2", workspace=workspace)
    other.enrolments.create(user=ben, role="Student")
    boss = factories.enrol(course, "boss")
    Member.objects.filter(user=boss).update(role="Admin")

    assert list(list_outdated_students(course)) == [ada]
    delete_course(course=course, actor=teacher, with_students=True)
    make_old(course, 31)
    purge_deleted_courses()

    left = Member.objects.filter(workspace=workspace).values_list("user__username")
    assert {name for (name,) in left} == {"ben", "boss", "teacher"}
    assert User.objects.filter(pk=ada.pk).exists()
