"""Records that another system wrote: CSV or JSON Lines, by the look of the file."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError

from bookbag.formats.texts import has_control_character, show_text
from bookbag.imports.csv_tables import CsvRecord, decode_text, parse_table, read_file
from bookbag.imports.faults import FaultList

Value = TypeVar("Value")


class RecordReader:
    """Reads the fields of one record; every fault of it is noted, not only the first.

    Invariants: for one record, used by one thread.
    """

    def __init__(self, record: CsvRecord, path: Path, faults: FaultList) -> None:
        self.record = record
        self._path = path
        self._faults = faults
        self.is_faulty = False
        """Whether a fault of this record was noted."""

    def parse(
        self, name: str, parse: Callable[[str], Value], expected: str
    ) -> Value | None:
        """Return the value of a field, or None after noting its fault."""
        try:
            return parse(self.record[name])
        except (ValueError, ValidationError):
            self.refuse(name, expected)
            return None

    def parse_given(
        self, name: str, parse: Callable[[str], Value], expected: str
    ) -> Value | None:
        """Return the value of a field, or None when it is empty."""
        return self.parse(name, parse, expected) if self.record[name] else None

    def check_length(self, name: str, limit: int, *, is_needed: bool = False) -> None:
        """Note a text that is longer than its limit, or missing."""
        length = len(self.record[name])
        if length > limit or (is_needed and not length):
            least = f"1 to {limit}" if is_needed else f"at most {limit}"
            self.refuse(name, f"{least} characters")

    def refuse(self, name: str, expected: str) -> None:
        """Note that a field is not what was expected."""
        self.is_faulty = True
        found = show_text(self.record[name], limit=60)
        message = f"Found {name} '{found}', expected {expected}"
        self._faults.add(self._path, message, line=self.record.line)


def read_records(
    path: Path,
    faults: FaultList,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> list[CsvRecord]:
    """Read a file's records; what is wrong goes to the faults, with its line.

    Args:
        path: The file; JSON Lines when it begins with ``{``, else CSV.
        faults: Where faults and notes go.
        required: Columns that must be there.
        optional: Columns that may be; their value is then empty.
        texts: Those of them that may have several lines, in JSON Lines.
    """
    content = read_file(path, faults)
    if content is None:
        return []
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return parse_table(
            content,
            path,
            faults,
            required=required,
            optional=optional,
            is_noting_unknown=True,
        )
    text = decode_text(content, path=path, faults=faults)
    records = []
    for line, row in enumerate((text or "").split("\n"), 1):
        if row.strip():
            record = read_object(
                parse_json(row),
                line,
                path,
                faults,
                required=required,
                optional=optional,
                texts=texts,
            )
            if record is not None:
                records.append(record)
    return records


def parse_json(text: str | bytes) -> object:
    """Return what a line of JSON says, or None when it is no JSON."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def read_object(  # noqa: PLR0913 - the columns are three lists
    found: object,
    line: int,
    path: Path,
    faults: FaultList,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> CsvRecord | None:
    """Return the record of a JSON object, or None after noting its faults.

    Args:
        found: What the line says.
        line: Where it stands, from 1.
        path: The file.
        faults: Where faults go.
        required: See ``read_records``; so are the other two.
        optional: Columns that may be.
        texts: Those that may have several lines.
    """
    if not isinstance(found, dict):
        faults.add(path, "Found no JSON object, expected one on each line", line=line)
        return None
    values = _parse_values(found, line, path, faults)
    if not _has_required(values, required, line, path, faults):
        return None
    kept = {name: values.get(name, "") for name in (*required, *optional)}
    _check_texts(kept, texts, line, path, faults)
    return CsvRecord(line=line, values=kept)


def _parse_values(
    found: dict[str, object], line: int, path: Path, faults: FaultList
) -> dict[str, str]:
    values = {}
    for name, value in found.items():
        if isinstance(value, dict | list):
            message = (
                f"Found a list or an object in '{show_text(name)}', expected a text"
            )
            faults.add(path, message, line=line)
        elif value is None:
            values[name] = ""
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            values[name] = text.strip()
    return values


def _has_required(
    values: dict[str, str],
    required: Sequence[str],
    line: int,
    path: Path,
    faults: FaultList,
) -> bool:
    missing = [name for name in required if name not in values]
    if missing:
        message = f"Found no {', '.join(missing)}, expected {', '.join(required)}"
        faults.add(path, message, line=line)
    return not missing


def _check_texts(
    values: dict[str, str],
    texts: Sequence[str],
    line: int,
    path: Path,
    faults: FaultList,
) -> None:
    for name, value in values.items():
        plain = value.replace("\n", "").replace("\t", "") if name in texts else value
        if has_control_character(plain) or any(
            "\ud800" <= c <= "\udfff" for c in plain
        ):
            message = f"Found a control character in {name}, expected plain text"
            faults.add(path, message, line=line)
