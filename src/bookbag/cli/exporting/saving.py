"""Saving the file of an export: part, digest, receipt, and only then its name.

A part bears the digest of the file that it is of in its name. So whatever lies there
already can be gone on with, and never becomes part of another file. Beside it lies a
note of what was asked for, by which the same command finds it again.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bookbag.cli.errors import NotWholeError, UsageError
from bookbag.cli.exporting.watching import show_transfer
from bookbag.cli.sources import ExportSource, SeenExport
from bookbag.exports.table_receipts import find_receipt_beside, lies_beside
from bookbag.exports.unpacking import UnpackedFolder, unpack_file
from bookbag.exports.verification import FileReport, verify_file
from bookbag.formats.age_files import is_encrypted

DIGEST_CHARACTERS = 16
NOTE_SUFFIX = ".part.json"
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A file that was downloaded and checked."""

    path: Path
    receipt_path: Path | None
    """Where its receipt lies, if the file does not carry it."""
    report: FileReport
    unpacked: UnpackedFolder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a file is to be saved, and what besides."""

    output: Path | None = None
    """A file or a folder; None is the present folder."""
    overwrites: bool = False
    key: bytes | None = None
    """A public key that counts more than the one that the source names."""
    unpack_to: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder that it is saved in."""
        if self.output is None:
            return Path()
        return self.output if self.output.is_dir() else self.output.parent


def find_broken(place: Place, asked: Mapping[str, object]) -> str | None:
    """Return the export whose download broke off here, if the same is asked again.

    Args:
        place: Where it is to be saved.
        asked: What is asked for, as ``save_file`` got it.
    """
    for path in sorted(place.folder.glob(f"*{NOTE_SUFFIX}")):
        try:
            found = json.loads(path.read_bytes())
            is_same = found["asked"] == asked and found["output"] == str(place.output)
            export_id = str(found["export"])
        except (OSError, ValueError, TypeError, KeyError):
            continue  # somebody else's file
        if is_same:
            return export_id
    return None


def save_file(
    source: ExportSource,
    seen: SeenExport,
    place: Place,
    asked: Mapping[str, object],
    *,
    shows: bool,
) -> SavedFile:
    """Download the file of a finished export, check it, and give it its name.

    Args:
        source: What made the export.
        seen: The export; it is ready.
        place: Where to save it, and what besides.
        asked: What was asked for, to find a part again.
        shows: Whether to show how much has arrived.

    Raises:
        UsageError: If something else has the name already.
        NotWholeError: If the file or its receipt is not as it should be.
        OSError: If the disk refuses.
    """
    target = choose_path(place.output, seen)
    is_there = target.exists() and _digest(target) == seen.sha256
    if target.exists() and not (is_there or place.overwrites):
        message = (
            f"Found something else already, expected nothing or --overwrite: '{target}'"
        )
        raise UsageError(message)
    file = source.open_file(seen)
    part = target.with_name(f"{target.name}.{seen.sha256[:DIGEST_CHARACTERS]}.part")
    note = part.with_name(f"{part.name}.json")
    if not is_there:
        kept = {"export": seen.id, "asked": asked, "output": str(place.output)}
        note.write_text(json.dumps(kept), encoding="utf-8")
        with show_transfer(target.name, seen.size_bytes, shows=shows) as on_progress:
            file.fetch_to(part, on_progress)
        note.unlink()
        _check_digest(part, seen)
    proof = file.get_proof()
    beside = proof.receipt is not None and lies_beside(proof.receipt)
    path = target if is_there else part
    receipt = proof.receipt if beside else None
    report = _verify(path, seen.file_name, place.key or proof.key, receipt)
    receipt_path = find_receipt_beside(target) if beside else None
    if receipt_path is not None and proof.receipt is not None:
        receipt_path.write_bytes(proof.receipt)
    if not is_there:
        _rename(part, target)
    unpacked = None if place.unpack_to is None else unpack_file(target, place.unpack_to)
    return SavedFile(
        path=target, receipt_path=receipt_path, report=report, unpacked=unpacked
    )


def choose_path(output: Path | None, seen: SeenExport) -> Path:
    """Return where to save a file; its own name never leads out of the folder.

    The name came from somewhere else, so it is a name here and nothing more.
    """
    if output is not None and not output.is_dir():
        return output
    name = _NOT_IN_NAMES.sub("_", seen.file_name).strip(". ") or f"{seen.id}.bin"
    return (output or Path()) / name


def _check_digest(part: Path, seen: SeenExport) -> None:
    found = _digest(part)
    if found != seen.sha256:
        part.unlink()  # going on with it would end the same way
        message = f"Found SHA-256 {found}, expected {seen.sha256}; ask once more"
        raise NotWholeError(message)


def _verify(
    path: Path, name: str, key: bytes | None, receipt: bytes | None
) -> FileReport:
    if is_encrypted(path):
        sentence = "Encrypted with age: decrypt it, then run bookbag verify."
        return FileReport(findings=(), signature="", summary=sentence, counts={})
    # A part's own name tells nothing, nor does one that somebody has chosen.
    report = verify_file(path, key, receipt, name=name)
    if not report.is_ok:
        found = "; ".join(finding.message for finding in report.findings)
        raise NotWholeError(f"{found}. It is kept as '{path}'")
    return report


def _rename(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
