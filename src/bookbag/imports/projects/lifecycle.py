"""Stepping an import from state to state, and what is removed at its end."""

from collections.abc import Mapping

from bookbag.imports.projects.folders import remove_upload
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import (
    FINAL_STATES,
    ImportState,
    check_transition,
)
from bookbag.jobs.leases import step_job


def step_import(
    job: ProjectImport,
    target: ImportState,
    changes: Mapping[str, object] | None = None,
) -> bool:
    """Step an import to another state, if it still is where the caller saw it.

    Returns:
        Whether the step was taken.

    Raises:
        ImportTransitionError: If the table of transitions has no such step.
    """
    check_transition(job.state, target)
    return step_job(job, target, changes)


def end_import(
    job: ProjectImport,
    target: ImportState,
    changes: Mapping[str, object] | None = None,
) -> bool:
    """Step an import to one of its ends and remove what was uploaded.

    Raises:
        ImportTransitionError: If the table of transitions has no such step.
    """
    if target not in FINAL_STATES:
        message = f"Found {target.value}, expected an end"
        raise ValueError(message)
    if not step_import(job, target, changes):
        return False
    remove_upload(job.pk)
    return True
