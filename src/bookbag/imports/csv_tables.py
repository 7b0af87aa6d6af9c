"""Reading CSV that somebody else wrote: every fault with its line, never a crash."""

import csv
import io
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bookbag.formats.texts import has_control_character, show_text
from bookbag.imports.faults import FaultList

BYTE_LIMIT = 64 * 1024 * 1024
ENCODING_FAULT_LIMIT = 20
DELIMITERS = (",", ";", "\t")
_BYTE_ORDER_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRecord:
    """One record of a table, without the columns that nobody asked for."""

    line: int
    """Where it begins, from 1."""
    values: Mapping[str, str]
    """Fields by column name, blanks at both ends removed."""

    def __getitem__(self, column: str) -> str:
        return self.values[column]


def read_file(path: Path, faults: FaultList) -> bytes | None:
    """Return a file's bytes, or None after adding the fault that forbids it.

    A link is refused and a pipe does not block: the folder may come from anybody.
    """
    if path.is_symlink():
        faults.add(path, "Found a link, expected a file; links are not followed")
        return None
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        faults.add(path, f"Found a file that cannot be opened: {error.strerror}")
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        faults.add(path, "Found something else, expected a regular file")
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(BYTE_LIMIT + 1)
    if len(content) > BYTE_LIMIT:
        faults.add(path, f"File is larger than {BYTE_LIMIT} bytes, which is the limit")
        return None
    return content


def decode_text(content: bytes, *, path: Path, faults: FaultList) -> str | None:
    """Return text of a UTF-8 file, with or without byte order mark.

    Each line that is not UTF-8 becomes a fault, up to ``ENCODING_FAULT_LIMIT``.
    """
    encoding = _BYTE_ORDER_MARKS.get(content[:2])
    if encoding is not None:
        faults.add(path, f"Found {encoding}, expected UTF-8", line=1)
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _add_encoding_faults(content, path, faults)
        return None


def _add_encoding_faults(content: bytes, path: Path, faults: FaultList) -> None:
    found = 0
    for line, record in enumerate(content.split(b"\n"), start=1):
        try:
            record.decode()
        except UnicodeDecodeError as error:
            found += 1
            if found <= ENCODING_FAULT_LIMIT:
                byte = record[error.start]
                faults.add(
                    path,
                    f"Found byte 0x{byte:02x} at position {error.start + 1}, "
                    "expected UTF-8",
                    line=line,
                )
    if found > ENCODING_FAULT_LIMIT:
        rest = found - ENCODING_FAULT_LIMIT
        faults.add(path, f"Found {rest} more lines that are not UTF-8")


def read_table(
    path: Path,
    faults: FaultList,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
) -> list[CsvRecord]:
    """Read a table's records; what is wrong goes to the faults.

    The delimiter is a comma, a semicolon or a tab, whichever makes the header fit.
    Column names are read without regard to case, blanks and hyphens count as ``_``.
    Columns that are in neither list are left out.

    Args:
        path: The file.
        faults: Where faults and notes go.
        required: Columns that must be there.
        optional: Columns that may be; their value is then empty.

    Returns:
        The records that have as many fields as the header, in order.
    """
    content = read_file(path, faults)
    if content is None:
        return []
    return parse_table(content, path, faults, required=required, optional=optional)


def parse_table(
    content: bytes,
    path: Path,
    faults: FaultList,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    is_noting_unknown: bool = False,
) -> list[CsvRecord]:
    """Parse a table's bytes; see ``read_table``.

    Args:
        content: The bytes.
        path: What to call the file in faults.
        faults: Where faults and notes go.
        required: Columns that must be there.
        optional: Columns that may be.
        is_noting_unknown: Whether a note names the columns that are left out.
    """
    text = decode_text(content, path=path, faults=faults)
    if text is None:
        return []
    known = {_column_key(column): column for column in (*required, *optional)}
    records = _iter_records(text, _choose_delimiter(text, known), path, faults)
    line, header = next(records, (1, []))
    columns = [known.get(_column_key(name)) for name in header]
    if not _check_header(columns, required, faults, path, line):
        return []
    if is_noting_unknown and None in columns:
        unknown = [name for name in header if _column_key(name) not in known]
        shown = ", ".join(f"'{show_text(name)}'" for name in unknown)
        faults.note(path, f"columns left out: {shown}")
    return list(_name_fields(records, columns, optional, path, faults))


def _column_key(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _choose_delimiter(text: str, known: Mapping[str, str]) -> str:
    # Names of columns hold no quotes or delimiters, so plain splitting is enough.
    header = text.lstrip("\r\n").split("\n", 1)[0]

    def count_known(delimiter: str) -> int:
        names = (name.strip('"\r ') for name in header.split(delimiter))
        return sum(_column_key(name) in known for name in names)

    return max(DELIMITERS, key=count_known)


def _iter_records(
    text: str, delimiter: str, path: Path, faults: FaultList
) -> Iterator[tuple[int, list[str]]]:
    """Yield records that are not blank, each with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows cannot be told apart any more, so reading ends here.
            faults.add(path, f"Found a record that is not CSV: {error}", line=line)
            return
        if any(field.strip() for field in fields):
            yield line, [field.strip() for field in fields]
        line = reader.line_num + 1


def _check_header(
    columns: Sequence[str | None],
    required: Sequence[str],
    faults: FaultList,
    path: Path,
    line: int,
) -> bool:
    missing = [column for column in required if column not in columns]
    doubled = {column for column in columns if column and columns.count(column) > 1}
    if missing:
        message = (
            f"Found no column {', '.join(missing)}, expected {', '.join(required)}"
        )
        faults.add(path, message, line=line)
    for column in sorted(doubled):
        faults.add(path, f"Found column {column} more than once", line=line)
    return not missing and not doubled


def _name_fields(
    records: Iterator[tuple[int, list[str]]],
    columns: Sequence[str | None],
    optional: Sequence[str],
    path: Path,
    faults: FaultList,
) -> Iterator[CsvRecord]:
    absent = {column: "" for column in optional if column not in columns}
    for line, fields in records:
        if len(fields) != len(columns):
            message = f"Found {len(fields)} fields, expected {len(columns)}"
            faults.add(path, message, line=line)
            continue
        values = {
            column: field
            for column, field in zip(columns, fields, strict=True)
            if column is not None
        }
        steering = [
            name for name, value in values.items() if has_control_character(value)
        ]
        for column in steering:
            message = f"Found a control character in {column}, expected plain text"
            faults.add(path, message, line=line)
        if not steering:
            yield CsvRecord(line=line, values=absent | values)
