"""What fuzzing found, each as small as it could be made, by what it was."""

from bagkit.tables import Dialect
from tests.fuzzing.archives import DOCUMENTS, read_document
from tests.fuzzing.texts import DIALECTS, make_table

_RECEIPT = DOCUMENTS.index("receipt.json")


def _change_receipt(before: bytes, after: bytes) -> tuple[str, bytes]:
    content = read_document("receipt.json").replace(before, after)
    return "documents", bytes([_RECEIPT]) + content


def _change_table(dialect: Dialect, before: bytes, after: bytes) -> tuple[str, bytes]:
    content = make_table(dialect).replace(before, after, 1)
    return "tables", bytes([DIALECTS.index(dialect)]) + content


FINDINGS: dict[str, tuple[str, bytes]] = {
    "a receipt of no day": _change_receipt(b'"2026-11-22T', b'"2026-13-22T'),
    "a seal before the start": _change_receipt(
        b'"seal":{"bytes":', b'"seal":{"bytes":-'
    ),
    "lines nested without end": (
        "tables",
        bytes([DIALECTS.index(Dialect.JSONL)]) + b"[" * 100_000,
    ),
    "a number of a hundred digits": _change_table(
        Dialect.JSONL, b'"count":1', b'"count":1' + b"0" * 99
    ),
    "columns without a schema": _change_table(Dialect.PARQUET, b"PAR1", b"PAR1\xff"),
    "columns whose end is damaged": (
        "tables",
        bytes([DIALECTS.index(Dialect.PARQUET)])
        + make_table(Dialect.PARQUET)[:-20]
        + b"\xff" * 12
        + make_table(Dialect.PARQUET)[-8:],
    ),
}
"""The target and the input."""
