"""How commands print: the one place that decides between words and JSON.

Results go to standard output, everything else to the other. A result is either told in
words, for people, or printed as one JSON document, when ``--json`` asks for it. Notes
are for somebody who watches, so a program that reads us does not get them; warnings
and errors always come (ADR 0094).
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

PIPE_COLUMNS = 240
"""How wide tables may become where no terminal limits them."""

results = Console(
    highlight=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() else PIPE_COLUMNS,
)
"""For what the person asked for."""
errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress, warnings and errors."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(slots=True)
class _Choice:
    is_json: bool = False


_choice = _Choice()


def _choose_json(is_asked: bool) -> bool:
    _choice.is_json = is_asked
    return is_asked


JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=_choose_json,
        is_eager=True,
        help="Print the result as one JSON document, for programs.",
    ),
]
"""The option of every command that prints a result; ``present`` knows what it says."""


def present(document: Mapping[str, object], tell: Callable[[], None]) -> None:
    """Print a result: as JSON when that was asked for, in words otherwise.

    Args:
        document: The result for programs; its names are public interface.
        tell: Prints the same to ``results`` in words.
    """
    if _choice.is_json:
        # Only ASCII, so that also a name that is not UTF-8 can be printed anywhere.
        text = json.dumps(document, indent=2, default=_encode)
        results.print(text, markup=False, emoji=False)
    else:
        tell()


def tell_first(tell: Callable[[], None]) -> None:
    """Print in words what comes before a result; programs get it with the result."""
    if not _choice.is_json:
        tell()


def note(text: str) -> None:
    """Tell somebody who watches what goes on; programs do not get it."""
    if errors.is_terminal and not _choice.is_json:
        errors.print(clean(text))


def warn(text: str) -> None:
    """Say what the person should know although the command goes on."""
    errors.print(f"[yellow]Warning:[/] {clean(text)}")


def print_error(error: Exception, status: int) -> None:
    """Say why the command ended: in words, or as JSON beside a JSON result.

    Args:
        error: What happened; one that collects ``faults`` gets a line for each.
        status: The exit status.
    """
    faults = [str(fault) for fault in getattr(error, "faults", ())]
    if not _choice.is_json:
        for fault in faults:
            errors.print(f"[bold red]FAULT[/] {clean(fault)}")
        errors.print(f"[bold red]Error:[/] {clean(str(error))}")
        return
    code = getattr(error, "code", "system_error")
    document = {"code": code, "message": str(error), "exit": status, "faults": faults}
    errors.print(json.dumps({"error": document}), markup=False, emoji=False)


def clean(text: str) -> str:
    """Return other people's words so that a terminal shows them and obeys none.

    Control characters, with which a name could write over the screen, are shown as
    escapes; what looks like our own mark-up is left as it is.
    """
    shown = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
    return escape(shown)


def _encode(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
