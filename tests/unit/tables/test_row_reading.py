"""Reading CSV row by row: what cannot be read is named, and the rest is read."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bagkit.errors import TableError
from bagkit.tables import Dialect, FoundRow, iter_found_rows
from tests.unit.tables.tables import make_schema, write_rows

SCHEMA = make_schema(name="string", count="integer")


def read(body: bytes) -> list[FoundRow]:
    return list(iter_found_rows(io.BytesIO(b"name,count\r\n" + body), SCHEMA))


@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(exclude_categories=["Cs"])),
            st.none() | st.integers(-(2**63), 2**63 - 1),
        )
    )
)
def test_what_was_written_is_found(
    rows: list[tuple[str | None, int | None]],
) -> None:
    content, _ = write_rows(SCHEMA, rows, Dialect.CSV)

    found = list(iter_found_rows(io.BytesIO(content), SCHEMA))

    texts = [(name, None if n is None else str(n)) for name, n in rows]
    assert [row.cells for row in found] == texts
    assert [row.number for row in found] == list(range(1, len(rows) + 1))


def test_a_row_that_cannot_be_read_has_its_number_and_costs_no_other() -> None:
    body = b'"a",1\r\n"b"\r\n"c\xff",2\r\n"d\r\nx",3,4\r\n"\'=e",\r\n'
    body += b'"f\xfe"\r\n"\xc3\xa9",6\r\n'

    assert read(body) == [
        FoundRow(1, ("a", "1")),
        FoundRow(2, (), "Found 1 fields, expected 2"),
        FoundRow(3, (), "Found a text that is not UTF-8"),
        FoundRow(4, (), "Found 3 fields, expected 2"),
        FoundRow(5, ("=e", None)),
        FoundRow(6, (), "Found 1 fields, expected 2"),
        FoundRow(7, ("\N{LATIN SMALL LETTER E WITH ACUTE}", "6")),
    ]


def test_a_table_without_a_row_is_empty() -> None:
    assert read(b"") == []


@pytest.mark.parametrize("content", [b"", b"name,count", b"count,name\r\n", b"\0" * 99])
def test_another_table_is_refused(content: bytes) -> None:
    with pytest.raises(TableError, match="Found another header than of table 'things'"):
        list(iter_found_rows(io.BytesIO(content), SCHEMA))
