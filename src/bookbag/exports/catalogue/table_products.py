"""From a schema and a queryset to the file of an export that is one table."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

import bookbag
from bagkit.archive import Progress
from bagkit.receipt import encode_canonically, sign_receipt
from bagkit.tables import Dialect, TableSchema, describe_table, write_table
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    ExportScope,
    Product,
    ProductionContext,
    ReceiptNumbers,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.rights import may_export_workspace
from bookbag.exports.receipt_keys import load_receipt_key
from bookbag.exports.rows import compile_rows, open_snapshot

DIALECT = "dialect"
"""The option that says which kind of file to write."""
DIALECTS = tuple(dialect.value for dialect in Dialect)
RECEIPT_FORMAT = "bookbag-table-receipt/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRows:
    """The rows of a table of a workspace; see ``TableContent``."""

    rows: QuerySet[Any, Any]
    fields: str
    left_out: Mapping[str, QuerySet[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContent:
    """What a table holds, and what its rules leave out."""

    schema: TableSchema
    rows: QuerySet[Any, Any]
    """In the order to write."""
    fields: str
    """Field names, one for each column of the schema, separated by blanks."""
    left_out: Mapping[str, QuerySet[Any, Any]]
    """What a rule leaves out, by rule."""
    file_stem: str
    """What the file's name begins with; made safe for every system."""


def define_table(
    identifier: str,
    scope_kind: ScopeKind,
    get_title: Callable[[], str],
    *,
    may_request: Callable[[User, ExportScope], bool],
    read: Callable[[ProductionContext], TableContent],
) -> ExportDefinition:
    """Return the definition of an export that is one table.

    Args:
        identifier: Which export it is.
        scope_kind: What it is about.
        get_title: Its title in the words that the setting chooses.
        may_request: Who may ask for it.
        read: What the table holds.
    """
    return ExportDefinition(
        identifier=identifier,
        scope_kind=scope_kind,
        get_title=get_title,
        may_request=may_request,
        produce=lambda context: _produce(context, read(context)),
        sends_mail=False,
        options={DIALECT: DIALECTS},
    )


def define_workspace_table(
    identifier: str,
    schema: TableSchema,
    get_title: Callable[[], str],
    read: Callable[[Workspace], WorkspaceRows],
) -> ExportDefinition:
    """Return the definition of an export that is one table of a workspace.

    Args:
        identifier: Which export it is.
        schema: The table.
        get_title: Its title in the words that the setting chooses.
        read: What the table holds, for the workspace that it is about.
    """

    def read_content(context: ProductionContext) -> TableContent:
        workspace = context.scope.workspace
        found = read(workspace)
        return TableContent(
            schema=schema,
            rows=found.rows,
            fields=found.fields,
            left_out=found.left_out,
            file_stem=workspace.slug,
        )

    return define_table(
        identifier,
        ScopeKind.WORKSPACE,
        get_title,
        may_request=may_export_workspace,
        read=read_content,
    )


def _produce(context: ProductionContext, content: TableContent) -> Product:
    schema = content.schema
    dialect = Dialect(context.options.get(DIALECT, Dialect.CSV.value))
    day = context.snapshot_at.date()
    file_name = (
        f"{format_file_stem(content.file_stem, schema.name, day)}{dialect.suffix}"
    )
    with open_snapshot() as snapshot, context.staged.open("w+b") as file:
        left_out = {
            rule: snapshot.count(compile_rows(rows.order_by("pk"), "pk"))
            for rule, rows in content.left_out.items()
        }
        queries = compile_rows(content.rows, content.fields)
        total = snapshot.count(queries)
        batches = _reporting(snapshot.read(schema, queries), context, total)
        summary = write_table(batches, schema, file, dialect=dialect)
        file.flush()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    pa.default_memory_pool().release_unused()
    described = describe_table(schema, summary, file_name)
    return Product(
        file_name=file_name,
        media_type=dialect.media_type,
        sha256=sha256,
        size_bytes=summary.byte_count,
        problem_count=0,
        receipt=ReceiptNumbers(
            document=_write_receipt(context, described, left_out, sha256),
            expected=summary.row_count + sum(left_out.values()),
            present=summary.row_count,
            empty=0,
            excluded=sum(left_out.values()),
            failed=0,
            file_count=summary.row_count,
            payload_bytes=summary.byte_count,
        ),
    )


def _reporting(
    batches: Iterator[pa.RecordBatch], context: ProductionContext, total: int
) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        context.on_progress(
            Progress(
                phase="writing",
                members_done=done,
                members_total=total,
                bytes_done=done,
                bytes_total=total,
            )
        )
        done += batch.num_rows
        yield batch


def _write_receipt(
    context: ProductionContext,
    described: Mapping[str, object],
    left_out: Mapping[str, int],
    sha256: str,
) -> bytes:
    receipt: dict[str, object] = {
        "format": RECEIPT_FORMAT,
        "identifier": context.export_id,
        "generator": f"Bookbag {bookbag.__version__}",
        "snapshot_at": context.snapshot_at.astimezone(UTC).isoformat(
            timespec="seconds"
        ),
        "sha256": sha256,
        "rows": described["rowCount"],
        "excluded": dict(left_out),
        "resource": described,
    }
    signature = sign_receipt(encode_canonically(receipt), load_receipt_key())
    return encode_canonically({**receipt, "signature": signature.decode()})
