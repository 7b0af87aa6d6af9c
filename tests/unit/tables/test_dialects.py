"""The bytes of each dialect, and what its summary and its descriptor say."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from bagkit.tables import Column, Dialect, TableSchema, describe_table
from tests.unit.tables.tables import make_schema, write_rows

MOMENT = datetime(2026, 11, 23, 10, 0, 0, 5, tzinfo=UTC)
KINDS = make_schema(
    text="string",
    count="integer",
    share="number",
    is_so="boolean",
    at="datetime",
    on="date",
)
ROWS = [
    ("=a", -5, -0.5, True, MOMENT, date(2026, 11, 23)),
    ("", 0, None, None, None, None),
    (None, None, None, None, None, None),
]
GUARDED = (
    b"text,count,share,is_so,at,on\r\n"
    b'"\'=a",-5,-0.5,true,"2026-11-23T10:00:00.000005+00:00",2026-11-23\r\n'
    b'"",0,,,,\r\n'
    b",,,,,\r\n"
)


def test_csv_is_guarded_and_numbers_stay_numbers() -> None:
    content, summary = write_rows(KINDS, ROWS, Dialect.CSV)

    assert content == GUARDED
    assert (summary.row_count, summary.byte_count) == (3, len(GUARDED))
    assert (summary.guarded_count, summary.guarded_columns) == (1, ("text",))


def test_csv_exact_has_no_guard() -> None:
    content, summary = write_rows(KINDS, ROWS, Dialect.CSV_EXACT)

    assert content == GUARDED.replace(b"'", b"")
    assert (summary.guarded_count, summary.guarded_columns) == (0, ())


def test_names_of_columns_are_quoted_and_guarded() -> None:
    columns = tuple(Column(name, "string", "") for name in ["=1", 'a"b,c', "d"])
    schema = TableSchema(name="odd", title="", description="", columns=columns)

    content, _ = write_rows(schema, [], Dialect.CSV)

    assert content == b'\'=1,"a""b,c",d\r\n'
    assert next(csv.reader(io.StringIO(content.decode()))) == ["'=1", 'a"b,c', "d"]


def test_json_lines_have_one_object_each() -> None:
    rows = [("a\u2028\n", 1, float("nan"), True, MOMENT, date(2026, 11, 23)), ROWS[2]]

    content, _ = write_rows(KINDS, rows, Dialect.JSONL)

    first, second = content.decode().splitlines()
    assert first == (
        '{"text":"a\\u2028\\n","count":1,"share":"nan","is_so":true,'
        '"at":"2026-11-23T10:00:00.000005+00:00","on":"2026-11-23"}'
    )
    assert second == (
        '{"text":null,"count":null,"share":null,"is_so":null,"at":null,"on":null}'
    )


@pytest.mark.parametrize("dialect", Dialect, ids=lambda dialect: dialect.value)
def test_the_same_rows_give_the_same_bytes(dialect: Dialect) -> None:
    assert write_rows(KINDS, ROWS, dialect)[0] == write_rows(KINDS, ROWS, dialect)[0]


@pytest.mark.parametrize(
    ("dialect", "suffix", "media_type"),
    [
        (Dialect.CSV, ".csv", "text/csv"),
        (Dialect.CSV_EXACT, ".csv", "text/csv"),
        (
            Dialect.XLSX,
            ".xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (Dialect.PARQUET, ".parquet", "application/vnd.apache.parquet"),
        (Dialect.JSONL, ".jsonl", "application/jsonl"),
    ],
)
def test_each_dialect_has_a_suffix_and_a_media_type(
    dialect: Dialect, suffix: str, media_type: str
) -> None:
    _, summary = write_rows(KINDS, ROWS, dialect)

    described = describe_table(KINDS, summary, f"things{suffix}")

    assert (dialect.suffix, dialect.media_type) == (suffix, media_type)
    assert (described["format"], described["mediatype"]) == (suffix[1:], media_type)
    assert ("formulaGuard" in str(described)) is (dialect is Dialect.CSV)
    assert "'timeZone': 'UTC'" in str(described)
