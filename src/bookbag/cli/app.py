"""The ``bookbag`` command: its commands, gathered."""

import sys

import typer
from rich.markup import escape

from bookbag.cli import archives, courses, demo, doctor, operating, tokens
from bookbag.cli.exits import EXIT_STATUSES, exit_status
from bookbag.cli.output import errors
from bookbag.cli.ports import Ports

app = typer.Typer(
    name="bookbag",
    help="Take a course's data out, whole, and prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.command()(operating.serve)
app.command()(operating.worker)
app.command()(operating.check)
app.command()(doctor.doctor)
app.command()(operating.migrate)
app.command()(operating.sweep)
app.command()(courses.sample)
app.command()(courses.load)
app.command()(courses.user)
app.command()(archives.verify)
app.command()(demo.demo)
app.add_typer(tokens.app, name="token")


def run(ports: Ports) -> None:
    """Run the command that the process was started with.

    Args:
        ports: What only the composition root can give to commands.
    """
    try:
        app(obj=ports, standalone_mode=True)
    except tuple(EXIT_STATUSES) as error:
        errors.print(f"[bold red]Error:[/] {escape(str(error))}")
        sys.exit(exit_status(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
