"""An archive that a course is restored from: verified before anything in it counts."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bagkit.archive import BagReader, open_bag, verify_archive
from bagkit.archive.verifier import SignatureState
from bagkit.errors import BagkitError
from bagkit.receipt import Receipt, ReceiptCell, check_signature
from bagkit.tables import FoundRow, TableSchema
from bookbag.formats.course_file import DescribedCourse, read_described_course
from bookbag.formats.receipt_keys import load_receipt_public_key
from bookbag.imports.errors import ArchiveRefusedError

COURSE_FILE = "data/course.json"
FINGERPRINT_CHARACTERS = 16
SHOWN_FINDINGS = 5


class Signer(StrEnum):
    """Who signed an archive's receipt."""

    THIS_SERVER = "this-server"
    OTHER_SERVER = "other-server"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """What is shown of an archive that was verified."""

    title: str
    snapshot_at: str
    """ISO 8601, UTC."""
    generator: str
    signer: str
    """One of ``Signer``."""
    fingerprint: str
    """The first digits of the SHA-256 of the key that signed it."""
    course_name: str
    workspace_name: str
    """Where it came from."""
    part: str
    """Which part of how many it is, such as ``2 of 3``; empty for a whole one."""
    expected: int
    """Workspaces that the receipt accounts for."""
    present: int
    empty: int
    excluded: int
    failed: int
    file_count: int
    payload_bytes: int
    problem_count: int


class CourseArchive:
    """One open archive of a course, or of a part of one.

    Invariants: used inside of ``open_course_archive``, by one thread.
    """

    def __init__(self, bag: BagReader, receipt: Receipt, course: DescribedCourse):
        self._bag = bag
        self.receipt = receipt
        self.course = course
        self.cells: dict[tuple[str, str], ReceiptCell] = {
            (cell.assignment, cell.username): cell for cell in receipt.cells
        }
        """By the assignment's folder and the user name."""

    @property
    def top(self) -> str:
        """The name of the archive's top folder."""
        return self._bag.top

    def has_table(self, schema: TableSchema) -> bool:
        """Answer whether the archive has a table; parts of a course have fewer."""
        return f"data/tables/{schema.name}.csv" in self._bag

    def has_header(self, schema: TableSchema) -> bool:
        """Answer whether a table that is there has these columns."""
        try:
            next(self.iter_table(schema), None)
        except BagkitError:
            return False
        return True

    def iter_table(self, schema: TableSchema) -> Iterator[FoundRow]:
        """Yield the records of a table."""
        return self._bag.iter_table(schema)

    def iter_names(self) -> Iterator[FoundRow]:
        """Yield the records of the list of changed names."""
        return self._bag.iter_names()


@contextmanager
def open_course_archive(path: Path) -> Iterator[CourseArchive]:
    """Open an archive that was verified.

    Raises:
        ArchiveRefusedError: If it is malicious, or no archive of a course.
        OSError: If it cannot be read.
    """
    try:
        with open_bag(path) as bag:
            yield _read_course(bag)
    except BagkitError as error:
        raise ArchiveRefusedError(str(error)) from error


def verify_course_archive(path: Path) -> ArchiveFacts:
    """Verify an archive, every byte of it, and return what to show of it.

    Raises:
        ArchiveRefusedError: With what is wrong.
        OSError: If it cannot be read.
    """
    with open_course_archive(path):
        pass  # whatever is malicious must not come near a reader that is less strict
    report = verify_archive(path, public_key=load_receipt_public_key())
    findings = [f.message for f in report.findings if f.code != "signature"]
    if findings:
        more = len(findings) - SHOWN_FINDINGS
        shown = "; ".join(findings[:SHOWN_FINDINGS])
        rest = f"; and {more} more" if more > 0 else ""
        raise ArchiveRefusedError(f"The archive is not whole: {shown}{rest}")
    with open_bag(path) as bag:
        return _describe(bag, _read_course(bag), report.signature)


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file, to know it again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_course(bag: BagReader) -> CourseArchive:
    faults: list[str] = []
    course = read_described_course(bag.read_file(COURSE_FILE), faults.append)
    if course is None:
        shown = "; ".join(faults[:SHOWN_FINDINGS])
        message = f"Found no course that can be restored in {COURSE_FILE}: {shown}"
        raise ArchiveRefusedError(message)
    return CourseArchive(bag, bag.read_receipt(), course)


def _describe(
    bag: BagReader, archive: CourseArchive, signature: SignatureState
) -> ArchiveFacts:
    receipt = archive.receipt
    signer, fingerprint = Signer.NOBODY, ""
    if signature is not SignatureState.ABSENT:
        is_ours = signature is SignatureState.VALID
        signer = Signer.THIS_SERVER if is_ours else Signer.OTHER_SERVER
        key = check_signature(
            bag.read_file("receipt.json"), bag.read_file("receipt.sig")
        )
        digest = hashlib.sha256(key.public_bytes_raw()).hexdigest()
        fingerprint = digest[:FINGERPRINT_CHARACTERS]
    return ArchiveFacts(
        title=receipt.title,
        snapshot_at=receipt.snapshot_at,
        generator=receipt.generator,
        signer=signer.value,
        fingerprint=fingerprint,
        course_name=archive.course.name,
        workspace_name=archive.course.workspace,
        part=_find_part(bag.read_file("bag-info.txt")),
        expected=receipt.expected,
        present=receipt.present,
        empty=receipt.empty,
        excluded=receipt.excluded,
        failed=receipt.failed,
        file_count=receipt.file_count,
        payload_bytes=receipt.payload_bytes,
        problem_count=receipt.problem_count,
    )


def _find_part(bag_info: bytes) -> str:
    for line in bag_info.decode("utf-8", "replace").splitlines():
        label, _, value = line.partition(": ")
        if label == "Bag-Count":
            return value[:20]
    return ""
