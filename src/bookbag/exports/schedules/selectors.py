"""Reading schedules, only for those who may: their owners, and who administers."""

import uuid

from django.db.models import QuerySet

from bookbag.domain.people.models import User, Workspace
from bookbag.domain.policies import can_administer_workspace, is_active_member
from bookbag.exports.schedules.models import Schedule


def list_schedules(person: User, workspace: Workspace) -> QuerySet[Schedule]:
    """Return a person's schedules of a workspace; for its admins, everybody's."""
    found = _with_related(Schedule.objects.filter(workspace=workspace))
    if can_administer_workspace(person, workspace):
        return found
    if not is_active_member(person, workspace):
        return found.none()
    return found.filter(owner=person)


def get_schedule(person: User, schedule_id: uuid.UUID) -> Schedule:
    """Return a schedule that the person may see, pause and delete.

    Raises:
        Schedule.DoesNotExist: If there is none, or it is not for this person.
    """
    schedule = _with_related(Schedule.objects.all()).get(pk=schedule_id)
    return list_schedules(person, schedule.workspace).get(pk=schedule.pk)


def _with_related(schedules: QuerySet[Schedule]) -> QuerySet[Schedule]:
    return schedules.select_related(
        "owner", "workspace", "course__workspace", "assignment", "subject", "project"
    )
