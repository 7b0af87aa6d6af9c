"""Reading targets and deliveries, only for those who may."""

from bookbag.deliveries.models import Delivery, DeliveryTarget
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.policies import can_administer_workspace, can_export_course
from bookbag.exports.models import Export
from bookbag.exports.selectors import may_access, scope_of


def list_targets(workspace: Workspace) -> list[DeliveryTarget]:
    """Return the targets of a workspace, for its admins."""
    return list(DeliveryTarget.objects.filter(workspace=workspace))


def may_deliver(person: User, export: Export, target: DeliveryTarget) -> bool:
    """Answer whether the person may send this export to this target now.

    Whoever sends must have the right to the export; a target is for admins, and for
    teachers when an admin opened it to them (ADR 0104).
    """
    if target.workspace_id != export.workspace_id or not may_access(person, export):
        return False
    if can_administer_workspace(person, export.workspace):
        return True
    course = scope_of(export).course
    return (
        target.is_for_teachers
        and course is not None
        and can_export_course(person, course)
    )


def list_usable_targets(
    person: User, workspace: Workspace, *, is_teacher: bool
) -> list[DeliveryTarget]:
    """Return the targets that a person may choose when asking for an export.

    Args:
        person: Who asks.
        workspace: Where the export is of.
        is_teacher: Whether the export is of a course that the person may export.
    """
    targets = DeliveryTarget.objects.filter(workspace=workspace)
    if can_administer_workspace(person, workspace):
        return list(targets)
    return list(targets.filter(is_for_teachers=True)) if is_teacher else []


def list_targets_for(person: User, export: Export) -> list[DeliveryTarget]:
    """Return the targets that the person may send this export to."""
    targets = DeliveryTarget.objects.filter(workspace=export.workspace)
    return [target for target in targets if may_deliver(person, export, target)]


def list_deliveries(export: Export) -> list[Delivery]:
    """Return what was sent of an export, or is on its way, the newest first."""
    found = Delivery.objects.filter(export=export)
    return list(found.select_related("target", "requested_by"))


def may_cancel(person: User, delivery: Delivery) -> bool:
    """Answer whether the person may stop a delivery: whoever asked, and admins."""
    return delivery.requested_by_id == person.pk or can_administer_workspace(
        person, delivery.export.workspace
    )
