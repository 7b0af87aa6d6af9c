"""Records that another system wrote: CSV or JSON Lines, by the look of the file."""

import json
from collections.abc import Sequence
from pathlib import Path

from bookbag.imports.csv_tables import CsvRecord, decode_text, parse_table, read_file
from bookbag.imports.faults import FaultList, has_control_character, show_text


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
            values = _parse_row(row, line, path, faults)
            if _has_required(values, required, line, path, faults):
                kept = {name: values.get(name, "") for name in (*required, *optional)}
                records.append(CsvRecord(line=line, values=kept))
                _check_texts(kept, texts, line, path, faults)
    return records


def _parse_row(row: str, line: int, path: Path, faults: FaultList) -> dict[str, str]:
    try:
        found = json.loads(row)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        faults.add(path, "Found no JSON object, expected one on each line", line=line)
        return {}
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
    if missing and values:
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
