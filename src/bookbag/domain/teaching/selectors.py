"""Reading how courses are taught: how far students are, and who sees whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Progress,
    Project,
)
from bookbag.domain.people.models import User
from bookbag.domain.teaching.models import MentorLearner, TimeExtension


class WorkStatus(StrEnum):
    """How far a student is in an assignment."""

    NOT_STARTED = "NOT_STARTED"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkState:
    """One student in one assignment."""

    assignment: Assignment
    student: User
    has_project: bool
    progress: Progress | None
    """None when nothing is known."""
    extension: TimeExtension | None

    @property
    def completed_at(self) -> datetime | None:
        """When the work was handed in last."""
        dates = self.progress.completed_dates if self.progress is not None else []
        return datetime.fromisoformat(dates[-1]) if dates else None

    @property
    def status(self) -> WorkStatus:
        """How far the student is."""
        if self.progress is not None and self.progress.completed_dates:
            return WorkStatus.COMPLETED
        has_begun = self.progress is not None and self.progress.started_at is not None
        is_started = self.has_project or has_begun
        return WorkStatus.STARTED if is_started else WorkStatus.NOT_STARTED


def list_present_students(course: Course) -> QuerySet[User]:
    """Return the students who are in a course now, by name."""
    return _list_people(course, EnrolmentRole.STUDENT)


def list_present_teachers(course: Course) -> QuerySet[User]:
    """Return the teachers who are in a course now, by name."""
    return _list_people(course, EnrolmentRole.TEACHER)


def list_states_of_assignment(assignment: Assignment) -> list[WorkState]:
    """Return how far every present student is in an assignment, by name."""
    students = list(list_present_students(assignment.course))
    return _list_states([assignment], students, Q(assignment=assignment))


def list_states_of_student(course: Course, student: User) -> list[WorkState]:
    """Return how far a student is in every assignment of a course, in its order."""
    assignments = Assignment.objects.filter(course=course).select_related("module")
    here = Q(assignment__course=course)
    return _list_states(list(assignments), [student], here)


def find_learners(course: Course, mentor: User) -> frozenset[int] | None:
    """Return the keys of the learners that a mentor sees; None for all of them."""
    rows = MentorLearner.objects.filter(course=course, mentor=mentor)
    learners = frozenset(rows.values_list("learner", flat=True))
    return learners or None


def _list_people(course: Course, role: EnrolmentRole) -> QuerySet[User]:
    present = Enrolment.objects.filter(
        course=course, role=role, removed_at__isnull=True
    )
    return User.objects.filter(pk__in=present.values("user")).order_by(
        "last_name", "first_name", "username"
    )


def _list_states(
    assignments: Sequence[Assignment], students: Sequence[User], where: Q
) -> list[WorkState]:
    of_whom = {"student": students[0]} if len(students) == 1 else {}
    owned = {"owner": students[0]} if of_whom else {}
    progress = {
        (row.assignment_id, row.student_id): row
        for row in Progress.objects.filter(where, **of_whom)
    }
    extensions = {
        (row.assignment_id, row.student_id): row
        for row in TimeExtension.objects.filter(where, **of_whom)
    }
    projects = set(
        Project.objects.filter(where, **owned).values_list("assignment", "owner")
    )
    return [
        WorkState(
            assignment=assignment,
            student=student,
            has_project=(assignment.pk, student.pk) in projects,
            progress=progress.get((assignment.pk, student.pk)),
            extension=extensions.get((assignment.pk, student.pk)),
        )
        for assignment in assignments
        for student in students
    ]
