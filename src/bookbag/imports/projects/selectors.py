"""Reading imports: only one's own."""

from uuid import UUID

from bookbag.domain.people.models import User
from bookbag.domain.policies import is_active_member
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import FINAL_STATES


def get_import(person: User, import_id: UUID) -> ProjectImport:
    """Return an import of a person.

    Raises:
        ProjectImport.DoesNotExist: If there is none, or it is not for this person.
    """
    found = ProjectImport.objects.select_related("owner", "workspace")
    job = found.get(pk=import_id, owner=person)
    if not is_active_member(person, job.workspace):
        raise ProjectImport.DoesNotExist
    return job


def list_open_imports(person: User) -> list[ProjectImport]:
    """Return a person's imports that have not ended, the newest first."""
    own = ProjectImport.objects.filter(owner=person).exclude(state__in=FINAL_STATES)
    found = own.select_related("owner", "workspace")
    return [job for job in found if is_active_member(person, job.workspace)]
