"""Commands about archives: verify."""

from pathlib import Path
from typing import Annotated

import typer

from bookbag.cli.output import results
from bookbag.exports.verification import verify_file


def verify(
    file: Annotated[Path, typer.Argument(help="The archive to check.")],
    key: Annotated[
        Path | None,
        typer.Option(help="Public key of the server that made it, if not this one."),
    ] = None,
) -> None:
    """Check an archive: every byte, the bag, the receipt and its signature."""
    report = verify_file(file, key)
    for finding in report.findings:
        results.print(f"[bold red]{finding.code}[/] {finding.message}")
    results.print(report.summary)
    if not report.is_ok:
        raise typer.Exit(1)
