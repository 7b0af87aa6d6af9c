"""From a schema and a queryset to the file of an export that is one table."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

import bookbag
from bagkit.archive import Progress
from bagkit.tables import Dialect, TableSchema, describe_table, write_table
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    ExportScope,
    People,
    Product,
    ProductionContext,
    ReceiptNumbers,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.options import Option, choose_from
from bookbag.exports.catalogue.rights import may_export_workspace
from bookbag.exports.catalogue.veiling import (
    describe_veil,
    name_export,
    open_veil,
)
from bookbag.exports.rows import Snapshot, compile_rows, open_snapshot
from bookbag.exports.table_receipts import seal_receipt

DIALECT = "dialect"
"""The option that says which kind of file to write."""
DIALECTS = tuple(dialect.value for dialect in Dialect)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsToRead:
    """The rows of a table, and those that its rules leave out."""

    rows: QuerySet[Any, Any]
    """In the order to write."""
    fields: str
    """Field names, one for each column of the schema, separated by blanks."""
    left_out: Mapping[str, QuerySet[Any, Any]] = field(default_factory=dict)
    """What a rule leaves out, by rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContent:
    """What a table holds, and what its rules leave out, at one moment."""

    schema: TableSchema
    batches: Iterable[pa.RecordBatch]
    """Its rows, read when they are asked for, once."""
    row_count: int
    """How many there will be."""
    left_out: Mapping[str, int]
    """Rows that a rule leaves out, by rule."""
    file_stem: str
    """What the file's name begins with; made safe for every system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What whoever asks for a table may choose."""

    options: Mapping[str, Option] = field(default_factory=dict)
    check: Callable[[ExportScope, Mapping[str, str]], None] | None = None
    """Raises ``OptionsError`` for choices that do not go together."""
    people: People = People.IN_ROWS
    """Whether there is anybody in it."""


def define_table(
    identifier: str,
    scope_kind: ScopeKind,
    get_title: Callable[[], str],
    *,
    may_request: Callable[[User, ExportScope], bool],
    read: Callable[[ProductionContext, Snapshot], TableContent],
    choices: Choices | None = None,
) -> ExportDefinition:
    """Return the definition of an export that is one table.

    Args:
        identifier: Which export it is.
        scope_kind: What it is about.
        get_title: Its title in the words that the setting chooses.
        may_request: Who may ask for it.
        read: What the table holds.
        choices: What may be chosen besides the kind of file.
    """
    more = choices or Choices()
    return ExportDefinition(
        identifier=identifier,
        scope_kind=scope_kind,
        get_title=get_title,
        may_request=may_request,
        produce=lambda context: produce_table(context, read),
        sends_mail=False,
        people=more.people,
        options={DIALECT: choose_from(*DIALECTS), **more.options},
        check_options=more.check,
    )


def define_workspace_table(
    identifier: str,
    schema: TableSchema,
    get_title: Callable[[], str],
    read: Callable[[Workspace], RowsToRead],
) -> ExportDefinition:
    """Return the definition of an export that is one table of a workspace.

    Args:
        identifier: Which export it is.
        schema: The table.
        get_title: Its title in the words that the setting chooses.
        read: What the table holds, for the workspace that it is about.
    """

    def read_content(context: ProductionContext, snapshot: Snapshot) -> TableContent:
        workspace = context.scope.workspace
        return read_content_of_rows(
            snapshot, schema, read(workspace), file_stem=workspace.slug
        )

    return define_table(
        identifier,
        ScopeKind.WORKSPACE,
        get_title,
        may_request=may_export_workspace,
        read=read_content,
    )


def read_content_of_rows(
    snapshot: Snapshot, schema: TableSchema, found: RowsToRead, *, file_stem: str
) -> TableContent:
    """Return a table that is read from a queryset, one row for each of its rows."""
    queries = compile_rows(found.rows, found.fields)
    return TableContent(
        schema=schema,
        batches=snapshot.read_rows(schema, found.rows, found.fields),
        row_count=snapshot.count(queries),
        left_out={
            rule: snapshot.count(compile_rows(rows.order_by("pk"), "pk"))
            for rule, rows in found.left_out.items()
        },
        file_stem=file_stem,
    )


def produce_table(
    context: ProductionContext,
    read: Callable[[ProductionContext, Snapshot], TableContent],
) -> Product:
    """Write the one table that an export is."""
    dialect = Dialect(context.options.get(DIALECT, Dialect.CSV.value))
    veil = open_veil(context)
    with open_snapshot() as snapshot, context.staged.open("w+b") as file:
        snapshot.cover = veil
        content = read(context, snapshot)
        schema, left_out = content.schema, content.left_out
        stem = format_file_stem(
            content.file_stem, schema.name, context.snapshot_at.date()
        )
        file_name = f"{stem}{dialect.suffix}"
        batches = _reporting(content.batches, context, content.row_count)
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
            document=write_rows_receipt(context, described, left_out, sha256),
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
    batches: Iterable[pa.RecordBatch], context: ProductionContext, total: int
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


def write_rows_receipt(
    context: ProductionContext,
    described: Mapping[str, object],
    left_out: Mapping[str, int],
    sha256: str,
) -> bytes:
    """Return the signed receipt of a file that is counted in rows.

    Args:
        context: Of the export.
        described: The file's descriptor, with ``rowCount``.
        left_out: Rows that a rule leaves out, by rule.
        sha256: Of the file.
    """
    content: dict[str, object] = {
        "identifier": name_export(context),
        **describe_veil(context),
        "generator": f"Bookbag {bookbag.__version__}",
        "snapshot_at": context.snapshot_at.astimezone(UTC).isoformat(
            timespec="seconds"
        ),
        "sha256": sha256,
        "rows": described["rowCount"],
        "excluded": dict(left_out),
        "resource": described,
    }
    return seal_receipt(content)
