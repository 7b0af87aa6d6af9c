"""Database rows as the Arrow record batches that the table engine takes.

``open_snapshot`` gives one consistent look at the database, and ``Snapshot.read`` the
rows of a query in it. Source: ADR 0017 and 0063.
"""

from bookbag.exports.rows.functions import JoinedNames, SecondsBetween
from bookbag.exports.rows.queries import RowQuery, compile_parts, compile_rows
from bookbag.exports.rows.snapshots import Cover, Snapshot, open_snapshot
from bookbag.exports.rows.sources import table_source

__all__ = [
    "Cover",
    "JoinedNames",
    "RowQuery",
    "SecondsBetween",
    "Snapshot",
    "compile_parts",
    "compile_rows",
    "open_snapshot",
    "table_source",
]
