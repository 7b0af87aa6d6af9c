"""Stepping an export from state to state, with the event and the mails of the step."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.history import note_event
from bookbag.exports.models import Export, ExportRequester, MailMessage
from bookbag.exports.states import ExportState, MailKind, get_transition
from bookbag.jobs.leases import step_job

export_stepped = Signal()
"""Sent inside the transaction of each step, with ``export`` and ``transition``.

What others write about a step stands or falls with it; what they raise undoes it. So
they write rows, and do everything else afterwards.
"""

logger = logging.getLogger(__name__)


def step_export(
    export: Export,
    target: ExportState,
    *,
    person: User | None = None,
    detail: str = "",
    changes: dict[str, object] | None = None,
) -> bool:
    """Step an export to another state, if it still is where the caller saw it.

    Args:
        export: The export as the caller knows it; on success it is brought up to date.
        target: The state to reach.
        person: Who did it, when a person did.
        detail: A short sentence for the history.
        changes: Further fields to write in the same statement.

    Returns:
        Whether the step was taken.

    Raises:
        TransitionError: If the table of transitions has no such step.
    """
    step = get_transition(export.state, target)
    with transaction.atomic():
        if not step_job(export, step.target, changes):
            return False
        note_event(export, step.event, person=person, detail=detail)
        if step.mail is not None and get_definition(export.identifier).sends_mail:
            people = ExportRequester.objects.filter(export=export)
            write_mails(export, step.mail, people.values_list("person", flat=True))
        export_stepped.send(sender=Export, export=export, transition=step)
    logger.info("Export %s went from %s to %s", export.pk, step.source, step.target)
    return True


def write_mails(export: Export, kind: MailKind, people: Iterable[int]) -> None:
    """Write the mails that an export makes due; nobody gets one twice.

    Args:
        export: What they tell of.
        kind: What they tell.
        people: The keys of those who get one.
    """
    MailMessage.objects.bulk_create(
        [
            MailMessage(
                export=export, person_id=person, kind=kind, due_at=timezone.now()
            )
            for person in people
        ],
        ignore_conflicts=True,
    )
