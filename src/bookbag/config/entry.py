"""The entry point of the ``bookbag`` command: settings first, then the commands."""

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import django
from django.utils.module_loading import import_string

from bookbag.config.environment import SETTINGS, Environment, read_environment

OWNER_ONLY_UMASK = 0o077
EXIT_MISCONFIGURED = 2
COMMANDS_WITHOUT_DATA = ("unpack", "completion")
COMMANDS_OF_SERVERS = ("export", "exports")
COMPLETING = "_BOOKBAG_COMPLETE"
"""Set by a shell that wants completions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting as ``bookbag check`` prints it, secrets hidden."""

    name: str
    shown: str
    is_default: bool
    problem: str
    remedy: str


def main() -> None:
    """Run one command of ``bookbag``.

    Everything that it or a process under it writes to disk is for its owner only.
    """
    os.umask(OWNER_ONLY_UMASK)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbag.config.settings")
    environment = read_environment(os.environ)
    if environment.faults and "check" not in sys.argv[1:2]:
        for fault in environment.faults:
            print(  # noqa: T201 - no command line exists yet
                f"{fault.name}: {fault.problem}. {fault.remedy}", file=sys.stderr
            )
        sys.exit(EXIT_MISCONFIGURED)
    with ExitStack() as stack:
        if _leaves_data_alone(sys.argv[1:], environment):
            # Nobody wants a var folder wherever they ask a server or press Tab.
            borrowed = tempfile.TemporaryDirectory(prefix="bookbag-")
            os.environ["BOOKBAG_VAR"] = stack.enter_context(borrowed)
        _run(environment)


def _run(environment: Environment) -> None:
    django.setup()
    # By name, because the commands import models, which need the line above.
    run = import_string("bookbag.cli.app.run")
    ports = import_string("bookbag.cli.ports.Ports")
    run(
        ports(
            run_worker=_run_worker,
            settings=list_shown_settings(environment),
            web_application="bookbag.config.wsgi:application",
            server=environment.text("BOOKBAG_SERVER"),
            token=environment.text("BOOKBAG_TOKEN"),
        )
    )


def _leaves_data_alone(arguments: Sequence[str], environment: Environment) -> bool:
    """Answer whether a command needs no data of this machine, and finds none."""
    if environment.path("BOOKBAG_VAR").exists():
        return False
    asks_server = bool(environment.text("BOOKBAG_SERVER")) or any(
        argument.startswith("--server") for argument in arguments
    )
    command = next(iter(arguments), "")
    return (
        COMPLETING in os.environ
        or command in COMMANDS_WITHOUT_DATA
        or (command in COMMANDS_OF_SERVERS and asks_server)
    )


def list_shown_settings(environment: Environment) -> list[ShownSetting]:
    """Return every setting as people may see it."""
    faults = {fault.name: fault for fault in environment.faults}
    shown = []
    for setting in SETTINGS:
        value = environment.text(setting.name)
        is_default = not os.environ.get(setting.name)
        hide = setting.is_secret and not is_default
        fault = faults.get(setting.name)
        shown.append(
            ShownSetting(
                name=setting.name,
                shown="(set, not shown)" if hide else value or "(not set)",
                is_default=is_default,
                problem=fault.problem if fault else "",
                remedy=fault.remedy if fault else "",
            )
        )
    return shown


def _run_worker(workers: int) -> None:
    import_string("bookbag.config.worker.run_worker")(workers=workers)
