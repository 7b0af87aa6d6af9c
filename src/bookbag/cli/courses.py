"""Commands that bring data in: sample, load, user."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from rich.table import Table

from bookbag.cli.errors import InputFaultsError
from bookbag.cli.output import (
    JsonOption,
    clean,
    present,
    results,
    tell_first,
    warn,
)
from bookbag.domain.people.models import MemberRole, Workspace
from bookbag.domain.people.services import get_or_make_workspace, save_member
from bookbag.imports.access_files import load_access_events
from bookbag.imports.changes import KindChange
from bookbag.imports.loading import LoadSummary, apply_load, preview_load
from bookbag.imports.plan import CoursePlan, Layout
from bookbag.imports.planning import plan_load
from bookbag.imports.result_files import read_results
from bookbag.imports.result_loading import load_results
from bookbag.imports.sample import write_sample_course
from bookbag.imports.session_files import read_sessions
from bookbag.imports.session_loading import load_sessions
from bookbag.imports.transactions import patient_transaction

DEFAULT_WORKSPACE = "Main workspace"
NO_COPY = "Found --copy and --stored-at, expected one of them: files stay on a store"
ONE_SOURCE = (
    "Give the folder of a course, --sessions FILE, --access FILE or --results FILE."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load did, or would do."""

    changes: tuple[KindChange, ...]
    course: str = ""
    layout: str = ""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def sample(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    students: Annotated[int, typer.Option(min=1, max=5000)] = 40,
    seed: Annotated[int, typer.Option(help="Another seed, another course.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Write a realistic course to load: roster, assignments, student workspaces."""
    summary = write_sample_course(folder, students=students, seed=seed)
    sentence = (
        f"Wrote {summary.student_count} students x {summary.assignment_count} "
        f"assignments: {summary.file_count:,} files, {summary.size_bytes:,} bytes, "
        f"to {clean(str(summary.folder))}"
    )
    present(asdict(summary), lambda: results.print(sentence))


ChosenLayout = Annotated[
    Layout | None, typer.Option(help="How the folders are laid out; found out.")
]
ClassName = Annotated[
    str | None,
    typer.Option("--class", help="Which class of a OneRoster bundle with several."),
]
Copied = Annotated[
    bool, typer.Option(help="Copy the files instead of referring to them.")
]
StoredAt = Annotated[
    str | None,
    typer.Option(
        help="Refer to files that lie on the store of BOOKBAG_WORKSPACES, as "
        "ASSIGNMENT/STUDENT/… below this path of it."
    ),
]


def load(
    folder: Annotated[
        Path | None, typer.Argument(help="The folder with the course.")
    ] = None,
    sessions: Annotated[
        Path | None,
        typer.Option(help="A file of role-play sessions instead: CSV or JSON Lines."),
    ] = None,
    access: Annotated[
        Path | None,
        typer.Option(help="A file of access events instead: CSV or JSON Lines."),
    ] = None,
    results_file: Annotated[
        Path | None,
        typer.Option(
            "--results",
            help="A file of progress and results instead: CSV or JSON Lines.",
        ),
    ] = None,
    workspace: Annotated[
        str, typer.Option(help="The workspace to load into; made when new.")
    ] = DEFAULT_WORKSPACE,
    course: Annotated[str | None, typer.Option(help="What to call the course.")] = None,
    layout: ChosenLayout = None,
    class_name: ClassName = None,
    copy: Copied = False,
    stored_at: StoredAt = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would happen.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load a course from a folder; loading it again changes only what changed."""
    sources = (folder, sessions, access, results_file)
    if sum(given is not None for given in sources) != 1:
        raise typer.BadParameter(ONE_SOURCE)
    if copy and stored_at is not None:
        raise typer.BadParameter(NO_COPY)
    loaded = Loaded(changes=())
    if sessions is not None:
        load_rows = partial(load_sessions, rows=read_sessions(sessions))
        loaded = _load_file(workspace, load_rows, dry_run=dry_run)
    if access is not None:
        load_events = partial(load_access_events, path=access)
        loaded = _load_file(workspace, load_events, dry_run=dry_run)
    if results_file is not None:
        load_file = partial(_load_results, path=results_file, course_name=course)
        loaded = _load_file(workspace, load_file, dry_run=dry_run)
    if folder is not None:
        plan = plan_load(
            folder,
            layout=layout,
            course_name=course,
            class_name=class_name,
            stored_at=stored_at,
        )
        tell_first(lambda: print_plan(plan))
        loaded = _load_plan(plan, workspace, copy=copy, dry_run=dry_run)
    present(
        {"is_dry_run": dry_run, **asdict(loaded)},
        lambda: _tell_loaded(loaded, dry_run=dry_run),
    )


def user(  # nosec B107 - an empty password is none
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    role: Annotated[MemberRole, typer.Option(help="Role.")] = MemberRole.MEMBER,
    workspace: Annotated[str, typer.Option()] = DEFAULT_WORKSPACE,
    username: Annotated[
        str | None, typer.Option(help="By default what stands before the @.")
    ] = None,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Add a person to a workspace, or give them another role or password."""
    try:
        person = save_member(
            workspace=get_or_make_workspace(workspace),
            email=email,
            username=username or email.partition("@")[0],
            role=role,
            password=password,
        )
    except ValidationError as error:
        raise InputFaultsError(" ".join(error.messages)) from error
    document = {
        "username": person.username,
        "email": person.email,
        "role": str(role),
        "workspace": workspace,
    }
    sentence = f"{person.username} <{person.email}> is {role} of {workspace}."
    present(document, lambda: results.print(clean(sentence)))


def _load_plan(
    plan: CoursePlan, workspace: str, *, copy: bool, dry_run: bool
) -> Loaded:
    summary = _apply_plan(plan, workspace, copy=copy, dry_run=dry_run)
    return Loaded(
        course=plan.course_name,
        layout=plan.layout.value if plan.layout else "",
        notes=tuple(plan.notes),
        changes=summary.changes,
        problems=tuple(summary.problems),
    )


def _apply_plan(
    plan: CoursePlan, workspace: str, *, copy: bool, dry_run: bool
) -> LoadSummary:
    folder = settings.BOOKBAG_WORKSPACES
    if not dry_run:
        target = get_or_make_workspace(workspace)
        return apply_load(plan, workspace=target, copy=copy, workspaces_dir=folder)
    with patient_transaction():
        target = get_or_make_workspace(workspace)
        summary = preview_load(plan, workspace=target, copy=copy, workspaces_dir=folder)
        transaction.set_rollback(True)  # a new workspace must not stay either
    return summary


def _load_results(
    workspace: Workspace, path: Path, course_name: str | None
) -> tuple[KindChange, ...]:
    rows = read_results(workspace, path, course_name=course_name)
    return load_results(workspace, rows)


def _load_file(
    workspace: str,
    load_into: Callable[[Workspace], tuple[KindChange, ...]],
    *,
    dry_run: bool,
) -> Loaded:
    with patient_transaction():
        changes = load_into(get_or_make_workspace(workspace))
        transaction.set_rollback(dry_run)
    return Loaded(changes=changes)


def _tell_loaded(loaded: Loaded, *, dry_run: bool) -> None:
    print_changes(loaded.changes)
    for problem in loaded.problems:
        warn(problem)
    if dry_run:
        results.print("Nothing was changed (dry run).")


def print_plan(plan: CoursePlan) -> None:
    """Print what was understood of a folder."""
    layout = plan.layout.value if plan.layout else "none"
    results.print(
        f"Course {plan.course_name!r} in {plan.folder} (layout: {layout})", markup=False
    )
    columns = ("Assignment", "Kind", "Worked", "Empty", "Not started", "Files", "Bytes")
    table = Table(*columns, box=None)
    for line in plan.outline():
        numbers = (
            line.worked_count,
            line.empty_count,
            line.not_started_count,
            line.file_count,
            line.size_bytes,
        )
        kind = line.assignment.book_name or line.assignment.kind
        table.add_row(
            clean(line.assignment.name),
            clean(kind),
            *(f"{number:,}" for number in numbers),
        )
    results.print(table)
    for note in plan.notes:
        results.print(f"Note: {note}", markup=False)


def print_summary(summary: LoadSummary) -> None:
    """Print what a load did, or would do."""
    print_changes(summary.changes)
    for problem in summary.problems:
        warn(problem)


def print_changes(changes: Sequence[KindChange]) -> None:
    """Print what changed, by kind of thing."""
    table = Table("Rows", "Created", "Updated", "Unchanged", "Removed", box=None)
    for change in changes:
        numbers = (change.created, change.updated, change.unchanged, change.removed)
        table.add_row(change.kind, *(f"{number:,}" for number in numbers))
    results.print(table)
