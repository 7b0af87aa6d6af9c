"""Working on a restore: checking its archive, and later restoring from it.

A worker that is killed leaves a folder, which the next one removes, and no row: rows
and the step to ``done`` are one transaction.
"""

from dataclasses import asdict
from datetime import UTC
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from bagkit.archive import Progress
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.policies import can_administer_workspace
from bookbag.imports.errors import ArchiveRefusedError, RestoreRefusedError
from bookbag.imports.restoring.archives import digest_file
from bookbag.imports.restoring.files import remove_leftovers
from bookbag.imports.restoring.models import RESTORE_JOB, Restore, RestoreState
from bookbag.imports.restoring.run import RestoreRun
from bookbag.imports.restoring.working import (
    RestoreTask,
    check_restore,
    restore_course,
)
from bookbag.jobs.errors import LeaseLostError
from bookbag.jobs.leases import Claim, LeaseKeeper, step_job
from bookbag.jobs.working import JobKind

CHANGED = "Found another file than the one that was checked: check it again"
RIGHT_ENDED = "Whoever asked for it may not restore courses here any more"


class RestoreJobs(JobKind[Restore]):
    """Checking archives and restoring courses from them."""

    name = RESTORE_JOB

    def jobs(self) -> QuerySet[Restore]:
        """Return all restores."""
        return Restore.objects.select_related("workspace", "requested_by")

    def work(self, claim: Claim[Restore], keeper: LeaseKeeper[Restore]) -> None:
        """Check the archive, or restore from it, by the state of the row."""
        job = claim.job
        if not _is_permitted(job):
            raise RestoreRefusedError(RIGHT_ENDED)
        self._remove_leftovers(job)
        keeper.report(_say("reading"))
        if job.state == RestoreState.CHECKING:
            _check(job)
        else:
            _restore(claim, keeper)

    def cancel(self, claim: Claim[Restore]) -> None:
        """Step a restore that somebody cancelled to its end."""
        changes = {"finished_at": timezone.now()}
        step_job(claim.job, RestoreState.CANCELLED, changes)

    def fail(self, claim: Claim[Restore], code: str, sentence: str) -> None:
        """Step a restore that is given up to its end."""
        # People know the archive by the name that they gave it.
        sentence = sentence.replace(
            claim.job.path.stem, Path(claim.job.archive_name).stem
        )
        changes = {
            "failure_code": code,
            "failure_sentence": sentence[:500],
            "finished_at": timezone.now(),
        }
        if step_job(claim.job, RestoreState.FAILED, changes):
            _record_failure(claim.job, sentence)

    def discard(self, claim: Claim[Restore]) -> None:
        """Remove what this attempt and earlier ones left."""
        job = Restore.objects.filter(pk=claim.job.pk, attempt=claim.attempt).first()
        if job is None:
            return  # another worker has it, and removes what is left
        self._remove_leftovers(job)
        has_ended = not job.is_active and job.state != RestoreState.CHECKED
        if has_ended and job.is_archive_ours:
            job.path.unlink(missing_ok=True)

    def _remove_leftovers(self, job: Restore) -> None:
        root: Path = settings.BOOKBAG_WORKSPACES
        remove_leftovers(root, job.prefix, kept=job.files_folder)


def _check(job: Restore) -> None:
    sha256 = digest_file(job.path)
    checked = check_restore(_describe(job))
    changes = {
        "sha256": sha256,
        "facts": asdict(checked.facts),
        "course_name": checked.course_name,
        "found": checked.ledger.to_document(),
        "failure_sentence": "",
    }
    if not step_job(job, RestoreState.CHECKED, changes):
        raise LeaseLostError


def _restore(claim: Claim[Restore], keeper: LeaseKeeper[Restore]) -> None:
    job = claim.job
    if digest_file(job.path) != job.sha256:
        raise ArchiveRefusedError(CHANGED)
    files: Path = settings.BOOKBAG_WORKSPACES / f"{job.prefix}{claim.attempt}"

    def complete(made: RestoreRun) -> None:
        keeper.report(_say("finishing"))
        changes = {
            "made": made.ledger.to_document(),
            "course": made.course,
            "files_folder": files.name if files.exists() else "",
            "finished_at": timezone.now(),
            "failure_sentence": "",
        }
        if not step_job(job, RestoreState.DONE, changes):
            raise LeaseLostError

    restore_course(
        _describe(job),
        files,
        on_progress=keeper.report,
        complete=complete,
        person=job.requested_by,
    )


def _describe(job: Restore) -> RestoreTask:
    # Events that could still be kept when somebody asked are restored.
    return RestoreTask(
        archive=job.path,
        workspace=job.workspace,
        course_name=job.course_name,
        now=job.requested_at.astimezone(UTC),
    )


def _is_permitted(job: Restore) -> bool:
    if job.by_operator:
        return True
    person = job.requested_by
    return person is not None and can_administer_workspace(person, job.workspace)


def _record_failure(job: Restore, sentence: str) -> None:
    deed = Deed(
        act=Act.COURSE_REBUILT,
        target=job.course_name or job.archive_name,
        detail=sentence,
        is_refused=True,
    )
    record(job.workspace.pk, deed, person=job.requested_by)


def _say(phase: str) -> Progress:
    return Progress(
        phase=phase, members_done=0, members_total=0, bytes_done=0, bytes_total=0
    )
