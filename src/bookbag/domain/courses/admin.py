"""Courses in the operator's admin."""

from django.contrib import admin

from bookbag.domain.courses.models import (
    Answer,
    Assignment,
    Course,
    Enrolment,
    Module,
    Progress,
    Project,
    Stack,
)


class ModuleInline(admin.TabularInline[Module, Course]):
    """The modules of a course."""

    model = Module
    extra = 0


class EnrolmentInline(admin.TabularInline[Enrolment, Course]):
    """Who is in a course."""

    model = Enrolment
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Course)
class CourseAdmin(admin.ModelAdmin[Course]):
    """Courses with their modules and people."""

    list_display = ["name", "title", "workspace", "created_at"]
    list_filter = ["workspace"]
    search_fields = ["name", "title"]
    inlines = [ModuleInline, EnrolmentInline]


@admin.register(Assignment)
class AssignmentAdmin(admin.ModelAdmin[Assignment]):
    """Assignments of all courses."""

    list_display = ["name", "course", "module", "kind", "book_name"]
    list_filter = ["course__workspace", "kind"]
    search_fields = ["name", "course__name"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin[Project]):
    """Projects of all students; their files are not shown to operators."""

    list_display = ["path", "owner", "assignment", "stack"]
    search_fields = ["path", "owner__username"]
    autocomplete_fields = ["owner", "assignment", "stack"]


@admin.register(Stack)
class StackAdmin(admin.ModelAdmin[Stack]):
    """Stacks of all workspaces."""

    list_display = ["name", "version", "workspace"]
    search_fields = ["name"]


class AnswerInline(admin.TabularInline[Answer, Progress]):
    """The answers of a student in an assignment."""

    model = Answer
    extra = 0


@admin.register(Progress)
class ProgressAdmin(admin.ModelAdmin[Progress]):
    """Progress and results of all students."""

    list_display = ["student", "assignment", "started_at", "final_grade"]
    list_filter = ["assignment__course__workspace"]
    search_fields = ["student__username", "assignment__name"]
    autocomplete_fields = ["student", "assignment"]
    inlines = [AnswerInline]
