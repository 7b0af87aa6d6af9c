"""Who may do what. Faces and services ask here and nowhere else.

A right is always looked up, never remembered: a person whose role ended between
asking for an export and downloading it is refused at the download.

Being a superuser opens Django's admin and nothing here: an operator runs Bookbag and
has no need to read people's work (ADR 0012). A service's account administers the
workspace that its client belongs to, as long as the client is not revoked (ADR 0090).
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookbag.domain.access.models import ServiceClient
from bookbag.domain.courses.models import (
    Course,
    Enrolment,
    EnrolmentRole,
    Project,
)
from bookbag.domain.courses.visibility import Visibility
from bookbag.domain.people.models import (
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.domain.teaching.selectors import find_learners

ADMIN_ROLES: tuple[str, ...] = (MemberRole.OWNER, MemberRole.ADMIN)


def is_active_member(person: User, workspace: Workspace) -> bool:
    """Answer whether the person may use the workspace at all."""
    return person.is_active and (
        Member.objects.filter(
            workspace=workspace, user=person.pk, status=MemberStatus.ACTIVE
        ).exists()
        or _services_of(person).filter(workspace=workspace).exists()
    )


def can_administer_workspace(person: User, workspace: Workspace) -> bool:
    """Answer whether the person is an owner or admin of the workspace."""
    return person.is_active and (
        Member.objects.filter(
            workspace=workspace,
            user=person.pk,
            status=MemberStatus.ACTIVE,
            role__in=ADMIN_ROLES,
        ).exists()
        or _services_of(person).filter(workspace=workspace).exists()
    )


def is_owner(person: User, workspace: Workspace) -> bool:
    """Answer whether the person is an owner of the workspace."""
    return Member.objects.filter(
        workspace=workspace,
        user=person.pk,
        status=MemberStatus.ACTIVE,
        role=MemberRole.OWNER,
    ).exists()


def viewable_workspaces(person: User) -> QuerySet[Workspace]:
    """Return every workspace that ``is_active_member`` answers yes for."""
    if not person.is_active:
        return Workspace.objects.none()
    here = Member.objects.filter(
        workspace=OuterRef("pk"), user=person.pk, status=MemberStatus.ACTIVE
    )
    return Workspace.objects.filter(
        Exists(here) | Exists(_services_of(person).filter(workspace=OuterRef("pk")))
    )


def administered_workspaces(person: User) -> QuerySet[Workspace]:
    """Return every workspace that ``can_administer_workspace`` answers yes for."""
    if not person.is_active:
        return Workspace.objects.none()
    here = Member.objects.filter(
        workspace=OuterRef("pk"),
        user=person.pk,
        status=MemberStatus.ACTIVE,
        role__in=ADMIN_ROLES,
    )
    return Workspace.objects.filter(
        Exists(here) | Exists(_services_of(person).filter(workspace=OuterRef("pk")))
    )


def _services_of(person: User) -> QuerySet[ServiceClient]:
    """Return the client whose account the person is, unless it was revoked."""
    return ServiceClient.objects.filter(account=person.pk, revoked_at__isnull=True)


def can_teach_course(person: User, course: Course) -> bool:
    """Answer whether the person is a teacher of the course, also a read-only one."""
    return _has_enrolment(person, course, role=EnrolmentRole.TEACHER)


def can_view_course(person: User, course: Course) -> bool:
    """Answer whether the person may open the course's page."""
    return _has_enrolment(person, course) or can_administer_workspace(
        person, course.workspace
    )


def viewable_courses(person: User) -> QuerySet[Course]:
    """Return every course that ``can_view_course`` answers yes for."""
    memberships = _memberships_of(person)
    enrolments = Enrolment.objects.filter(
        course=OuterRef("pk"), user=person.pk, removed_at__isnull=True
    )
    if not person.is_active:
        return Course.objects.none()
    return Course.objects.filter(
        _is_administered(person) | (Exists(memberships) & Exists(enrolments)),
        deleted_at__isnull=True,
    ).select_related("workspace")


def _is_administered(person: User) -> Q:
    """Return the condition that the person administers an outer course's workspace."""
    services = _services_of(person).filter(workspace=OuterRef("workspace"))
    memberships = _memberships_of(person).filter(role__in=ADMIN_ROLES)
    return Q(Exists(memberships)) | Q(Exists(services))


