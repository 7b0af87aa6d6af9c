"""What services leave in the audit log, whichever face they were called by."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from bookbag.domain.activity.deletion import purge_deleted_courses
from bookbag.domain.audit.models import Act, AuditDraft, Face
from bookbag.domain.audit.origin import Origin, coming_from
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.ending import (
    archive_course,
    delete_course,
    restore_deleted,
    unarchive_course,
)
from bookbag.domain.courses.making import (
    make_assignment,
    make_course,
    make_module,
    set_teacher,
)
from bookbag.domain.courses.models import Course, Enrolment, EnrolmentRole
from bookbag.domain.courses.services import enrol, unenrol
from bookbag.domain.courses.stacks import delete_stack, save_stack
from bookbag.domain.lti.services import add_key, change_course, delete_key
from bookbag.domain.people.groups import (
    add_to_group,
    delete_group,
    leave_group,
    make_group,
    set_group_role,
)
from bookbag.domain.people.membership import (
    NewMember,
    add_members,
    change_member,
    set_member_status,
)
from bookbag.domain.people.models import (
    GroupMember,
    GroupRole,
    Member,
    MemberRole,
    MemberStatus,
    User,
)
from bookbag.domain.teaching.services import (
    change_settings,
    extend_time,
    set_learners,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def admin(course: Course) -> User:
    return factories.make_member(course.workspace, "ada", role=MemberRole.ADMIN)


def written() -> list[tuple[str, str, str]]:
    """Return what is recorded: act, target and detail."""
    return list(AuditDraft.objects.values_list("act", "target", "detail"))


def test_members(course: Course, admin: User) -> None:
    workspace = course.workspace
    add_members(workspace, [NewMember(email="bo@x.example"), NewMember(email="")])
    bo = Member.objects.get(user__username="bo")
    change_member(actor=admin, member=bo, role=MemberRole.STAFF, seat_type="Full")
    set_member_status(actor=admin, member=bo, status=MemberStatus.DEACTIVATED)
    set_member_status(actor=admin, member=bo, status=MemberStatus.ACTIVE)

    assert written() == [
        (Act.MEMBER_ADDED, "bo", "as Member"),
        (Act.MEMBER_ADDED, "person", "as Member"),
        (Act.MEMBER_CHANGED, "bo", "Member, Full → Staff, Full"),
        (Act.MEMBER_DEACTIVATED, "bo", ""),
        (Act.MEMBER_REACTIVATED, "bo", ""),
    ]


def test_groups(course: Course, admin: User) -> None:
    group = make_group(course.workspace, "Day shift", [admin.email])
    add_to_group(group, [admin.email])  # again: nothing happens
    membership = GroupMember.objects.get()
    set_group_role(membership, GroupRole.ADMIN)
    leave_group(membership)
    delete_group(group)

    assert written() == [
        (Act.GROUP_ADDED, "Day shift", ""),
        (Act.GROUP_FILLED, "Day shift", "ada"),
        (Act.GROUP_CHANGED, "Day shift", "ada, Group Admin"),
        (Act.GROUP_LEFT, "Day shift", "ada"),
        (Act.GROUP_DELETED, "Day shift", ""),
    ]


def test_enrolments(course: Course) -> None:
    student = factories.make_member(course.workspace, "sue")
    enrol(course, student, EnrolmentRole.STUDENT)
    enrol(course, student, EnrolmentRole.STUDENT)  # again: nothing happens
    assert unenrol(Enrolment.objects.filter(user=student)) == 1
    assert unenrol(Enrolment.objects.filter(user=student)) == 0

    assert written() == [
        (Act.ENROLMENT_ADDED, "sue in CS101", "as Student"),
        (Act.ENROLMENT_REMOVED, "sue in CS101", "as Student"),
    ]


def test_teaching(course: Course, admin: User) -> None:
    made = make_course(course.workspace, name="CS201")
    lab = make_assignment(make_module(made, name="Week 1"), name="Loops")
    student = factories.make_member(course.workspace, "sue")
    set_teacher(made, admin, is_read_only=True)
    change_settings(lab, {"is_disabled": True})
    extend_time(lab, student, {"limit_minutes": 5})
    set_learners(made, admin, [student])

    assert written() == [
        (Act.COURSE_MADE, "CS201", ""),
        (Act.COURSE_CHANGED, "CS201", "module Week 1"),
        (Act.COURSE_CHANGED, "CS201", "assignment Loops"),
        (Act.ENROLMENT_ADDED, "ada in CS201", "as Teacher"),
        (Act.ENROLMENT_CHANGED, "ada in CS201", "only reads"),
        (Act.COURSE_CHANGED, "CS201", "settings of Loops: is_disabled"),
        (Act.TIME_EXTENDED, "CS201", "sue in Loops"),
        (Act.LEARNERS_SET, "CS201", "1 for ada"),
    ]


def test_the_end_of_a_course(course: Course, admin: User, settings: Settings) -> None:
    archive_course(course)
    unarchive_course(course)
    delete_course(course=course, actor=admin, with_students=False)
    restore_deleted(course)
    delete_course(course=course, actor=admin, with_students=True)
    settings.BOOKBAG_UNDO_DAYS = 0
    purge_deleted_courses()

    assert written() == [
        (Act.COURSE_ARCHIVED, "CS101", ""),
        (Act.COURSE_UNARCHIVED, "CS101", ""),
        (Act.COURSE_DELETED, "CS101", ""),
        (Act.COURSE_RESTORED, "CS101", ""),
        (Act.COURSE_DELETED, "CS101", "with its students"),
        (Act.COURSE_PURGED, "CS101", ""),
    ]


def test_stacks_and_launches(course: Course) -> None:
    stack = factories.make_stack(course.workspace)
    save_stack(stack)
    delete_stack(stack)
    key, secret = add_key(course.workspace, "Campus")
    name = key.key
    delete_key(key)
    change_course(course, is_enabled=True, has_constant_urls=False)

    assert written() == [
        (Act.STACK_SAVED, "Python 3.11", ""),
        (Act.STACK_DELETED, "Python 3.11", ""),
        (Act.KEY_ADDED, "Campus", f"key {name}"),
        (Act.KEY_DELETED, "Campus", f"key {name}"),
        (Act.LTI_COURSE_CHANGED, "CS101", "open to launches"),
    ]
    assert secret not in str(written())


def test_a_page_says_who_and_from_where(
    client: Client, course: Course, admin: User
) -> None:
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")

    client.post(
        reverse("groups", kwargs={"slug": course.workspace.slug}),
        {"name": "Night shift"},
        REMOTE_ADDR="192.0.2.7",
        HTTP_X_FORWARDED_FOR="198.51.100.1",
    )

    entry = AuditDraft.objects.get()
    assert (entry.act, entry.face) == (Act.GROUP_ADDED, Face.PAGE)
    assert (entry.person_key, entry.person_name) == (admin.pk, "ada")
    assert entry.ip_address == "192.0.2.7"


def test_a_command_names_its_operator(course: Course) -> None:
    with coming_from(Origin(face=Face.COMMAND, name="root@host")):
        make_group(course.workspace, "Night shift")

    entry = AuditDraft.objects.get()
    assert (entry.face, entry.person_key) == (Face.COMMAND, None)
    assert entry.person_name == "root@host"


def test_names_of_any_length_fit(course: Course) -> None:
    course.name = "n" * 200
    course.save()
    student = factories.make_member(course.workspace, "u" * 150)

    enrol(course, student, EnrolmentRole.STUDENT)

    assert len(AuditDraft.objects.get().target) == 300


@pytest.mark.parametrize("act", Act)
def test_every_act_has_words_and_fits(act: Act) -> None:
    assert len(act.value) <= 40
    assert AuditDraft(act=act).act_label == str(act.label)
    assert AuditDraft(act="other.thing").act_label == "other.thing"


def test_recording_is_one_insert_whatever_the_length_of_the_log(
    course: Course, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        record(course.workspace_id, Deed(act=Act.STACK_SAVED))
