"""What people can do with an import: choose, give up; and delete what came of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bagkit.archive import remove_tree
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Project, Stack
from bookbag.domain.courses.visibility import Visibility
from bookbag.imports.errors import ImportChoiceError, ImportTransitionError
from bookbag.imports.projects.allowances import check_content_size, find_allowance
from bookbag.imports.projects.folders import IMPORTED
from bookbag.imports.projects.lifecycle import end_import, step_import
from bookbag.imports.projects.models import FoundProject, ProjectImport
from bookbag.imports.projects.states import FINAL_STATES, IMPORT_JOB, ImportState
from bookbag.imports.projects.uploads import lock_quota, next_expiry
from bookbag.jobs.wakeup import wake_worker

NAME_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenProject:
    """One of the projects that were found, as it is to be imported."""

    found: FoundProject
    name: str
    stack: Stack | None = None


def choose_projects(
    job: ProjectImport,
    chosen: Sequence[ChosenProject],
    *,
    description: str = "",
    visibility: str = Visibility.PRIVATE,
) -> None:
    """Take the person's choice and let a worker import it.

    Raises:
        ImportChoiceError: If nothing was chosen, or a name is missing or too long.
        ImportQuotaError: If there is no room for it.
        ImportTransitionError: If the import is not waiting for a choice.
    """
    _check_choice(job, chosen, description, visibility)
    changes: dict[str, object] = {
        "description": description,
        "visibility": visibility,
        "attempts_before": job.attempt,
        "woken_at": timezone.now(),
        "expires_at": next_expiry(),
    }
    with transaction.atomic():
        lock_quota(job.owner, job.workspace)
        allowance = find_allowance(job.owner, job.workspace, but=job)
        size_bytes = sum(choice.found.size_bytes for choice in chosen)
        check_content_size(allowance, size_bytes)
        if not step_import(job, ImportState.CHOSEN, changes):
            raise ImportTransitionError(job.state, ImportState.CHOSEN)
        for choice in chosen:
            choice.found.name = choice.name.strip()
            choice.found.stack = choice.stack
            choice.found.is_chosen = True
            choice.found.save(update_fields=["name", "stack", "is_chosen"])
        transaction.on_commit(lambda: wake_worker(IMPORT_JOB, job.pk))


def cancel_import(job: ProjectImport) -> None:
    """Give an import up; a worker that has it stops within seconds.

    Raises:
        ImportTransitionError: If it has ended already.
    """
    if job.state in FINAL_STATES:
        raise ImportTransitionError(job.state, ImportState.CANCELLED)
    is_worked_on = job.state in ProjectImport.WORKED_ON_IN.values()
    changes: dict[str, object] = {"finished_at": timezone.now()}
    if is_worked_on or not end_import(job, ImportState.CANCELLED, changes):
        ProjectImport.objects.filter(pk=job.pk).update(
            cancel_requested_at=timezone.now()
        )
    job.refresh_from_db()


def delete_own_project(project: Project) -> None:
    """Delete a project that belongs to its owner alone, with its files.

    Raises:
        ImportChoiceError: If it belongs to an assignment.
    """
    if project.assignment is not None:
        message = f"Found work of an assignment, expected an own project: {project}"
        raise ImportChoiceError(message)
    folder = Path(project.files_folder)
    deed = Deed(act=Act.OWN_PROJECT_DELETED, target_key=project.pk)
    with transaction.atomic():
        record(project.home.pk, deed, person=project.owner)
        project.delete()
    imported = Path(settings.BOOKBAG_WORKSPACES).resolve() / IMPORTED
    if folder.parent.resolve().is_relative_to(imported) and folder.is_dir():
        remove_tree(folder)


def _check_choice(
    job: ProjectImport,
    chosen: Sequence[ChosenProject],
    description: str,
    visibility: str,
) -> None:
    if not chosen:
        message = "Found no project that was chosen, expected at least one"
        raise ImportChoiceError(message)
    if visibility not in Visibility.values:
        message = f"Found {visibility!r}, expected private or workspace: visibility"
        raise ImportChoiceError(message)
    if len(description) > DESCRIPTION_CHARACTERS:
        message = (
            f"Found {len(description)} characters, limit is "
            f"{DESCRIPTION_CHARACTERS}: description"
        )
        raise ImportChoiceError(message)
    for choice in chosen:
        name = choice.name.strip()
        if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
            message = (
                f"Found {name[:40]!r}, expected a name of 1 to {NAME_CHARACTERS} "
                "printable characters"
            )
            raise ImportChoiceError(message)
        is_foreign = choice.stack and choice.stack.workspace_id != job.workspace_id
        if choice.found.of_import_id != job.pk or is_foreign:
            message = f"Found something that is not of this import: {name!r}"
            raise ImportChoiceError(message)