def _memberships_of(person: User) -> QuerySet[Member]:
    """Return the person's active membership in the workspace of an outer course."""
    return Member.objects.filter(
        workspace=OuterRef("workspace"), user=person.pk, status=MemberStatus.ACTIVE
    )


def restorable_courses(person: User) -> QuerySet[Course]:
    """Return the deleted courses that the person may bring back."""
    memberships = _memberships_of(person)
    teaching = Enrolment.objects.filter(
        course=OuterRef("pk"),
        user=person.pk,
        role=EnrolmentRole.TEACHER,
        is_read_only=False,
        removed_at__isnull=True,
    )
    if not person.is_active:
        return Course.objects.none()
    return Course.objects.filter(
        _is_administered(person) | (Exists(memberships) & Exists(teaching)),
        deleted_at__isnull=False,
    ).select_related("workspace", "deleted_by")


def can_export_course(person: User, course: Course) -> bool:
    """Answer whether the person may take data of the course out.

    Read-only teachers may: they can read all of it already (ADR 0012). Of whom, say
    ``can_export_everybody`` and ``can_export_student``.
    """
    return can_teach_course(person, course) or can_administer_workspace(
        person, course.workspace
    )


def visible_learners(person: User, course: Course) -> frozenset[int] | None:
    """Return the keys of the students whose work the person may see; None for all.

    A teacher who looks after some learners sees those; the rule is about teachers,
    and says nothing of who is none (ADR 0110).
    """
    if can_administer_workspace(person, course.workspace):
        return None
    return find_learners(course, person)


def can_export_everybody(person: User, course: Course) -> bool:
    """Answer whether the person may take out a course, or a part, with all students."""
    is_for_all = visible_learners(person, course) is None
    return is_for_all and can_export_course(person, course)


def can_export_student(person: User, course: Course, student: User) -> bool:
    """Answer whether the person may take out one student's work in a course."""
    learners = visible_learners(person, course)
    is_visible = learners is None or student.pk in learners
    return is_visible and can_export_course(person, course)


def exportable_courses(person: User) -> QuerySet[Course]:
    """Return every course, a deleted one too, that ``can_export_course`` allows."""
    teaching = Enrolment.objects.filter(
        course=OuterRef("pk"),
        user=person.pk,
        role=EnrolmentRole.TEACHER,
        removed_at__isnull=True,
    )
    if not person.is_active:
        return Course.objects.none()
    return Course.objects.filter(
        _is_administered(person)
        | (Q(Exists(_memberships_of(person))) & Q(Exists(teaching)))
    )


def can_view_session(person: User, session: RoleplaySession) -> bool:
    """Answer whether the person may open a role-play session's review page."""
    is_own = session.participant_id == person.pk
    return (
        is_own and is_active_member(person, session.workspace)
    ) or can_administer_workspace(person, session.workspace)


def can_view_project(person: User, project: Project) -> bool:
    """Answer whether the person may open a project: its owner, and who teaches it.

    A person's own project is for nobody else, not even admins, unless its owner shows
    it to the workspace.
    """
    course = project.course
    is_own = project.owner_id == person.pk
    if course is None:
        is_shown = is_own or project.visibility == Visibility.WORKSPACE
        return is_shown and is_active_member(person, project.home)
    return (is_own and can_view_course(person, course)) or can_export_student(
        person, course, project.owner
    )


def can_change_project(person: User, project: Project) -> bool:
    """Answer whether the person may change a project; teachers only look into it."""
    course = project.course
    if project.owner_id != person.pk:
        return False
    if course is None:
        return is_active_member(person, project.home)
    return course.archived_at is None and can_view_course(person, course)


def can_end_course(person: User, course: Course) -> bool:
    """Answer whether the person may archive or delete the course, or undo either."""
    return _has_enrolment(
        person, course, role=EnrolmentRole.TEACHER, is_read_only=False
    ) or can_administer_workspace(person, course.workspace)


def can_change_course(person: User, course: Course) -> bool:
    """Answer whether the person may change the course and what belongs to it.

    Nobody changes an archived course.
    """
    return course.archived_at is None and can_end_course(person, course)


def _has_enrolment(person: User, course: Course, **conditions: object) -> bool:
    return (
        is_active_member(person, course.workspace)
        and Enrolment.objects.filter(
            course=course, user=person.pk, removed_at__isnull=True, **conditions
        ).exists()
    )
