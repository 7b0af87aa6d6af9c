"""How much somebody may upload and import, told before the first byte.

Imported projects count with their content, uploads with the size they were announced
with until they are imported or given up.
"""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet, Sum

from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import User, Workspace
from bookbag.imports.errors import ImportQuotaError, UploadTooLargeError
from bookbag.imports.projects.folders import measure_free_bytes
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import FINAL_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A limit that some projects and uploads share.

    Units: bytes.
    """

    whose: str
    """For the sentence of a refusal."""
    limit_bytes: int
    used_bytes: int

    @property
    def left_bytes(self) -> int:
        """What is left of it."""
        return max(0, self.limit_bytes - self.used_bytes)

    @property
    def used_percent(self) -> int:
        """What is used of it, 0 to 100."""
        return min(100, round(100 * self.used_bytes / self.limit_bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one person may upload into one workspace now.

    Units: bytes.
    """

    file_bytes: int
    """Of one file."""
    shares: tuple[Share, ...]
    disk_bytes: int
    """Free on the disk, above the floor that is kept free."""

    @property
    def allowed_bytes(self) -> int:
        """The largest file that is taken now."""
        left = (share.left_bytes for share in self.shares)
        return min(self.file_bytes, self.disk_bytes, *left)


def find_allowance(
    person: User, workspace: Workspace, *, but: ProjectImport | None = None
) -> Allowance:
    """Return what a person may upload into a workspace now.

    Args:
        person: Who uploads.
        workspace: Where the projects will be.
        but: An import that does not count.
    """
    own = settings.BOOKBAG_MAX_OWN_BYTES
    shared = settings.BOOKBAG_MAX_OWN_BYTES_PER_WORKSPACE
    shares = []
    if own:
        used = _measure(Q(owner=person), but)
        shares.append(Share(whose="you", limit_bytes=own, used_bytes=used))
    if shared:
        used = _measure(Q(workspace=workspace), but)
        whose = f"the workspace {workspace.name!r}"
        shares.append(Share(whose=whose, limit_bytes=shared, used_bytes=used))
    free = min(
        measure_free_bytes(Path(settings.BOOKBAG_UPLOADS)),
        measure_free_bytes(Path(settings.BOOKBAG_WORKSPACES)),
    )
    return Allowance(
        file_bytes=settings.BOOKBAG_UPLOAD_MAX_BYTES,
        shares=tuple(shares),
        disk_bytes=max(0, free - settings.BOOKBAG_FREE_BYTES_FLOOR),
    )


def check_upload_size(allowance: Allowance, size_bytes: int) -> None:
    """Refuse a file for which there is no room, before it is uploaded.

    Raises:
        UploadTooLargeError: With what was found, the limit, and whose it is.
    """
    if size_bytes > allowance.file_bytes:
        message = (
            f"Found a file of {size_bytes} bytes, limit of a file is "
            f"{allowance.file_bytes}"
        )
        raise UploadTooLargeError(message)
    fault = _find_fault(allowance, size_bytes)
    if fault:
        raise UploadTooLargeError(f"Found a file of {size_bytes} bytes, {fault}")


def check_content_size(allowance: Allowance, size_bytes: int) -> None:
    """Refuse content for which there is no room, before it is unpacked.

    Raises:
        ImportQuotaError: With what was found, the limit, and whose it is.
    """
    fault = _find_fault(allowance, size_bytes)
    if fault:
        raise ImportQuotaError(f"Found {size_bytes} bytes to import, {fault}")


def _find_fault(allowance: Allowance, size_bytes: int) -> str:
    for share in allowance.shares:
        if size_bytes > share.left_bytes:
            return (
                f"limit of {share.whose} is {share.limit_bytes} and "
                f"{share.used_bytes} are used: delete projects that are not needed"
            )
    if size_bytes > allowance.disk_bytes:
        return (
            f"expected at most {allowance.disk_bytes}, for which the disk has room: "
            "ask whoever runs this server"
        )
    return ""


def _measure(whose: Q, but: ProjectImport | None) -> int:
    waiting = ProjectImport.objects.filter(whose).exclude(state__in=FINAL_STATES)
    if but is not None:
        waiting = waiting.exclude(pk=but.pk)
    own = Project.objects.filter(whose, workspace__isnull=False)
    return _sum_bytes(waiting) + _sum_bytes(own)


def _sum_bytes(rows: QuerySet[ProjectImport] | QuerySet[Project]) -> int:
    return rows.aggregate(total=Sum("size_bytes"))["total"] or 0
