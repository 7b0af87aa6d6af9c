"""Reading imports: only one's own."""

from uuid import UUID

from bookbag.domain.courses.models import Stack
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.policies import is_active_member
from bookbag.imports.errors import ImportChoiceError
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


def find_stack(workspace: Workspace, label: str) -> Stack:
    """Return a stack of a workspace's catalogue by what people call it.

    Raises:
        ImportChoiceError: If the catalogue has none of that name and version.
    """
    stacks = {str(s): s for s in Stack.objects.filter(workspace=workspace)}
    if label not in stacks:
        known = ", ".join(sorted(stacks)) or "nothing, for it is empty"
        message = f"Found no stack {label!r} in the catalogue, expected one of: {known}"
        raise ImportChoiceError(message)
    return stacks[label]


def list_open_imports(person: User) -> list[ProjectImport]:
    """Return a person's imports that have not ended, the newest first."""
    own = ProjectImport.objects.filter(owner=person).exclude(state__in=FINAL_STATES)
    found = own.select_related("owner", "workspace")
    return [job for job in found if is_active_member(person, job.workspace)]
