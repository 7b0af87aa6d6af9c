"""Commands for people who run Bookbag: serve, worker, check, migrate, sweep."""

from collections.abc import Sequence
from typing import Annotated

import typer
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from rich.table import Table

from bookbag.cli.exits import ExitStatus
from bookbag.cli.output import JsonOption, clean, note, present, results
from bookbag.cli.ports import Ports
from bookbag.cli.supervisor import Supervisor, web_process, worker_process
from bookbag.exports.retention import remove_orphans, sweep_expired


def migrate() -> None:
    """Bring the database up to this version."""
    call_command("migrate", verbosity=0, interactive=False)
    note("The database is up to date.")


def serve(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    web_workers: Annotated[
        int, typer.Option(help="Web processes, 16 threads each.")
    ] = 1,
    worker: Annotated[
        bool, typer.Option(help="Whether to run a worker beside the web server.")
    ] = True,
) -> None:
    """Run the web server and a worker until Ctrl-C, and restart what dies."""
    ports: Ports = context.obj
    if settings.BOOKBAG_MODE == "local":
        migrate()
    note(f"Serving {settings.BOOKBAG_BASE_URL} (listening on {host}:{port}).")
    processes = [
        web_process(ports.web_application, host=host, port=port, workers=web_workers)
    ]
    if worker:
        processes.append(worker_process(workers=settings.BOOKBAG_WORKERS))
    Supervisor(processes).run()
    note("Stopped.")


def worker(
    context: typer.Context,
    workers: Annotated[
        int | None, typer.Option(help="Exports to work on at a time.")
    ] = None,
) -> None:
    """Run a worker alone, until Ctrl-C."""
    ports: Ports = context.obj
    ports.run_worker(workers or settings.BOOKBAG_WORKERS)


def check(context: typer.Context, as_json: JsonOption = False) -> None:
    """Print what is configured and what is wrong, each with its remedy."""
    ports: Ports = context.obj
    found = [(s.name, s.problem, s.remedy) for s in ports.settings if s.problem]
    is_production = settings.BOOKBAG_MODE == "production"
    messages = run_checks(
        include_deployment_checks=is_production, databases=["default"]
    )
    found += [
        (str(message.id), message.msg, message.hint or "See Django's documentation.")
        for message in messages
        if message.level >= ERROR or is_production
    ]
    present(_describe_check(ports, found), lambda: _tell_check(ports, found))
    if found:
        raise typer.Exit(ExitStatus.NOT_WHOLE)


def sweep(as_json: JsonOption = False) -> None:
    """Remove expired files and files that belong to no export, now."""
    expired = sweep_expired()
    orphans = remove_orphans()
    present(
        {"expired": expired, "orphans": orphans},
        lambda: results.print(
            f"Removed {expired} expired and {orphans} orphaned files."
        ),
    )


def _describe_check(
    ports: Ports, found: Sequence[tuple[str, str, str]]
) -> dict[str, object]:
    return {
        "is_ok": not found,
        "settings": [
            {"name": line.name, "value": line.shown, "is_default": line.is_default}
            for line in ports.settings
        ],
        "problems": [
            {"name": name, "problem": problem, "remedy": remedy}
            for name, problem, remedy in found
        ],
    }


def _tell_check(ports: Ports, found: Sequence[tuple[str, str, str]]) -> None:
    table = Table("Setting", "Value", "From", box=None, pad_edge=False)
    for line in ports.settings:
        origin = "default" if line.is_default else "environment"
        table.add_row(line.name, clean(line.shown), origin)
    results.print(table)
    results.print()
    if not found:
        results.print("[green]OK[/] Nothing is wrong.")
    for name, problem, remedy in found:
        results.print(f"[bold red]WRONG[/] {name}: {clean(problem)}")
        results.print(f"      Remedy: {clean(remedy)}")
