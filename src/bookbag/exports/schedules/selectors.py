"""Reading schedules, only for those who may: their owners, and who administers."""

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookbag.domain.people.models import Member, MemberStatus, User, Workspace
from bookbag.domain.policies import ADMIN_ROLES
from bookbag.exports.schedules.models import Schedule


def list_schedules(person: User, workspace: Workspace) -> QuerySet[Schedule]:
    """Return a person's schedules of a workspace; for its admins, everybody's."""
    return list_visible_schedules(person).filter(workspace=workspace)


def list_visible_schedules(person: User) -> QuerySet[Schedule]:
    """Return the schedules of all workspaces that the person may see."""
    memberships = Member.objects.filter(
        workspace=OuterRef("workspace"), user=person.pk, status=MemberStatus.ACTIVE
    )
    found = _with_related(Schedule.objects.all())
    if not person.is_active:
        return found.none()
    return found.filter(
        Exists(memberships.filter(role__in=ADMIN_ROLES))
        | Q(Exists(memberships), owner=person)
    )


def get_schedule(person: User, schedule_id: uuid.UUID) -> Schedule:
    """Return a schedule that the person may see, pause and delete.

    Raises:
        Schedule.DoesNotExist: If there is none, or it is not for this person.
    """
    return list_visible_schedules(person).get(pk=schedule_id)


def _with_related(schedules: QuerySet[Schedule]) -> QuerySet[Schedule]:
    return schedules.select_related(
        "owner", "workspace", "course__workspace", "assignment", "subject", "project"
    )
