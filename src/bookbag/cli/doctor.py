"""The command that finds and mends what does not fit together."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from bookbag.cli.exits import ExitStatus
from bookbag.cli.output import JsonOption, clean, present, results
from bookbag.deliveries.doctor import find_delivery_inconsistencies
from bookbag.exports.doctor import find_inconsistencies
from bookbag.imports.doctor import find_import_inconsistencies
from bookbag.jobs.inconsistencies import Inconsistency


def doctor(
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended.")
    ] = False,
    digests: Annotated[
        bool,
        typer.Option(
            help="Read every finished file, compare its digest, and ask the targets "
            "of deliveries that broke off."
        ),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Find rows, files and mails that do not fit together, and say what to do."""
    found = list(find_everything(reads_files=digests))
    mended = [case for case in found if fix and case.mend is not None]
    for case in mended:
        if case.mend is not None:
            case.mend()
    present(
        {"is_ok": not found, "cases": [_describe(case, mended) for case in found]},
        lambda: _tell(found, mended, fix=fix),
    )
    if len(mended) < len(found):
        raise typer.Exit(ExitStatus.NOT_WHOLE)


def find_everything(*, reads_files: bool = True) -> Iterator[Inconsistency]:
    """Yield all that does not fit together of exports, imports and deliveries.

    Args:
        reads_files: Also read every finished file, and ask the targets of deliveries.
    """
    yield from find_inconsistencies(reads_files=reads_files)
    yield from find_import_inconsistencies()
    yield from find_delivery_inconsistencies(asks_targets=reads_files)


def _describe(
    case: Inconsistency, mended: Sequence[Inconsistency]
) -> dict[str, object]:
    return {
        "code": case.code,
        "message": case.message,
        "remedy": case.remedy,
        "is_mended": case in mended,
    }


def _tell(
    found: Sequence[Inconsistency], mended: Sequence[Inconsistency], *, fix: bool
) -> None:
    for case in found:
        results.print(f"[bold red]{case.code}[/] {clean(case.message)}")
        label = "[green]Mended:[/]" if case in mended else "Remedy:"
        results.print(f"      {label} {clean(case.remedy)}")
    if not found:
        results.print("[green]OK[/] Rows, files and mails fit together.")
    elif not fix and any(case.mend for case in found):
        results.print("Run `bookbag doctor --fix` to mend what can be mended.")
