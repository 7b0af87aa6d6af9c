"""Working on an import: checking an upload, and making projects of what was chosen.

Both are done in one pass of the engine's extractor each. Projects are unpacked into a
folder of the attempt; their rows and the import's last step are one transaction, so
that an import is whole or nothing, whatever interrupts it.
"""

from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from bagkit.archive import (
    Progress,
    check_archive,
    read_contents,
    unpack_archive,
)
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Project
from bookbag.domain.policies import is_active_member
from bookbag.imports.archive_rules import make_unpack_limits, refusing_archives
from bookbag.imports.errors import ImportRefusedError
from bookbag.imports.projects.allowances import check_content_size, find_allowance
from bookbag.imports.projects.folders import (
    attempt_folder,
    make_private_folder,
    projects_folder,
    remove_attempts,
    remove_upload,
    upload_path,
)
from bookbag.imports.projects.inspecting import describe_found
from bookbag.imports.projects.lifecycle import end_import, step_import
from bookbag.imports.projects.models import FoundProject, ProjectImport
from bookbag.imports.projects.states import FINAL_STATES, IMPORT_JOB, ImportState
from bookbag.imports.projects.uploads import lock_quota, next_expiry
from bookbag.jobs.errors import LeaseLostError
from bookbag.jobs.leases import Claim, LeaseKeeper
from bookbag.jobs.working import JobKind

QUICK_BYTES = 4 << 20
"""Checking a file of at most this size takes seconds: the engine refuses one that holds
two hundred times as much."""


class ImportJobs(JobKind[ProjectImport]):
    """Checking uploads and importing what was chosen."""

    name = IMPORT_JOB

    def jobs(self) -> QuerySet[ProjectImport]:
        """Return all imports with whose they are."""
        return ProjectImport.objects.select_related("owner", "workspace")

    def quick_jobs(self) -> QuerySet[ProjectImport]:
        """Return the checks of small files: somebody looks at the page and waits."""
        checks = (ImportState.UPLOADED, ImportState.CHECKING)
        return self.jobs().filter(state__in=checks, size_bytes__lte=QUICK_BYTES)

    def work(
        self, claim: Claim[ProjectImport], keeper: LeaseKeeper[ProjectImport]
    ) -> None:
        """Check an upload, or import what was chosen of it.

        Raises:
            ImportRefusedError: If the archive cannot be imported.
            ImportQuotaError: If there is no room for what was chosen.
            LeaseLostError: If another worker has the import now.
        """
        job = claim.job
        if not is_active_member(job.owner, job.workspace):
            message = "Found somebody who is no member of the workspace any more"
            raise ImportRefusedError(message)
        source = upload_path(job.pk)
        if not source.exists():
            message = "Found nothing of the upload any more: upload it again"
            raise ImportRefusedError(message)
        with refusing_archives():
            if job.state == ImportState.CHECKING:
                _check(job, source, keeper)
            else:
                _import(claim, source, keeper)

    def cancel(self, claim: Claim[ProjectImport]) -> None:
        """Step an import that was given up to its end."""
        changes = {"finished_at": timezone.now()}
        end_import(claim.job, ImportState.CANCELLED, changes)

    def fail(self, claim: Claim[ProjectImport], code: str, sentence: str) -> None:
        """Step an import that was refused to its end."""
        changes: dict[str, object] = {
            "failure_code": code,
            "failure_sentence": sentence[:500],
            "finished_at": timezone.now(),
        }
        end_import(claim.job, ImportState.FAILED, changes)

    def discard(self, claim: Claim[ProjectImport]) -> None:
        """Remove what an attempt unpacked, unless projects came of it."""
        now = ProjectImport.objects.filter(pk=claim.job.pk).first()
        state = ImportState.EXPIRED.value if now is None else now.state
        if now is not None and now.attempt != claim.attempt:
            return  # whoever has it now removes what this attempt left
        is_done = state == ImportState.DONE
        remove_attempts(claim.job.pk, but=claim.attempt if is_done else None)
        if state in FINAL_STATES:
            remove_upload(claim.job.pk)


def _check(
    job: ProjectImport, source: Path, keeper: LeaseKeeper[ProjectImport]
) -> None:
    reading = Progress(
        phase="reading", members_done=0, members_total=0, bytes_done=0, bytes_total=0
    )
    contents = read_contents(
        source, limits=make_unpack_limits(), on_member=lambda: keeper.report(reading)
    )
    every = {w.folder: str(n) for n, w in enumerate(contents.workspaces)}
    check_archive(
        source,
        limits=make_unpack_limits(),
        place=contents.place(every),
        on_progress=keeper.report,
    )
    changes: dict[str, object] = {
        "kind": contents.kind.value,
        "left_out": ", ".join(contents.left_out)[:200],
        "expires_at": next_expiry(),
        "failure_sentence": "",
    }
    with transaction.atomic():
        FoundProject.objects.filter(of_import=job).delete()
        FoundProject.objects.bulk_create(describe_found(job, contents))
        if not step_import(job, ImportState.CHECKED, changes):
            raise LeaseLostError


def _import(
    claim: Claim[ProjectImport], source: Path, keeper: LeaseKeeper[ProjectImport]
) -> None:
    job = claim.job
    chosen = list(FoundProject.objects.filter(of_import=job, is_chosen=True))
    size_bytes = sum(found.size_bytes for found in chosen)
    allowance = find_allowance(job.owner, job.workspace, but=job)
    check_content_size(allowance, size_bytes)
    remove_attempts(job.pk)  # of workers that were killed
    make_private_folder(projects_folder(job.pk))
    contents = read_contents(source, limits=make_unpack_limits())
    roots = {
        contents.workspaces[found.position].folder: str(found.position)
        for found in chosen
    }
    target = attempt_folder(job.pk, claim.attempt)
    unpack_archive(
        source,
        target,
        limits=make_unpack_limits(),
        place=contents.place(roots),
        on_progress=keeper.report,
    )
    changes: dict[str, object] = {
        "finished_at": timezone.now(),
        "failure_sentence": "",
    }
    with transaction.atomic():
        lock_quota(job.owner, job.workspace)
        check_content_size(
            find_allowance(job.owner, job.workspace, but=job), size_bytes
        )
        for found in chosen:
            found.project = _make_project(job, found, target / str(found.position))
            found.save(update_fields=["project"])
            deed = Deed(act=Act.PROJECT_IMPORTED, target_key=found.project.pk)
            record(job.workspace_id, deed, person=job.owner)
        if not step_import(job, ImportState.DONE, changes):
            raise LeaseLostError
    remove_upload(job.pk)


def _make_project(job: ProjectImport, found: FoundProject, folder: Path) -> Project:
    return Project.objects.create(
        workspace=job.workspace,
        owner=job.owner,
        name=found.name,
        description=job.description,
        visibility=job.visibility,
        stack=found.stack,
        size_bytes=found.size_bytes,
        path=_find_path(job.owner.username, found.name),
        files_folder=str(folder),
    )


def _find_path(username: str, name: str) -> str:
    path = f"/{username}/{slugify(name)[:100] or 'project'}"
    taken = set(
        Project.objects.filter(path__startswith=path).values_list("path", flat=True)
    )
    number = 2
    free = path
    while free in taken:
        free = f"{path}-{number}"
        number += 1
    return free
