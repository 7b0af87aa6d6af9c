"""The course itself, its modules, assignments, assessments and stacks."""

from collections.abc import Mapping

from bookbag.domain.courses.models import (
    Assessment,
    Assignment,
    AssignmentKind,
    Course,
    Module,
    Stack,
)
from bookbag.domain.people.models import Workspace
from bookbag.formats.course_file import DescribedStack
from bookbag.formats.course_tables import ASSESSMENTS, ASSIGNMENTS
from bookbag.imports.restoring.archives import CourseArchive
from bookbag.imports.restoring.batches import Batch
from bookbag.imports.restoring.ledger import Kind, Ledger, Outcome
from bookbag.imports.restoring.rows import Row, find_long_text, list_differences
from bookbag.imports.restoring.run import RestoreRun

Assessments = dict[tuple[str, str], Assessment]
"""By the assignment's name and their own."""


def find_or_make_course(
    archive: CourseArchive, workspace: Workspace, name: str, ledger: Ledger
) -> Course:
    """Return the course of a name, or a new one that is not saved."""
    described = archive.course
    found = Course.objects.filter(
        workspace=workspace, name=name, deleted_at__isnull=True
    ).first()
    if found is None:
        ledger.note(Kind.COURSE, Outcome.CREATE, name)
        return Course(
            workspace=workspace,
            name=name,
            title=described.title,
            description=described.description,
            created_at=described.created_at,
        )
    differences = list_differences(
        found, {"title": described.title, "description": described.description}
    )
    outcome = Outcome.DIFFERS if differences else Outcome.SAME
    ledger.note(Kind.COURSE, outcome, name, differences)
    return found


def restore_structure(run: RestoreRun) -> Assessments:
    """Make the modules, assignments and assessments that are missing."""
    rows = list(run.iter_rows(ASSIGNMENTS, Kind.ASSIGNMENTS))
    modules = _restore_modules(run, rows)
    _restore_assignments(run, rows, modules)
    return _restore_assessments(run)


def restore_stacks(run: RestoreRun) -> Mapping[DescribedStack, Stack]:
    """Make the stacks that are not in the catalogue; an admin completes them there."""
    existing = {
        DescribedStack(stack.name, stack.version): stack
        for stack in Stack.objects.filter(workspace=run.workspace)
    }
    batch = Batch(Stack, is_dry=run.is_dry)
    wanted = {*run.archive.course.stacks}
    wanted |= {p.stack for p in run.archive.course.projects if p.stack is not None}
    for described in sorted(wanted):
        label = f"{described.name} {described.version}".rstrip()
        if described in existing:
            run.ledger.note(Kind.STACKS, Outcome.SAME, label)
            continue
        existing[described] = Stack(
            workspace=run.workspace, name=described.name, version=described.version
        )
        batch.add(existing[described])
        run.ledger.note(Kind.STACKS, Outcome.CREATE, label)
    batch.flush()
    return existing


def _restore_modules(run: RestoreRun, rows: list[Row]) -> dict[str, Module]:
    described = run.archive.course.modules
    needed = {row.text("module_name") for row in rows}
    listed = {a.name for module in described for a in module.assignments}
    is_whole = listed <= {row.text("assignment_name") for row in rows}
    existing = (
        {module.name: module for module in run.course.modules.all()}
        if run.course.pk
        else {}
    )
    batch = Batch(Module, is_dry=run.is_dry)
    for position, module in enumerate(described):
        # An archive of one assignment names all modules, and is about one of them.
        if module.name not in needed and not is_whole:
            continue
        if module.name in existing:
            run.ledger.note(Kind.MODULES, Outcome.SAME, module.name)
            continue
        existing[module.name] = Module(
            course=run.course, name=module.name, position=position
        )
        batch.add(existing[module.name])
        run.ledger.note(Kind.MODULES, Outcome.CREATE, module.name)
    batch.flush()
    return existing


