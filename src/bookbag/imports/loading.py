"""Loading a plan into the database: all of it or nothing, as often as wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import IntegrityError, transaction

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Workspace
from bookbag.imports.changes import KindChange
from bookbag.imports.copying import CopyPlan, plan_copies, publish_copies
from bookbag.imports.course_rows import sync_course
from bookbag.imports.errors import CopyError, LoadConflictError
from bookbag.imports.people_rows import sync_people
from bookbag.imports.plan import CoursePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSummary:
    """What a load did, or what it would do."""

    course_name: str
    """The course."""
    course_id: int | None
    """Its number; None when it would be made by a load that was only tried."""
    changes: tuple[KindChange, ...]
    """One for each kind of thing, in the order of dependence."""
    copied_count: int
    """Workspaces whose files were copied, or would be."""
    problems: tuple[str, ...]
    """Files that could not be copied, each with the reason."""

    @property
    def has_changes(self) -> bool:
        """Whether anything in the database changed."""
        return any(c.created or c.updated or c.removed for c in self.changes)


def preview_load(
    plan: CoursePlan,
    *,
    workspace: Workspace,
    copy: bool = False,
    workspaces_dir: Path | None = None,
) -> LoadSummary:
    """Return what ``apply_load`` would do; nothing is written.

    The rows are written and rolled back, so that a preview cannot differ from the
    load.

    Args:
        plan: What ``plan_load`` returned.
        workspace: The tenant that the course is loaded into.
        copy: Whether the files would be copied.
        workspaces_dir: Where copies are kept; needed to copy.

    Raises:
        LoadFaultsError: If the plan contradicts what is in the database.
        LoadConflictError: If somebody changes the same rows at this moment.
    """
    copies = _plan_copies(plan, workspace, workspaces_dir) if copy else None
    with transaction.atomic():
        summary = _write_rows(plan, workspace, copies)
        transaction.set_rollback(True)
    course_change = next(c for c in summary.changes if c.kind == "courses")
    if course_change.created:
        return replace(summary, course_id=None)
    return summary


def apply_load(
    plan: CoursePlan,
    *,
    workspace: Workspace,
    copy: bool = False,
    workspaces_dir: Path | None = None,
) -> LoadSummary:
    """Load a plan: all of it, or nothing when anything fails.

    Files are copied and in their place before the rows say so, and what an earlier
    load had copied is removed only after that. So the rows always name whole folders.

    Args:
        plan: What ``plan_load`` returned.
        workspace: The tenant that the course is loaded into.
        copy: Copy the files rather than refer to where they are.
        workspaces_dir: Where copies are kept; needed to copy.

    Returns:
        What was created, updated, left unchanged and removed.

    Raises:
        LoadFaultsError: If the plan contradicts what is in the database.
        LoadConflictError: If somebody changed the same rows at the same moment.
        CopyError: If the files could not be copied.
    """
    if not copy:
        return _write_rows_at_once(plan, workspace, None)
    copies = _plan_copies(plan, workspace, workspaces_dir)
    with publish_copies(copies) as published:
        summary = _write_rows_at_once(plan, workspace, copies)
    return replace(
        summary,
        copied_count=published.copied_count,
        problems=tuple(published.problems),
    )


def _plan_copies(
    plan: CoursePlan, workspace: Workspace, workspaces_dir: Path | None
) -> CopyPlan:
    if workspaces_dir is None:
        message = "Found no folder for copies, expected the setting BOOKBAG_WORKSPACES"
        raise CopyError(message)
    return plan_copies(plan, workspace_slug=workspace.slug, root=workspaces_dir)


def _write_rows_at_once(
    plan: CoursePlan, workspace: Workspace, copies: CopyPlan | None
) -> LoadSummary:
    with transaction.atomic():
        return _write_rows(plan, workspace, copies)


def _write_rows(
    plan: CoursePlan, workspace: Workspace, copies: CopyPlan | None
) -> LoadSummary:
    # Two loads into one workspace wait for each other (SQLite: for any writer).
    workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
    folders: Mapping[Path, Path] = copies.targets if copies else {}
    try:
        people = sync_people(plan, workspace)
        course = sync_course(plan, workspace, people.users, folders)
    except IntegrityError as error:
        raise LoadConflictError from error
    changes = (*people.changes, *course.changes)
    _record_load(workspace, course.course, changes)
    return LoadSummary(
        course_name=plan.course_name,
        course_id=course.course.pk,
        changes=changes,
        copied_count=copies.missing_count if copies else 0,
        problems=(),
    )


def _record_load(
    workspace: Workspace, course: Course, changes: Sequence[KindChange]
) -> None:
    counts = (
        f"{change.kind}: {change.created} new, {change.removed} removed"
        for change in changes
        if change.kind in ("users", "members", "enrolments")
    )
    deed = Deed(
        act=Act.COURSE_LOADED,
        target=course.name,
        target_key=course.pk,
        detail="; ".join(counts),
    )
    record(workspace.pk, deed)
