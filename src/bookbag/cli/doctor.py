"""The command that finds and mends what does not fit together."""

from typing import Annotated

import typer
from rich.markup import escape

from bookbag.cli.output import results
from bookbag.exports.doctor import find_inconsistencies


def doctor(
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended.")
    ] = False,
    digests: Annotated[
        bool, typer.Option(help="Read every finished file and compare its digest.")
    ] = True,
) -> None:
    """Find rows, files and mails that do not fit together, and say what to do."""
    found = list(find_inconsistencies(reads_files=digests))
    left = 0
    for case in found:
        results.print(f"[bold red]{case.code}[/] {escape(case.message)}")
        if fix and case.mend is not None:
            case.mend()
            results.print(f"      [green]Mended:[/] {case.remedy}")
        else:
            left += 1
            results.print(f"      Remedy: {case.remedy}")
    if not found:
        results.print("[green]OK[/] Rows, files and mails fit together.")
    elif not fix and any(case.mend for case in found):
        results.print("Run `bookbag doctor --fix` to mend what can be mended.")
    if left:
        raise typer.Exit(1)
