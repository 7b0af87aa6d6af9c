"""Reading exports: the lists and the single export, only for those who may."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from bookbag.domain.courses.models import Course, Enrolment, EnrolmentRole, Project
from bookbag.domain.people.models import User
from bookbag.domain.policies import administered_workspaces, exportable_courses
from bookbag.exports.catalogue import get_catalogue, get_definition
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.catalogue.options import CIRCLE, Option
from bookbag.exports.catalogue.rights import may_export_everybody
from bookbag.exports.catalogue.veiling import may_have_circle, tells_of_others
from bookbag.exports.errors import ExportsError
from bookbag.exports.history import note_refusal
from bookbag.exports.models import Export
from bookbag.exports.states import ACTIVE_STATES, ExportState


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePreview:
    """What the next export of a course will hold."""

    student_count: int
    assignment_count: int
    removed_count: int
    """Students who were removed from the course; the receipt names them."""
    project_count: int
    latest_bytes: int | None
    """Payload of the newest finished export, as an idea of the size."""


def scope_of(export: Export) -> ExportScope:
    """Return what an export is about, as it stands now."""
    return ExportScope(
        workspace=export.workspace,
        course=export.course,
        assignment=export.assignment,
        subject=export.subject,
        project=export.project,
    )


def may_access(person: User, export: Export) -> bool:
    """Answer whether the person has the right to this export at this moment."""
    definition = get_catalogue().get(export.identifier)
    if definition is None:
        return False
    scope = scope_of(export)
    if scope.kind is not definition.scope_kind:
        return False
    is_theirs = definition.may_request(person, scope)
    return is_theirs and may_have_circle(person, scope, export.options)


def get_export(person: User, export_id: uuid.UUID) -> Export:
    """Return an export that the person may see.

    Raises:
        Export.DoesNotExist: If there is none, or it is not for this person.
    """
    export = _with_related(Export.objects.all()).get(pk=export_id)
    if not may_access(person, export):
        note_refusal(export, person)  # whoever has the id got it from somebody
        raise Export.DoesNotExist
    return export


def list_course_exports(person: User, course: Course) -> list[Export]:
    """Return a course's active exports: running ones first, then the newest first.

    Active are those that wait, run, or have a file, and what failed in the time
    that a file would have been kept.
    """
    now = timezone.now()
    kept_since = now - timedelta(days=settings.BOOKBAG_LINK_DAYS)
    active = (
        Export.objects.filter(course=course)
        .exclude(state__in=(ExportState.CANCELLED, ExportState.EXPIRED))
        .exclude(state=ExportState.FAILED, finished_at__lt=kept_since)
    )
    ordered = _with_related(active).annotate(
        rank=Case(
            When(state__in=ACTIVE_STATES, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
    )
    running_first = ordered.order_by("rank", "-requested_at", "-pk")
    return keep_accessible(person, (e for e in running_first if not e.has_expired))


def list_visible_exports(person: User) -> QuerySet[Export]:
    """Return the exports that a person may know of by what they are about.

    The right to each is asked for with ``keep_accessible``: this narrows in the
    database what would be thrown away after it.
    """
    visible = Q(workspace__in=administered_workspaces(person))
    visible |= Q(course__in=exportable_courses(person)) | Q(subject=person)
    return _with_related(Export.objects.filter(visible))


def keep_accessible(person: User, exports: Iterable[Export]) -> list[Export]:
    """Return those of some exports that the person has the right to now.

    Exports of the same kind and about the same thing are asked about once.
    """
    answers: dict[tuple[str, str, bool], bool] = {}
    kept = []
    for export in exports:
        scope = scope_of(export)
        key = (export.identifier, scope.key, tells_of_others(scope, export.options))
        if key not in answers:
            answers[key] = may_access(person, export)
        if answers[key]:
            kept.append(export)
    return kept


def list_all_exports(*, state: str = "", limit: int) -> list[Export]:
    """Return the newest exports of this site, for whoever runs it: no content.

    Args:
        state: Only exports in this state; those whose time is over are expired.
        limit: How many.
    """
    found = Export.objects.all()
    is_over = Q(state=ExportState.READY, expires_at__lte=timezone.now())
    if state == ExportState.EXPIRED:
        found = found.filter(Q(state=state) | is_over)
    elif state:
        found = found.filter(state=state).exclude(is_over)
    return list(found.order_by("-requested_at", "-pk")[:limit])


def list_own_exports(person: User) -> list[Export]:
    """Return a person's exports of their own data that are active, newest first."""
    own = Export.objects.filter(subject=person, identifier="my-data").exclude(
        state__in=(ExportState.CANCELLED, ExportState.EXPIRED)
    )
    found = _with_related(own).order_by("-requested_at", "-pk")
    return keep_accessible(person, (e for e in found if not e.has_expired))


def list_running_exports(person: User) -> list[Export]:
    """Return the waiting and running exports that the person asked for.

    Whoever lost the right to one hears no more of it.
    """
    asked = Export.objects.filter(requesters__person=person, state__in=ACTIVE_STATES)
    return keep_accessible(person, _with_related(asked).order_by("requested_at"))


def preview_course_export(course: Course) -> CoursePreview:
    """Count what the next export of a course will hold."""
    students = Enrolment.objects.filter(course=course, role=EnrolmentRole.STUDENT)
    latest = (
        Export.objects.filter(
            course=course, identifier="course-data", receipt__isnull=False
        )
        .order_by("-finished_at")
        .values_list("receipt__payload_bytes", flat=True)
        .first()
    )
    return CoursePreview(
        student_count=students.filter(removed_at__isnull=True).count(),
        assignment_count=course.assignments.count(),
        removed_count=students.filter(removed_at__isnull=False).count(),
        project_count=Project.objects.filter(assignment__course=course).count(),
        latest_bytes=latest,
    )


def list_options(
    person: User, identifier: str, scope: ExportScope
) -> dict[str, Option]:
    """Return what a person may choose of an export.

    Who may not have everybody's data has no choice of the circle.
    """
    may_have_all = may_export_everybody(person, scope)
    options = get_definition(identifier).options.items()
    return {name: op for name, op in options if may_have_all or name != CIRCLE}


def can_request(person: User, identifier: str, scope: ExportScope) -> bool:
    """Answer whether the person may ask for an export of the catalogue."""
    try:
        definition = get_definition(identifier)
    except ExportsError:
        return False
    return scope.kind is definition.scope_kind and definition.may_request(person, scope)


def _with_related(exports: QuerySet[Export]) -> QuerySet[Export]:
    return exports.select_related(
        "workspace",
        "course__workspace",
        "assignment",
        "subject",
        "project",
        "requested_by",
        "receipt",
    ).defer("receipt__document")
