"""Commands about the audit log: prove it whole, and keep what it was elsewhere."""

import json
from pathlib import Path
from typing import Annotated

import typer
from django.db import connection
from rich.markup import escape

from bookbag.cli.output import errors, results
from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.audit.guards import list_missing_guards
from bookbag.domain.audit.verification import Checkpoint, verify_chain
from bookbag.domain.people.models import Workspace

app = typer.Typer(help="Prove that nobody changed the audit log.", no_args_is_help=True)


@app.command()
def verify(
    workspace: Annotated[
        str | None, typer.Option(help="The workspace's slug; by default all of them.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="What `bookbag audit checkpoint` printed earlier."),
    ] = None,
) -> None:
    """Find entries that were edited, removed, added or put into another order."""
    seal_all_drafts()
    kept = _read_checkpoints(checkpoint)
    fault_count = 0
    for found in _choose(workspace):
        report = verify_chain(found.pk, kept.get(found.slug))
        for fault in report.faults:
            results.print(f"[bold red]FAULT[/] {found.slug}: {escape(fault)}")
        if not report.faults:
            results.print(f"[green]OK[/] {found.slug}: {report.length:,} entries")
        fault_count += len(report.faults)
    for name in list_missing_guards(connection):
        results.print(f"[bold red]FAULT[/] The database has lost its trigger {name}")
        fault_count += 1
    if fault_count:
        raise typer.Exit(1)


@app.command()
def checkpoint(
    workspace: Annotated[
        str | None, typer.Option(help="The workspace's slug; by default all of them.")
    ] = None,
) -> None:
    """Print what each log is now, to be kept where the server cannot change it."""
    seal_all_drafts()
    heads = {}
    for found in _choose(workspace):
        report = verify_chain(found.pk)
        heads[found.slug] = {"length": report.length, "digest": report.digest}
    results.print(json.dumps(heads, indent=2), markup=False)


def _choose(slug: str | None) -> list[Workspace]:
    chosen = Workspace.objects.order_by("slug")
    if slug is not None:
        chosen = chosen.filter(slug=slug)
        if not chosen.exists():
            errors.print(f"Found no workspace {slug!r}.", markup=False)
            raise typer.Exit(1)
    return list(chosen)


def _read_checkpoints(path: Path | None) -> dict[str, Checkpoint]:
    if path is None:
        return {}
    try:
        heads = json.loads(path.read_text(encoding="utf-8"))
        return {
            slug: Checkpoint(length=int(head["length"]), digest=str(head["digest"]))
            for slug, head in heads.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"Found no checkpoint in {path}, expected what audit checkpoint wrote"
        raise typer.BadParameter(message) from error
