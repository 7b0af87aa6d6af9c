"""Who may ask for an export, by what it is about; the rules are ``domain.policies``."""

from bookbag.domain.people.models import User
from bookbag.domain.policies import can_administer_workspace, can_export_course
from bookbag.exports.catalogue.definition import ExportScope


def may_export_course(person: User, scope: ExportScope) -> bool:
    """Answer for exports of a course and of what belongs to one."""
    return scope.course is not None and can_export_course(person, scope.course)


def may_export_workspace(person: User, scope: ExportScope) -> bool:
    """Answer for exports of a whole workspace."""
    return can_administer_workspace(person, scope.workspace)
