"""Commands about files that were downloaded: verify, unpack."""

from pathlib import Path
from typing import Annotated

import typer

from bookbag.cli.errors import UsageError
from bookbag.cli.exits import ExitStatus
from bookbag.cli.output import JsonOption, clean, present, results
from bookbag.exports.unpacking import UnpackedFolder, unpack_file
from bookbag.exports.verification import FileReport, verify_file
from bookbag.formats.age_files import ProtectedKey, make_protected_key


def verify(
    file: Annotated[
        Path, typer.Argument(help="An archive, the folder it was unpacked to, a table.")
    ],
    key: Annotated[
        Path | None,
        typer.Option(help="Public key of the server that made it, if not this one."),
    ] = None,
    receipt: Annotated[
        Path | None,
        typer.Option(
            help="The receipt of a table, if it is not FILE.receipt.json beside it."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a file: every byte, the receipt, its sums and its signature."""
    report = verify_file(
        file,
        None if key is None else key.read_bytes(),
        None if receipt is None else receipt.read_bytes(),
    )
    document = {"file": str(file), **describe_report(report)}
    present(document, lambda: tell_report(report))
    if not report.is_ok:
        raise typer.Exit(ExitStatus.NOT_WHOLE)


def unpack(
    file: Annotated[Path, typer.Argument(help="A ZIP, tar, tar.gz or tar.zst.")],
    folder: Annotated[
        Path | None,
        typer.Argument(help="A new folder; by default named like the file."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Unpack an archive that others made, safely: all of it, or nothing at all."""
    target = folder or Path(file.name).with_suffix("")
    unpacked = unpack_file(file, target)
    document = {"folder": str(unpacked.folder), **unpacked.counts}
    present(document, lambda: tell_unpacked(unpacked))


def key(  # nosec B107 - an empty passphrase is refused
    file: Annotated[Path, typer.Argument(help="A new file for the key.")],
    passphrase: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a key for encrypted exports that only a passphrase opens."""
    if not passphrase:
        message = "Found an empty passphrase, expected a few words"
        raise UsageError(message)
    made = make_protected_key(passphrase)
    made.save(file)
    document = {"file": str(file), "recipient": made.recipient}
    present(document, lambda: _tell_key(file, made))


def describe_report(report: FileReport) -> dict[str, object]:
    """Return a report for programs."""
    findings = [{"code": f.code, "message": f.message} for f in report.findings]
    return {
        "is_whole": report.is_ok,
        "signature": str(report.signature),
        "counts": dict(report.counts),
        "findings": findings,
    }


def tell_report(report: FileReport) -> None:
    """Print a report in words."""
    for finding in report.findings:
        results.print(f"[bold red]{finding.code}[/] {clean(finding.message)}")
    results.print(clean(report.summary))


def tell_unpacked(unpacked: UnpackedFolder) -> None:
    """Print in words what was unpacked."""
    counts = unpacked.counts
    results.print(
        f"{counts['file_count']:,} files, {counts['link_count']:,} links, "
        f"{counts['folder_count']:,} folders, {counts['size_bytes']:,} bytes in "
        f"{clean(str(unpacked.folder))}"
    )


def _tell_key(file: Path, made: ProtectedKey) -> None:
    results.print(clean(f"Encrypt exports to {made.recipient}"))
    results.print(
        clean(f"and open them with: age --decrypt -i {file} -o FILE FILE.age")
    )
