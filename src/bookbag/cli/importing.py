"""The command that imports projects: import."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bookbag.cli.output import errors, results
from bookbag.domain.courses.visibility import Visibility
from bookbag.domain.people.models import MemberStatus, User, Workspace
from bookbag.imports.errors import ImportChoiceError, ImportRefusedError
from bookbag.imports.projects.jobs import ImportJobs
from bookbag.imports.projects.models import FoundProject, ProjectImport
from bookbag.imports.projects.selectors import find_stack
from bookbag.imports.projects.services import (
    ChosenProject,
    cancel_import,
    choose_projects,
)
from bookbag.imports.projects.states import ImportState
from bookbag.imports.projects.uploads import begin_upload, receive
from bookbag.jobs.working import run_job

POLL_SECONDS = 0.5


def import_project(
    file: Annotated[
        Path, typer.Argument(help="A ZIP, tar, tar.gz or tar.zst archive.")
    ],
    owner: Annotated[
        str, typer.Option("--user", help="Whose project it will be: address or name.")
    ],
    workspace: Annotated[
        str | None,
        typer.Option(
            help="The workspace's name; needed when the person is in several."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The project's name, when it is only one.")
    ] = None,
    description: Annotated[str, typer.Option(help="What it is.")] = "",
    visibility: Annotated[
        Visibility, typer.Option(help="Who may look into it.")
    ] = Visibility.PRIVATE,
    stack: Annotated[
        str | None,
        typer.Option(
            help="Its stack, as “Python 3.11”; by default as the archive says."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="ASSIGNMENT/STUDENT of an archive of many; may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would happen.")] = False,
) -> None:
    """Import a project, or workspaces of a Bookbag archive, for somebody."""
    person = _find_person(owner)
    place = _find_workspace(person, workspace)
    job = begin_upload(
        person=person,
        workspace=place,
        file_name=file.name,
        size_bytes=file.stat().st_size,
    )
    try:
        with file.open("rb") as source:
            if job.size_bytes:
                receive(job, source, offset=0)
        chosen = _check(job, only or [])
        if dry_run:
            results.print("Nothing was changed (dry run).")
            return
        wanted = None if stack is None else find_stack(place, stack)
        names = [name] if name and len(chosen) == 1 else [one.name for one in chosen]
        choices = [
            ChosenProject(found=one, name=called, stack=wanted or one.stack)
            for one, called in zip(chosen, names, strict=True)
        ]
        choose_projects(job, choices, description=description, visibility=visibility)
        _work_on(job, ImportState.DONE)
    finally:
        _give_up(job)
    _print_imported(job)


def _print_imported(job: ProjectImport) -> None:
    for one in job.found.filter(is_chosen=True).select_related("project"):
        results.print(f"Imported {escape(one.name)}: {escape(str(one.project))}")


def _check(job: ProjectImport, only: Sequence[str]) -> list[FoundProject]:
    """Check what was uploaded, say what is in it, and return what is to be imported."""
    _work_on(job, ImportState.CHECKED)
    found = list(FoundProject.objects.filter(of_import=job).select_related("stack"))
    chosen = _choose(found, only)
    _print_found(job, found, chosen)
    return chosen


def _work_on(job: ProjectImport, wanted: ImportState) -> None:
    """Do what a worker would do, or wait for the worker that was faster."""
    waiting = {*job.WORKED_ON_IN, *job.WORKED_ON_IN.values()}
    job.refresh_from_db()
    while job.state in waiting:
        if not run_job(ImportJobs(), job.pk):
            time.sleep(POLL_SECONDS)
        job.refresh_from_db()
    if job.state != wanted:
        raise ImportRefusedError(job.failure_sentence, job.failure_code)


def _give_up(job: ProjectImport) -> None:
    job.refresh_from_db()
    if job.state in (ImportState.UPLOADING, ImportState.CHECKED):
        cancel_import(job)


def _choose(found: Sequence[FoundProject], only: Sequence[str]) -> list[FoundProject]:
    names = {f"{one.assignment}/{one.username}": one for one in found}
    unknown = [name for name in only if name not in names]
    if unknown:
        message = (
            f"Found no {unknown[0]!r} in the archive, expected one of "
            f"{', '.join(list(names)[:20])}"
        )
        raise ImportChoiceError(message)
    return [names[name] for name in only] if only else list(found)


def _print_found(
    job: ProjectImport, found: Sequence[FoundProject], chosen: Sequence[FoundProject]
) -> None:
    table = Table(
        "Import", "Project", "Files", "Bytes", "Names that come back", "Stack"
    )
    for one in found:
        table.add_row(
            "yes" if one in chosen else "no",
            escape(one.name),
            f"{one.file_count:,}",
            f"{one.size_bytes:,}",
            f"{one.renamed_count:,}",
            escape(str(one.stack or one.stack_label or "")),
        )
    results.print(table)
    if job.left_out:
        errors.print(f"Left out: {escape(job.left_out)}")
    missing = {one.stack_label for one in chosen if one.stack_label and not one.stack}
    for label in sorted(missing):
        errors.print(f"The stack {escape(label)} is not in the catalogue.")


def _find_person(name: str) -> User:
    found = User.objects.filter(email__iexact=name).first()
    found = found or User.objects.filter(username=name).first()
    if found is None:
        raise ImportChoiceError(f"Found nobody called {name!r}, expected one: --user")
    return found


def _find_workspace(person: User, name: str | None) -> Workspace:
    memberships = person.memberships.filter(status=MemberStatus.ACTIVE)
    places = [m.workspace for m in memberships.select_related("workspace")]
    if name is not None:
        places = [place for place in places if place.name == name]
    if len(places) != 1:
        message = (
            f"Found {len(places)} workspaces of {person.username}, expected one: "
            "--workspace"
        )
        raise ImportChoiceError(message)
    return places[0]
