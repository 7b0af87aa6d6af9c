"""From files to the file of an export that is a plain archive, counted in files."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings

from bagkit.archive import PlainResult, ScanCount, write_plain
from bagkit.identities import REPLACED
from bookbag.exports.catalogue.definition import (
    Product,
    ProductionContext,
    ReceiptNumbers,
)
from bookbag.exports.catalogue.table_products import write_rows_receipt

ZIP = "application/zip"
LISTED_FINDINGS = 10_000
"""So many findings in files stand in a receipt one by one; the sums are of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A ZIP of files that were made for it."""

    name: str
    """What it holds, in one word."""
    stem: str
    """Its name without the end, which is also that of the folder in it."""
    problems: Sequence[tuple[str, str]] = ()
    """What could not be read when its files were made, and why."""
    scanned: ScanCount = field(default_factory=ScanCount)
    """Whom its files name, when that was looked for."""


def describe_product(
    context: ProductionContext,
    result: PlainResult,
    *,
    name: str,
    file_name: str,
    media_type: str,
) -> Product:
    """Return the product that a plain archive is, with its signed receipt.

    Args:
        context: Of the export.
        result: What the archive holds.
        name: What it is, in one word.
        file_name: The file's name.
        media_type: What kind of file it is.
    """
    failures = result.problems
    described = {
        "name": name,
        "path": file_name,
        "rowCount": result.file_count,
        "bytes": result.payload_bytes,
        "problems": [list(problem) for problem in failures],
        "renamed": [list(pair) for pair in result.renamed],
        **_describe_people(result.scanned),
    }
    return Product(
        file_name=file_name,
        media_type=media_type,
        sha256=result.sha256,
        size_bytes=result.size_bytes,
        problem_count=len(failures),
        receipt=ReceiptNumbers(
            document=write_rows_receipt(context, described, {}, result.sha256),
            expected=result.file_count + len(failures),
            present=result.file_count,
            empty=0,
            excluded=0,
            failed=len(failures),
            file_count=result.file_count,
            payload_bytes=result.payload_bytes,
        ),
    )


def _describe_people(scanned: ScanCount) -> dict[str, object]:
    sums = scanned.describe()
    if not sums:
        return {}
    still_there_first = sorted(scanned.rows, key=lambda row: row[-2] == REPLACED)
    listed = still_there_first[:LISTED_FINDINGS]
    files = {
        "files": [list(row) for row in listed],
        "unlisted": len(scanned.rows) - len(listed),
    }
    return {"identities": {**sums, **files}}


@contextmanager
def open_bundle(context: ProductionContext) -> Iterator[Path]:
    """Make a private folder for the files of a bundle, for the time of a block."""
    # By this name the sweep knows whose it is when the worker is killed.
    folder = context.staged.with_name(f"{context.staged.name}.files")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def close_bundle(context: ProductionContext, folder: Path, bundle: Bundle) -> Product:
    """Write the ZIP of a bundle's files; the same files give the same bytes."""
    seconds = int(context.snapshot_at.timestamp())
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (seconds, seconds))
    result = write_plain(
        folder,
        (),
        context.staged,
        top=bundle.stem,
        max_file_bytes=settings.BOOKBAG_MAX_FILE_BYTES,
    )
    return describe_product(
        context,
        replace(
            result,
            problems=(*bundle.problems, *result.problems),
            scanned=bundle.scanned,
        ),
        name=bundle.name,
        file_name=f"{bundle.stem}.zip",
        media_type=ZIP,
    )
