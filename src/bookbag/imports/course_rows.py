"""Bringing a course, its assignments, enrolments and projects in line with a plan."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    Module,
    Project,
    Stack,
)
from bookbag.domain.people.models import User, Workspace
from bookbag.formats.texts import show_text
from bookbag.imports.changes import KindChange, sync_rows
from bookbag.imports.errors import Fault, LoadFaultsError
from bookbag.imports.plan import CoursePlan, PlannedAssignment, PlannedStack

StackKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedCourse:
    """The course of a plan as it is in the database."""

    course: Course
    """The course, saved."""
    changes: tuple[KindChange, ...]
    """Of the course and everything in it."""


def sync_course(
    plan: CoursePlan,
    workspace: Workspace,
    users: Mapping[str, User],
    folders: Mapping[Path, Path],
) -> SyncedCourse:
    """Make and update a course and what belongs to it.

    What a plan no longer names stays, except that people who left a complete roster
    are marked as removed (ADR 0052).

    Args:
        plan: What was read.
        workspace: The tenant.
        users: Everybody in the roster, by the plan's user name.
        folders: Where the files of a planned folder lie now, if not there.

    Raises:
        LoadFaultsError: If two assignments would have one name.
    """
    rows = _CourseRows(plan, workspace, users)
    changes = (
        rows.sync_course(),
        rows.sync_stacks(),
        rows.sync_modules(),
        rows.sync_assignments(),
        rows.sync_enrolments(),
        rows.sync_projects(folders),
    )
    return SyncedCourse(course=rows.course, changes=changes)


class _CourseRows:
    """Takes one table after the other; each step needs those before it.

    Invariants: used once, inside a transaction, in the order of ``sync_course``.
    """

    def __init__(
        self, plan: CoursePlan, workspace: Workspace, users: Mapping[str, User]
    ) -> None:
        self.plan = plan
        self.workspace = workspace
        self.users = users
        self.course = Course(workspace=workspace, name=plan.course_name)
        self.stacks: Mapping[StackKey, Stack] = {}
        self.modules: Mapping[str, Module] = {}
        self.assignments: Mapping[str, Assignment] = {}

    def sync_course(self) -> KindChange:
        name = self.plan.course_name
        description = self.plan.description
        values: dict[str, object] = {}
        if description is not None:
            values = {
                "title": description.title,
                "description": description.description,
            }
        courses = Course.objects.filter(
            workspace=self.workspace, name=name, deleted_at__isnull=True
        )
        synced = sync_rows(
            Course,
            kind="courses",
            existing={course.name: course for course in courses},
            wanted={name: values},
            make=lambda name: Course(workspace=self.workspace, name=name),
        )
        self.course = synced.rows[name]
        return synced.change

    def sync_stacks(self) -> KindChange:
        planned = self.plan.description.stacks if self.plan.description else ()
        stacks = Stack.objects.filter(workspace=self.workspace)
        synced = sync_rows(
            Stack,
            kind="stacks",
            existing={(stack.name, stack.version): stack for stack in stacks},
            wanted={_stack_key(stack): {} for stack in planned},
            make=lambda key: Stack(
                workspace=self.workspace, name=key[0], version=key[1]
            ),
        )
        self.stacks = synced.rows
        return synced.change

    def sync_modules(self) -> KindChange:
        existing = {module.name: module for module in self.course.modules.all()}
        described = self.plan.description is not None
        wanted: dict[str, dict[str, object]] = {
            name: {"position": position} if described else {}
            for position, name in enumerate(self.plan.modules)
        }
        synced = sync_rows(
            Module,
            kind="modules",
            existing=existing,
            wanted=wanted,
            make=lambda name: Module(course=self.course, name=name),
        )
        self.modules = synced.rows
        return synced.change

    def sync_assignments(self) -> KindChange:
        existing = {row.folder: row for row in self.course.assignments.all()}
        planned = {a.folder: a for a in self.plan.assignments}
        self._check_names(existing, planned)
        # Without a course file only the folder is known, so the rest stays as it is.
        described = self.plan.description is not None
        wanted = {
            folder: self._assignment_values(assignment, position)
            if described or folder not in existing
            else {}
            for position, (folder, assignment) in enumerate(planned.items())
        }
        synced = sync_rows(
            Assignment,
            kind="assignments",
            existing=existing,
            wanted=wanted,
            make=lambda folder: Assignment(
                course=self.course,
                folder=folder,
                module=self.modules[planned[folder].module],
            ),
            before_update={"name": _free_names},
        )
        self.assignments = synced.rows
        return synced.change

    def sync_enrolments(self) -> KindChange:
        roster = self.plan.roster
        existing = {
            (row.user_id, row.role): row for row in self.course.enrolments.all()
        }
        wanted: dict[tuple[int, str], dict[str, object]] = {
            (self.users[entry.username].pk, entry.role.value): {
                "is_read_only": entry.is_read_only,
                "removed_at": None,
            }
            for entry in roster.enrolments
        }
        if not roster.is_complete:
            # Folder names say who is there, not that somebody came back.
            wanted = {key: {} if key in existing else wanted[key] for key in wanted}
        synced = sync_rows(
            Enrolment,
            kind="enrolments",
            existing=existing,
            wanted=wanted,
            make=lambda key: Enrolment(course=self.course, user_id=key[0], role=key[1]),
        )
        removed = self._remove_who_left(existing, wanted) if roster.is_complete else 0
        change = synced.change
        return KindChange(
            kind=change.kind,
            created=change.created,
            updated=change.updated,
            unchanged=change.unchanged,
            removed=removed,
        )

    def sync_projects(self, folders: Mapping[Path, Path]) -> KindChange:
        projects = Project.objects.filter(assignment__course=self.course)
        wanted: dict[tuple[int, int], dict[str, object]] = {}
        stacks = {a.folder: a.stack for a in self.plan.assignments}
        for planned in self.plan.workspaces:
            assignment = self.assignments[planned.assignment_folder]
            owner = self.users[planned.username]
            folder = planned.folder
            address = self.plan.addresses.get(folder)
            values: dict[str, object] = {
                "path": f"/{owner.username}/{_slug(assignment.folder)}",
                "files_folder": address or str(folders.get(folder, folder)),
            }
            stack = stacks[planned.assignment_folder]
            if stack is not None:
                values["stack_id"] = self.stacks[_stack_key(stack)].pk
            wanted[assignment.pk, owner.pk] = values
        return sync_rows(
            Project,
            kind="projects",
            existing={
                (row.assignment_id, row.owner_id): row
                for row in projects
                if row.assignment_id is not None
            },
            wanted=wanted,
            make=lambda key: Project(assignment_id=key[0], owner_id=key[1]),
        ).change

    def _assignment_values(
        self, planned: PlannedAssignment, position: int
    ) -> dict[str, object]:
        return {
            "module_id": self.modules[planned.module].pk,
            "name": planned.name,
            "position": position,
            "kind": planned.kind.value,
            "book_name": planned.book_name,
        }

    def _check_names(
        self,
        existing: Mapping[str, Assignment],
        planned: Mapping[str, PlannedAssignment],
    ) -> None:
        described = self.plan.description is not None
        names = {folder: row.name for folder, row in existing.items()}
        for folder, assignment in planned.items():
            if described or folder not in names:
                names[folder] = assignment.name
        doubled = [name for name, count in Counter(names.values()).items() if count > 1]
        faults = [
            Fault(
                path=self.plan.folder.name,
                line=None,
                message=f"Found a second assignment called '{show_text(name)}', "
                "expected another name; the course has one in another folder",
            )
            for name in doubled
        ]
        if faults:
            raise LoadFaultsError(faults)

    def _remove_who_left(
        self,
        existing: Mapping[tuple[int, str], Enrolment],
        wanted: Collection[tuple[int, str]],
    ) -> int:
        """Mark those who are gone from the roster, in the roles that it lists."""
        listed = {entry.role for entry in self.plan.roster.enrolments}
        gone = [
            row.pk
            for key, row in existing.items()
            if key not in wanted and row.removed_at is None and row.role in listed
        ]
        if not gone:
            return 0
        return Enrolment.objects.filter(pk__in=gone).update(removed_at=timezone.now())


def _stack_key(stack: PlannedStack) -> StackKey:
    return stack.name, stack.version


def _slug(folder: str) -> str:
    """Return how a project's path spells a folder's name."""
    return re.sub(r"[^\w]+", "-", folder.lower()).strip("-") or "project"


def _free_names(assignments: Collection[Assignment]) -> None:
    """Rename what changes out of the way, since names may be exchanged."""
    placeholder = Concat(
        Value("\x1frenamed-"), Cast("pk", CharField()), output_field=CharField()
    )
    changed = [assignment.pk for assignment in assignments]
    Assignment.objects.filter(pk__in=changed).update(name=placeholder)
