"""Commands for people who run Bookbag: serve, worker, check, migrate, sweep."""

from typing import Annotated

import typer
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from rich.table import Table

from bookbag.cli.output import errors, results
from bookbag.cli.ports import Ports
from bookbag.cli.supervisor import Supervisor, web_process, worker_process
from bookbag.exports.retention import remove_orphans, sweep_expired


def migrate() -> None:
    """Bring the database up to this version."""
    call_command("migrate", verbosity=0, interactive=False)
    errors.print("The database is up to date.")


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    web_workers: Annotated[
        int, typer.Option(help="Web processes, 16 threads each.")
    ] = 1,
) -> None:
    """Run the web server and a worker until Ctrl-C, and restart what dies."""
    ports: Ports = context.obj
    if settings.BOOKBAG_MODE == "local":
        migrate()
    errors.print(f"Serving {settings.BOOKBAG_BASE_URL} (listening on {host}:{port}).")
    Supervisor(
        [
            web_process(
                ports.web_application, host=host, port=port, workers=web_workers
            ),
            worker_process(workers=settings.BOOKBAG_WORKERS),
        ]
    ).run()
    errors.print("Stopped.")


def worker(
    context: typer.Context,
    workers: Annotated[
        int | None, typer.Option(help="Exports to work on at a time.")
    ] = None,
) -> None:
    """Run a worker alone, until Ctrl-C."""
    ports: Ports = context.obj
    ports.run_worker(workers or settings.BOOKBAG_WORKERS)


def check(context: typer.Context) -> None:
    """Print what is configured and what is wrong, each with its remedy."""
    ports: Ports = context.obj
    table = Table("Setting", "Value", "From", box=None, pad_edge=False)
    for line in ports.settings:
        origin = "default" if line.is_default else "environment"
        table.add_row(line.name, line.shown, origin)
    results.print(table)
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
    results.print()
    if not found:
        results.print("[green]OK[/] Nothing is wrong.")
        return
    for name, problem, remedy in found:
        results.print(f"[bold red]WRONG[/] {name}: {problem}")
        results.print(f"      Remedy: {remedy}")
    raise typer.Exit(1)


def sweep() -> None:
    """Remove expired files and files that belong to no export, now."""
    expired = sweep_expired()
    orphans = remove_orphans()
    results.print(f"Removed {expired} expired and {orphans} orphaned files.")
