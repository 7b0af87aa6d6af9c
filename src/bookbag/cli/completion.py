"""The command that prints what a shell needs to complete commands and options."""

import enum
from typing import Annotated

import typer
from typer.completion import (  # type: ignore[attr-defined]  # nowhere else
    completion_init,
    get_completion_script,
)

from bookbag.cli.output import results

PROGRAM = "bookbag"
VARIABLE = "_BOOKBAG_COMPLETE"
"""Set by the shell's script when it asks for completions; typer answers then."""

completion_init()  # the app has no options for it, so typer does not do it by itself


class Shell(enum.Enum):
    """The shells that typer knows."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell that you use.")],
) -> None:
    """Print the script that completes commands and options in a shell.

    In bash and zsh: `source <(bookbag completion bash)`, in its start-up file to keep
    it. In fish: `bookbag completion fish | source`.
    """
    script = get_completion_script(
        prog_name=PROGRAM,
        complete_var=VARIABLE,
        shell=shell.value,  # nosec B604 - a name
    )
    results.print(script, markup=False, emoji=False)