def _restore_assignments(
    run: RestoreRun, rows: list[Row], modules: Mapping[str, Module]
) -> None:
    existing = (
        {a.folder: a for a in run.course.assignments.select_related("module")}
        if run.course.pk
        else {}
    )
    run.assignments.update({a.name: a for a in existing.values()})
    known = {
        (a.folder, a.name): a
        for module in run.archive.course.modules
        for a in module.assignments
    }
    batch = Batch(Assignment, is_dry=run.is_dry)
    seen: set[str] = set()
    for row in rows:
        name, folder = row.text("assignment_name"), row.text("folder")
        module = modules.get(row.text("module_name"))
        if module is None or (folder, name) not in known:
            reason = "Found an assignment that course.json does not have there"
        elif name in seen:
            reason = "Found the assignment twice, expected it once"
        elif folder in existing:
            seen.add(name)
            _compare_assignment(run, existing[folder], row)
            continue
        else:
            seen.add(name)
            reason = _add_assignment(run, module, row, batch)
        if reason:
            run.refuse(Kind.ASSIGNMENTS, name, reason, row)
    batch.flush()


def _compare_assignment(run: RestoreRun, found: Assignment, row: Row) -> None:
    wanted = {name: row.text(name) for name in ("kind", "book_name")}
    differences = list_differences(
        found, {"name": row.text("assignment_name"), **wanted}
    )
    if found.module.name != row.text("module_name"):
        differences = f"{differences}; another module".removeprefix("; ")
    # What the archive calls it; its work belongs to the one in the same folder.
    run.assignments[row.text("assignment_name")] = found
    outcome = Outcome.DIFFERS if differences else Outcome.SAME
    run.ledger.note(Kind.ASSIGNMENTS, outcome, found.name, differences, row.number)


def _add_assignment(
    run: RestoreRun, module: Module, row: Row, batch: Batch[Assignment]
) -> str:
    name = row.text("assignment_name")
    if name in run.assignments:
        return "Found another assignment of that name, in another folder"
    kind, book_name = row.text("kind"), row.text("book_name")
    is_book = kind == AssignmentKind.BOOK
    if kind not in AssignmentKind.values or is_book != bool(book_name):
        return f"Found kind '{kind[:20]}' with book '{book_name[:60]}'"
    made = Assignment(
        course=run.course,
        module=module,
        name=name,
        folder=row.text("folder"),
        position=row.get_count("position"),
        kind=kind,
        book_name=book_name,
    )
    run.assignments[name] = made
    batch.add(made)
    run.ledger.note(Kind.ASSIGNMENTS, Outcome.CREATE, name, row=row.number)
    return ""


def _restore_assessments(run: RestoreRun) -> Assessments:
    found = Assessment.objects.none()
    if run.course.pk:
        found = Assessment.objects.filter(assignment__course=run.course)
    by_key = {(a.assignment_id, a.name): a for a in found}
    batch = Batch(Assessment, is_dry=run.is_dry)
    assessments: Assessments = {}
    for row in run.iter_rows(ASSESSMENTS, Kind.ASSESSMENTS):
        place, name = row.text("assignment_name"), row.text("assessment")
        assignment = run.assignments.get(place)
        label = f"{name} in {place}"
        if assignment is None:
            reason = "Found no such assignment in the course"
            run.refuse(Kind.ASSESSMENTS, label, reason, row)
            continue
        if (place, name) in assessments or not name:
            run.refuse(Kind.ASSESSMENTS, label, "Found it twice, or no name", row)
            continue
        known = by_key.get((assignment.pk, name)) if assignment.pk else None
        if known is not None:
            differences = list_differences(
                known, {"max_points": row.values["max_points"]}
            )
            outcome = Outcome.DIFFERS if differences else Outcome.SAME
            run.ledger.note(Kind.ASSESSMENTS, outcome, label, differences, row.number)
            assessments[place, name] = known
            continue
        made = Assessment(
            assignment=assignment,
            name=name,
            position=row.get_count("position"),
            max_points=row.get_number("max_points"),
        )
        if fault := find_long_text(made):
            run.refuse(Kind.ASSESSMENTS, label, fault, row)
            continue
        assessments[place, name] = made
        batch.add(made)
        run.ledger.note(Kind.ASSESSMENTS, Outcome.CREATE, label, row=row.number)
    batch.flush()
    return assessments
