"""Reading courses: lists, overviews and rosters."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Progress,
    Project,
)
from bookbag.domain.people.models import Member, MemberStatus, User
from bookbag.domain.people.selectors import match_person


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentOverview:
    """One assignment with the state of its students' work."""

    assignment: Assignment
    started_count: int
    """Enrolled students who have a project."""
    student_count: int
    """Enrolled students of the course."""

    @property
    def started_percent(self) -> int:
        """Share of students who have started, 0 to 100."""
        if not self.student_count:
            return 0
        return round(100 * self.started_count / self.student_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentOverview:
    """One student of a course with how much they have started."""

    user: User
    enrolled_at: datetime
    removed_at: datetime | None
    started_count: int
    assignment_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentState:
    """How far an assignment's students are; those who were removed do not count."""

    student_count: int
    project_count: int
    progress_count: int
    completed_count: int
    assessment_count: int


def count_assignment(assignment: Assignment) -> AssignmentState:
    """Count how far an assignment's students are."""
    students = Enrolment.objects.filter(
        course=assignment.course, role=EnrolmentRole.STUDENT, removed_at__isnull=True
    ).values("user")
    progress = Progress.objects.filter(assignment=assignment, student__in=students)
    return AssignmentState(
        student_count=students.count(),
        project_count=Project.objects.filter(
            assignment=assignment, owner__in=students
        ).count(),
        progress_count=progress.count(),
        completed_count=progress.exclude(completed_dates=[]).count(),
        assessment_count=assignment.assessments.count(),
    )


def list_courses(courses: QuerySet[Course], search: str = "") -> QuerySet[Course]:
    """Return some courses, those that match the search, with counts for the list.

    Each course carries ``student_count`` and ``assignment_count``.

    Args:
        courses: The courses that may be seen, see ``policies.viewable_courses``.
        search: Part of a name or title.
    """
    if search:
        courses = courses.filter(Q(name__icontains=search) | Q(title__icontains=search))
    is_student = Q(
        enrolments__role=EnrolmentRole.STUDENT, enrolments__removed_at__isnull=True
    )
    return courses.annotate(
        student_count=Count("enrolments", filter=is_student, distinct=True),
        assignment_count=Count("assignments", distinct=True),
    )


def list_assignments(course: Course) -> list[AssignmentOverview]:
    """Return a course's assignments in order, each with how many have started."""
    students = Enrolment.objects.filter(
        course=course, role=EnrolmentRole.STUDENT, removed_at__isnull=True
    )
    student_count = students.count()
    is_enrolled = Q(projects__owner__in=students.values("user"))
    assignments = (
        Assignment.objects.filter(course=course)
        .select_related("module")
        .annotate(started=Count("projects", filter=is_enrolled, distinct=True))
    )
    return [
        AssignmentOverview(
            assignment=assignment,
            started_count=assignment.started,
            student_count=student_count,
        )
        for assignment in assignments
    ]


def list_students(
    course: Course, search: str = "", *, only: Collection[int] | None = None
) -> list[StudentOverview]:
    """Return a course's students by name, those who were removed included.

    Args:
        course: Whose students.
        search: Part of a name or an address.
        only: Keys of those who may be seen, see ``policies.visible_learners``.
    """
    students = Enrolment.objects.filter(
        course=course, role=EnrolmentRole.STUDENT
    ).select_related("user")
    students = students.filter(match_person(search, "user"))
    if only is not None:
        students = students.filter(user__in=only)
    started = dict(
        Project.objects.filter(assignment__course=course)
        .values_list("owner")
        .annotate(Count("pk"))
    )
    assignment_count = course.assignments.count()
    return [
        StudentOverview(
            user=enrolment.user,
            enrolled_at=enrolment.enrolled_at,
            removed_at=enrolment.removed_at,
            started_count=started.get(enrolment.user_id, 0),
            assignment_count=assignment_count,
        )
        for enrolment in students
    ]


def list_projects(person: User, search: str = "") -> QuerySet[Project]:
    """Return a person's projects, the newest first.

    They are those of courses that the person is in, and what the person imported into
    workspaces that they are a member of.
    """
    enrolled = Enrolment.objects.filter(user=person, removed_at__isnull=True)
    memberships = Member.objects.filter(user=person, status=MemberStatus.ACTIVE)
    found = Project.objects.filter(
        Q(
            assignment__course__in=enrolled.values("course"),
            assignment__course__deleted_at__isnull=True,
        )
        | Q(workspace__in=memberships.values("workspace")),
        owner=person,
    )
    if search:
        found = found.filter(
            Q(assignment__name__icontains=search)
            | Q(assignment__course__name__icontains=search)
            | Q(name__icontains=search)
        )
    related = found.select_related("assignment__course", "workspace", "stack")
    return related.order_by("-created_at", "-pk")


def list_assignment_projects(
    assignment: Assignment, search: str = "", *, only: Collection[int] | None = None
) -> QuerySet[Project]:
    """Return the projects of an assignment by the names of their owners.

    Args:
        assignment: Whose projects.
        search: Part of a name or an address.
        only: Keys of the owners who may be seen, see ``policies.visible_learners``.
    """
    found = Project.objects.filter(match_person(search, "owner"), assignment=assignment)
    if only is not None:
        found = found.filter(owner__in=only)
    return found.select_related("owner", "stack").order_by(
        "owner__last_name", "owner__first_name", "owner__username"
    )


def list_teachers(course: Course) -> list[Enrolment]:
    """Return the enrolments of a course's present teachers by name."""
    return list(
        Enrolment.objects.filter(
            course=course, role=EnrolmentRole.TEACHER, removed_at__isnull=True
        ).select_related("user")
    )
