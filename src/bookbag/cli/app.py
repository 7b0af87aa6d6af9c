"""The ``bookbag`` command: its commands, gathered."""

import getpass
import socket
import sys

import typer
from django.db import OperationalError, ProgrammingError

from bookbag.cli import (
    archives,
    audit,
    completion,
    courses,
    demo,
    doctor,
    erasing,
    importing,
    keeping,
    operating,
    pseudonyms,
    restores,
    tokens,
)
from bookbag.cli.errors import DatabaseUnusableError
from bookbag.cli.exits import EXIT_STATUSES, ExitStatus, exit_status
from bookbag.cli.exporting import commands
from bookbag.cli.output import print_error
from bookbag.cli.ports import Ports
from bookbag.domain.audit.models import Face
from bookbag.domain.audit.origin import Origin, coming_from

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
app.command()(keeping.retention)
app.command()(courses.sample)
app.command()(courses.load)
app.command("import")(importing.import_project)
app.command()(courses.user)
app.command()(erasing.erase)
app.command()(commands.export)
app.command()(commands.exports)
app.command()(restores.restore)
app.command()(archives.verify)
app.command()(archives.unpack)
app.command()(archives.key)
app.command()(completion.completion)
app.command()(demo.demo)
app.add_typer(tokens.app, name="token")
app.add_typer(audit.app, name="audit")
app.add_typer(pseudonyms.app, name="pseudonyms")


def run(ports: Ports) -> None:
    """Run the command that the process was started with.

    Args:
        ports: What only the composition root can give to commands.
    """
    origin = Origin(face=Face.COMMAND, name=_name_operator())
    try:
        with coming_from(origin):
            app(obj=ports, prog_name=completion.PROGRAM, standalone_mode=True)
    except tuple(EXIT_STATUSES) as error:
        status = exit_status(error)
        print_error(error, status)
        sys.exit(status)
    except (OperationalError, ProgrammingError) as error:
        status = ExitStatus.SYSTEM
        print_error(DatabaseUnusableError(str(error)), status)
        sys.exit(status)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(ExitStatus.INTERRUPTED)


def _name_operator() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "nobody"  # a container may run as a number without a name
    return f"{user}@{socket.gethostname()}"
