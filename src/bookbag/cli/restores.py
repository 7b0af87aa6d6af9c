"""Commands that bring courses back from archives: restore."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from django.db import transaction
from django.utils import timezone
from rich.table import Table

from bookbag.cli.courses import DEFAULT_WORKSPACE
from bookbag.cli.output import JsonOption, clean, note, present, results, warn
from bookbag.domain.people.models import Workspace
from bookbag.domain.people.services import get_or_make_workspace
from bookbag.imports.errors import RestoreRefusedError
from bookbag.imports.restoring.archives import ArchiveFacts, Signer
from bookbag.imports.restoring.jobs import RestoreJobs
from bookbag.imports.restoring.ledger import Ledger, Outcome
from bookbag.imports.restoring.models import Restore, RestoreState
from bookbag.imports.restoring.services import (
    approve_restore,
    cancel_restore,
    request_restore,
)
from bookbag.imports.restoring.working import (
    RestoreAccount,
    RestoreTask,
    check_restore,
)
from bookbag.imports.transactions import patient_transaction
from bookbag.jobs.working import run_job

POLL_SECONDS = 0.2
SHOWN_REFUSALS = 20


def restore(
    file: Annotated[Path, typer.Argument(help="The archive of a course, or a part.")],
    workspace: Annotated[
        str, typer.Option(help="The workspace to restore into; made when new.")
    ] = DEFAULT_WORKSPACE,
    course: Annotated[
        str,
        typer.Option(help="The course to complete or make; by default the archive's."),
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Only say what would happen.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore a course from its archive: what is missing is made, nothing changed."""
    if dry_run:
        found = _look(file, workspace, course)
    else:
        found = _restore(file, get_or_make_workspace(workspace), course)
    document = {
        "is_dry_run": dry_run,
        "course": found.course_name,
        "archive": asdict(found.facts),
        **found.ledger.to_document(),
    }
    present(document, lambda: _tell(found, dry_run=dry_run))


def _look(file: Path, workspace: str, course: str) -> RestoreAccount:
    with patient_transaction():
        task = RestoreTask(
            archive=file,
            workspace=get_or_make_workspace(workspace),
            course_name=course,
            now=timezone.now(),
        )
        found = check_restore(task)
        transaction.set_rollback(True)  # a new workspace must not stay
    return found


def _restore(file: Path, workspace: Workspace, course: str) -> RestoreAccount:
    # A row as for everybody: a worker goes on when this command is killed.
    asked = request_restore(
        workspace=workspace,
        person=None,
        archive=file.resolve(),
        archive_name=file.name,
        course_name=course,
    )
    try:
        note("Checking every byte of the archive…")
        checked = _follow(asked)
        note("Restoring what is missing…")
        approve_restore(checked)
        done = _follow(checked)
    except KeyboardInterrupt:
        cancel_restore(Restore.objects.get(pk=asked.pk))
        raise
    return done.describe()


def _follow(restore: Restore) -> Restore:
    """Work on a restore, or wait for the worker that was faster."""
    while restore.is_active:
        if not run_job(RestoreJobs(), restore.pk):
            time.sleep(POLL_SECONDS)
        restore = Restore.objects.get(pk=restore.pk)
    if restore.state in {RestoreState.FAILED, RestoreState.CANCELLED}:
        error = RestoreRefusedError(restore.failure_sentence or "It was cancelled.")
        error.code = restore.failure_code or error.code
        raise error
    return restore


def _tell(found: RestoreAccount, *, dry_run: bool) -> None:
    _tell_facts(found.facts)
    _tell_ledger(found.ledger)
    if dry_run:
        results.print("Nothing was changed (dry run).")


def _tell_facts(facts: ArchiveFacts) -> None:
    part = f", part {facts.part}" if facts.part else ""
    results.print(
        f"{clean(facts.title)}, as of {clean(facts.snapshot_at)}{clean(part)}: "
        f"{facts.present:,} of {facts.expected:,} workspaces, {facts.file_count:,} "
        f"files, {facts.payload_bytes:,} bytes. Every byte is as it was written."
    )
    if facts.signer == Signer.OTHER_SERVER:
        warn(f"Signed by another server, with the key {facts.fingerprint}")
    elif facts.signer == Signer.NOBODY:
        warn("Signed by nobody: anybody may have written it")


def _tell_ledger(ledger: Ledger) -> None:
    table = Table("", *(outcome.value.capitalize() for outcome in Outcome), box=None)
    for kind in ledger.iter_kinds():
        numbers = (f"{ledger.count(outcome, kind):,}" for outcome in Outcome)
        table.add_row(kind.value, *numbers)
    results.print(table)
    refused = [
        (kind, line)
        for kind in ledger.iter_kinds()
        for line in ledger.lines.get((kind.value, Outcome.REFUSED.value), [])
    ]
    for kind, line in refused[:SHOWN_REFUSALS]:
        row = "" if line.row is None else f", row {line.row}"
        results.print(clean(f"Refused: {kind}{row}: {line.label}: {line.reason}"))
    if len(refused) > SHOWN_REFUSALS:
        results.print(f"… and {len(refused) - SHOWN_REFUSALS} more; --json has them")
