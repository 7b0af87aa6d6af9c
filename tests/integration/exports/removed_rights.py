"""Who asks for each export of the catalogue, and the ways in which a right ends."""

import dataclasses
from collections.abc import Callable
from typing import cast

from django.utils import timezone

from bookbag.domain.access.clients import revoke_client
from bookbag.domain.access.models import ServiceClient
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.lti.addresses import get_lti_course
from bookbag.domain.people.models import Member, MemberRole, MemberStatus, User
from bookbag.domain.teaching.services import set_learners
from bookbag.exports.catalogue import get_catalogue, get_definition
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    ExportScope,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from tests import factories
from tests.fakes.definitions import produce_content

Produce = Callable[[ProductionContext], Product]


def deactivate(person: User, _course: Course) -> None:
    Member.objects.filter(user=person).update(status=MemberStatus.DEACTIVATED)


def remove_member(person: User, _course: Course) -> None:
    Member.objects.filter(user=person).delete()


def close_account(person: User, _course: Course) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def end_enrolment(person: User, _course: Course) -> None:
    Enrolment.objects.filter(user=person).update(removed_at=timezone.now())


def demote(person: User, _course: Course) -> None:
    Member.objects.filter(user=person).update(role=MemberRole.STAFF)


def give_learners(person: User, course: Course) -> None:
    set_learners(course, person, [factories.enrol(course)])


def revoke(person: User, _course: Course) -> None:
    revoke_client(ServiceClient.objects.get(account=person))


Lose = Callable[[User, Course], None]
LOSSES: dict[str, tuple[str, Lose]] = {
    **{name: (name, deactivate) for name in get_catalogue()},
    "course-data of an account that was closed": ("course-data", close_account),
    "course-data of who left the workspace": ("course-data", remove_member),
    "course-data of who teaches no more": ("course-data", end_enrolment),
    "course-data of who only has some learners now": ("course-data", give_learners),
    "assignment-data of who teaches no more": ("assignment-data", end_enrolment),
    "user-access of who teaches no more": ("user-access", end_enrolment),
    "student-data of another one's learner": ("student-data", give_learners),
    "users of an admin who is one no more": ("users", demote),
    "audit of an admin who is one no more": ("audit", demote),
    "course-data of a service that was revoked": ("course-data", revoke),
}
"""By its name in the test: which export, and how the right to it ends."""


def make_person(loss: str, course: Course) -> User:
    """Return somebody who may have the export, until the loss."""
    identifier, lose = LOSSES[loss]
    if lose is revoke:
        return factories.make_service(course.workspace)
    if get_definition(identifier).scope_kind is ScopeKind.WORKSPACE:
        return factories.make_member(course.workspace, "holder", role=MemberRole.ADMIN)
    return factories.make_teacher(course, "holder")


def make_scope(identifier: str, course: Course, person: User) -> ExportScope:
    """Return something that the export can be about."""
    kind = get_definition(identifier).scope_kind
    if kind is ScopeKind.WORKSPACE:
        return ExportScope(workspace=course.workspace)
    if kind is ScopeKind.USER:
        return ExportScope(workspace=course.workspace, subject=person)
    if kind is ScopeKind.COURSE:
        lti_course = get_lti_course(course)
        lti_course.is_enabled = True
        lti_course.save()
        return ExportScope.of_course(course)
    assignment, student = factories.make_assignment(course), factories.enrol(course)
    if kind is ScopeKind.ASSIGNMENT:
        return ExportScope.of_assignment(assignment)
    if kind is ScopeKind.STUDENT:
        return ExportScope.of_student(course, student)
    return ExportScope.of_project(factories.make_project(assignment, student))


def make_ready(loss: str, course: Course, person: User) -> Export:
    """Return an export of the person that is ready."""
    identifier = LOSSES[loss][0]
    scope = make_scope(identifier, course, person)
    export = factories.make_export(
        course,
        person,
        identifier=identifier,
        assignment=scope.assignment,
        subject=scope.subject,
        project=scope.project,
        scope_name="Holder's own words",
        state=ExportState.READY,
    )
    export.course = scope.course
    export.save()
    return export


def replace_production(identifier: str, produce: Produce = produce_content) -> None:
    """Let an export of the catalogue be produced by another function.

    Whoever calls this restores the catalogue.
    """
    catalogue = cast("dict[str, ExportDefinition]", get_catalogue())
    catalogue[identifier] = dataclasses.replace(catalogue[identifier], produce=produce)
