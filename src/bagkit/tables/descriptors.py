"""Frictionless descriptors: what is in the files, for people and for programs.

Source: Data Package and Table Schema, specs.frictionlessdata.io.
"""

from collections.abc import Sequence

from bagkit.tables.dialects import Dialect
from bagkit.tables.schema import Column, TableSchema
from bagkit.tables.summary import TableSummary

_CSV = {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True}


def describe_table(
    schema: TableSchema, summary: TableSummary, path: str
) -> dict[str, object]:
    """Return the descriptor of one file.

    Args:
        schema: The table.
        summary: What was written.
        path: The file's path beside the descriptor.
    """
    dialect = summary.dialect
    table_schema: dict[str, object] = {
        "fields": [
            _describe_column(
                column, column.name in summary.guarded_columns, schema.time_zone
            )
            for column in schema.columns
        ],
        "missingValues": [""],
    }
    if schema.primary_key:
        table_schema["primaryKey"] = list(schema.primary_key)
    described: dict[str, object] = {
        "name": schema.name.replace("_", "-"),
        "title": schema.title,
        "description": schema.description,
        "path": path,
        "format": dialect.suffix.removeprefix("."),
        "mediatype": dialect.media_type,
        "encoding": "utf-8",
        "bytes": summary.byte_count,
        "rowCount": summary.row_count,
    }
    if dialect.is_csv:
        described["dialect"] = dict(_CSV)
    if dialect is Dialect.XLSX:
        described["escapedCells"] = summary.cells.escaped
        described["longCells"] = summary.cells.long
        described["sheets"] = summary.cells.sheets
    return described | {"schema": table_schema}


def describe_package(
    name: str, title: str, created: str, resources: Sequence[dict[str, object]]
) -> dict[str, object]:
    """Return the descriptor of all tables of an archive."""
    return {
        "name": name,
        "title": title,
        "created": created,
        "resources": list(resources),
    }


def _describe_column(
    column: Column, is_guarded: bool, time_zone: str
) -> dict[str, object]:
    described: dict[str, object] = {
        "name": column.name,
        "type": column.kind,
        "description": column.description,
    }
    if column.kind == "datetime":
        described["format"] = "%Y-%m-%dT%H:%M:%S.%f%z"
        described["timeZone"] = time_zone
    if column.unit:
        described["unit"] = column.unit
    if is_guarded:
        described["formulaGuard"] = "apostrophe"
    if not column.nullable:
        described["constraints"] = {"required": True}
    return described
