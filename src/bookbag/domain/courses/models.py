"""Courses with modules and assignments, enrolments, projects and their stacks."""

from typing import cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookbag.domain.courses.visibility import Visibility
from bookbag.domain.people.models import Workspace


class Stack(models.Model):
    """A named runtime that a project is opened with."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="stacks"
    )
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=60, blank=True)
    languages = models.CharField(max_length=200, blank=True)
    """What it is for, as people list it: Python, SQL."""
    image_reference = models.CharField(max_length=300, blank=True)
    """The image that a platform runs, such as ``python:3.11-slim``."""
    notes = models.TextField(blank=True)

    class Meta:
        """Constraints and order of stacks."""

        ordering = ["name", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name", "version"], name="stack_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


class Course(models.Model):
    """What students are enrolled in.

    Invariants: an archived course is read-only; a deleted one is hidden, keeps its rows
    and files for ``BOOKBAG_UNDO_DAYS``, and its name is free again.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="courses"
    )
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    archives_on = models.DateField(null=True, blank=True)
    """The day from which it is archived by itself."""
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deleted_courses",
    )
    deletes_students = models.BooleanField(default=False)
    """Whether the purge also removes students who are in no other course."""

    class Meta:
        """Constraints and order of courses."""

        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(deleted_at__isnull=True),
                name="course_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="course_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Module(models.Model):
    """An ordered section of a course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="modules")
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        """Constraints and order of modules."""

        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["course", "name"], name="module_once")
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentKind(models.TextChoices):
    """What an assignment is made of."""

    PROJECT = "project", _("Project")
    BOOK = "book", _("Book")


class Assignment(models.Model):
    """One piece of work in a module of a course.

    Invariants: its module belongs to its course (``services`` see to it); ``folder``
    is the name of its workspaces' folder on disk and in archives, unique in the
    course; a book-based assignment, and no other, names its book.
    """

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="assignments"
    )
    module = models.ForeignKey(
        Module, on_delete=models.CASCADE, related_name="assignments"
    )
    name = models.CharField(max_length=200)
    folder = models.CharField(max_length=255)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(
        max_length=10, choices=AssignmentKind, default=AssignmentKind.PROJECT
    )
    book_name = models.CharField(max_length=200, blank=True)

    class Meta:
        """Constraints and order of assignments."""

        ordering = ["module__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["course", "name"], name="assignment_once"),
            models.UniqueConstraint(
                fields=["course", "folder"], name="assignment_folder_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=AssignmentKind.BOOK) & ~Q(book_name="")
                | Q(kind=AssignmentKind.PROJECT, book_name=""),
                name="assignment_book_has_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reported_name(self) -> str:
        """The name that reports use: the book's, when it is book-based."""
        return self.book_name or self.name


class EnrolmentRole(models.TextChoices):
    """What somebody is in a course."""

    TEACHER = "Teacher", _("Teacher")
    STUDENT = "Student", _("Student")


class Enrolment(models.Model):
    """A user in a course.

    Invariants: a person may be a teacher and a student of one course (as assistants
    are), each once; somebody who was removed keeps the row, with ``removed_at``.
    """

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="enrolments"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments"
    )
    role = models.CharField(max_length=10, choices=EnrolmentRole)
    is_read_only = models.BooleanField(default=False)
    enrolled_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    """What the system that it comes from calls it."""

    class Meta:
        """Constraints and order of enrolments."""

        ordering = ["user__last_name", "user__first_name", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "external_id"],
                condition=~Q(external_id=""),
                name="enrolment_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["course", "user", "role"], name="enrolment_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=EnrolmentRole.values), name="enrolment_role"
            ),
            models.CheckConstraint(
                condition=Q(is_read_only=False) | Q(role=EnrolmentRole.TEACHER),
                name="enrolment_read_only_teacher",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Project(models.Model):
    """One student's workspace: a folder of files with a path and a stack.

    Invariants: it belongs to an assignment, or it is a person's own, in a workspace and
    with a name; ``path`` is how people and access reports name it
    (``/<username>/<slug>``); ``files_folder`` is the absolute path of its files on
    disk, which may be missing or hostile and is only ever read through the engine.

    Units: sizes in bytes.
    """

    assignment = models.ForeignKey(
        Assignment,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="projects",
    )
    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="own_projects",
    )
    name = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility, default=Visibility.PRIVATE
    )
    size_bytes = models.PositiveBigIntegerField(default=0)
    """Of an own project, as it was imported; it counts toward quotas."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects"
    )
    stack = models.ForeignKey(
        Stack,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
    )
    path = models.CharField(max_length=500)
    files_folder = models.CharField(max_length=4096)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Constraints and order of projects."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "owner"], name="project_once"
            ),
            models.CheckConstraint(
                condition=Q(assignment__isnull=False, workspace__isnull=True)
                | Q(assignment__isnull=True, workspace__isnull=False) & ~Q(name=""),
                name="project_has_home",
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def course(self) -> Course | None:
        """The course that it is work in; none for a person's own."""
        return None if self.assignment is None else self.assignment.course

    @property
    def home(self) -> Workspace:
        """The workspace that it belongs to."""
        course = self.course
        return cast("Workspace", self.workspace if course is None else course.workspace)

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name if self.assignment is None else self.assignment.name

    @property
    def folder_name(self) -> str:
        """What its folder is called where it is taken out."""
        if self.assignment is None:
            return self.name.replace("/", "_")
        return self.assignment.folder


class Assessment(models.Model):
    """One graded question or task inside an assignment."""

    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="assessments"
    )
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    max_points = models.FloatField(null=True, blank=True)

    class Meta:
        """Constraints and order of assessments."""

        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "name"], name="assessment_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Progress(models.Model):
    """A student's state in an assignment: times, grades, comments.

    Invariants: nothing is computed from something else: grades are what the platform
    says they are, and a value that is not known is null, never 0.

    Units: seconds; grades in per cent of the assignment, extra credit may go beyond.
    """

    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="progress"
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="progress"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    completed_dates = models.JSONField(default=list, blank=True)
    """Every time that the work was handed in, as ISO 8601 texts in UTC, in order."""
    seconds_spent = models.PositiveIntegerField(null=True, blank=True)
    assessments_grade = models.FloatField(null=True, blank=True)
    script_grade = models.FloatField(null=True, blank=True)
    teacher_grade = models.FloatField(null=True, blank=True)
    grade_override = models.FloatField(null=True, blank=True)
    extra_credit = models.FloatField(null=True, blank=True)
    final_grade = models.FloatField(null=True, blank=True)
    behavioral_insights = models.PositiveSmallIntegerField(null=True, blank=True)
    """How conspicuous the way of working is, 0 to 5, as the platform found it."""
    comments = models.TextField(blank=True)

    class Meta:
        """Constraints and order of progress."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "student"], name="progress_once"
            ),
            models.CheckConstraint(
                condition=Q(behavioral_insights__isnull=True)
                | Q(behavioral_insights__lte=5),
                name="progress_insights_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} in {self.assignment}"


class Answer(models.Model):
    """What a student answered in one assessment."""

    progress = models.ForeignKey(
        Progress, on_delete=models.CASCADE, related_name="answers"
    )
    assessment = models.ForeignKey(
        Assessment, on_delete=models.CASCADE, related_name="answers"
    )
    answer = models.TextField(blank=True)
    is_correct = models.BooleanField(null=True, blank=True)
    points = models.FloatField(null=True, blank=True)
    attempts = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        """Constraints and order of answers."""

        ordering = ["assessment__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["progress", "assessment"], name="answer_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.answer[:40]}"
