"""The lists that every archive has: problems, changed names and links."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from bagkit.tables import Column, TableSchema

BATCH_ROWS = 5_000

PROBLEMS = TableSchema(
    name="problems",
    title="Problems",
    description="One row for each thing that could not be read, and why.",
    columns=(
        Column("assignment", "string", "The assignment's folder.", nullable=False),
        Column("username", "string", "The student's user name.", nullable=False),
        Column("path", "string", "Path in the workspace, odd bytes escaped."),
        Column("reason", "string", "A reason code, see archive.md.", nullable=False),
    ),
)

NAMES = TableSchema(
    name="names",
    title="Changed names",
    description="Original names of what had to be renamed, to restore them.",
    columns=(
        Column("assignment", "string", "The assignment's folder.", nullable=False),
        Column("username", "string", "The student's user name.", nullable=False),
        Column("original_path", "string", "Path in the workspace, odd bytes escaped."),
        Column("archive_path", "string", "Path below the workspace's folder."),
    ),
)


LINKS = TableSchema(
    name="links",
    title="Links",
    description="Every link of the workspaces, and what it leads to.",
    columns=(
        Column("assignment", "string", "The assignment's folder.", nullable=False),
        Column("username", "string", "The student's user name.", nullable=False),
        Column("archive_path", "string", "Path below the workspace's folder."),
        Column("target", "string", "What the link says, relative to its folder."),
    ),
)


IDENTITIES = TableSchema(
    name="identities",
    title="People in files",
    description="Whom files name, without saying who it is.",
    columns=(
        Column("assignment", "string", "The assignment's folder.", nullable=False),
        Column("username", "string", "The student's user name.", nullable=False),
        Column("path", "string", "Path below the workspace's folder, covered."),
        Column("kind", "string", "How somebody is named.", nullable=False),
        Column("count", "integer", "How often.", nullable=False),
        Column("action", "string", "replaced or found.", nullable=False),
        Column("place", "string", "Where it stands.", nullable=False),
    ),
)


def iter_list_batches(
    schema: TableSchema, rows: Sequence[tuple[str | int, ...]]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a list as record batches."""
    arrow_schema = schema.arrow_schema()
    for start in range(0, len(rows), BATCH_ROWS):
        columns = zip(*rows[start : start + BATCH_ROWS], strict=True)
        arrays = [
            pa.array(column, field.type)
            for column, field in zip(columns, arrow_schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=arrow_schema)
