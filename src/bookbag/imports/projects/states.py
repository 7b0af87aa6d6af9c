"""The states of an import and the one table of transitions between them.

``docs/architecture.md`` shows the diagram that is generated from this table, and CI
fails when they differ.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookbag.imports.errors import ImportTransitionError

IMPORT_JOB = "project-import"
"""What the queue calls the job of checking and importing an upload."""


class ImportState(models.TextChoices):
    """Where an import is in its life."""

    UPLOADING = "uploading", _("Uploading")
    UPLOADED = "uploaded", _("Waiting to be checked")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Waiting for your choice")
    CHOSEN = "chosen", _("Waiting to be imported")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


WORKED_ON_IN = {
    ImportState.UPLOADED.value: ImportState.CHECKING.value,
    ImportState.CHOSEN.value: ImportState.IMPORTING.value,
}
"""Each state in which an import waits for a worker, with that in which one has it."""

TRANSITIONS: tuple[tuple[ImportState, ImportState, str], ...] = (
    (ImportState.UPLOADING, ImportState.UPLOADED, "the last byte came"),
    (ImportState.UPLOADING, ImportState.CANCELLED, "the person gave it up"),
    (ImportState.UPLOADING, ImportState.EXPIRED, "nobody went on with it"),
    (ImportState.UPLOADED, ImportState.CHECKING, "a worker began"),
    (ImportState.UPLOADED, ImportState.CANCELLED, "the person gave it up"),
    (ImportState.CHECKING, ImportState.CHECKING, "another worker began again"),
    (ImportState.CHECKING, ImportState.CHECKED, "nothing is wrong with it"),
    (ImportState.CHECKING, ImportState.FAILED, "it was refused"),
    (ImportState.CHECKING, ImportState.CANCELLED, "the person gave it up"),
    (ImportState.CHECKED, ImportState.CHOSEN, "the person chose"),
    (ImportState.CHECKED, ImportState.CANCELLED, "the person gave it up"),
    (ImportState.CHECKED, ImportState.EXPIRED, "nobody went on with it"),
    (ImportState.CHOSEN, ImportState.IMPORTING, "a worker began"),
    (ImportState.CHOSEN, ImportState.CANCELLED, "the person gave it up"),
    (ImportState.IMPORTING, ImportState.IMPORTING, "another worker began again"),
    (ImportState.IMPORTING, ImportState.DONE, "the projects are there"),
    (ImportState.IMPORTING, ImportState.FAILED, "it was refused"),
    (ImportState.IMPORTING, ImportState.CANCELLED, "the person gave it up"),
)
"""Source, target, and what happened."""

_STEPS = {(source, target) for source, target, _event in TRANSITIONS}

FINAL_STATES = tuple(
    state
    for state in ImportState
    if state not in {source for source, *_ in TRANSITIONS}
)
"""Nothing is kept of the upload in these."""


def check_transition(source: str, target: str) -> None:
    """Refuse a step that the table does not have.

    Raises:
        ImportTransitionError: If it has no such step.
    """
    if (ImportState(source), ImportState(target)) not in _STEPS:
        raise ImportTransitionError(source, target)
