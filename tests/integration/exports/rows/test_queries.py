"""A queryset becomes a query whose order names every row."""

import pytest

from bagkit.errors import TableError
from bagkit.tables import Column, TableSchema
from bookbag.domain.people.models import User
from bookbag.exports.rows import (
    compile_parts,
    compile_rows,
    open_snapshot,
    table_source,
)

SCHEMA = TableSchema(
    name="people",
    title="People",
    description="Everybody.",
    columns=(Column("username", "string", ""), Column("is_active", "boolean", "")),
)
FIELDS = "username is_active"
pytestmark = pytest.mark.django_db


def make_people(*names: str) -> None:
    for name in names:
        User.objects.create(username=name, first_name="Same")


def test_rows_that_are_equal_in_order_come_by_their_keys() -> None:
    make_people("zoe", "anna", "max")
    people = User.objects.order_by("first_name")

    with open_snapshot() as snapshot:
        (batch,) = table_source(snapshot, SCHEMA, people, FIELDS).batches()

    assert batch["username"].to_pylist() == ["zoe", "anna", "max"]
    assert batch["is_active"].to_pylist() == [True, True, True]


def test_the_same_rows_are_counted_without_order() -> None:
    people = User.objects.filter(is_active=True).order_by("email")

    (query,) = compile_rows(people, FIELDS)

    assert "ORDER BY" in query.sql
    assert "ORDER BY" not in query.counting().sql
    assert query.counting().params == query.params


def test_no_rows_need_no_query() -> None:
    nobody = User.objects.none().order_by("pk")

    with open_snapshot() as snapshot:
        batches = list(table_source(snapshot, SCHEMA, nobody, FIELDS).batches())

    assert batches == []


def test_an_empty_table_has_no_rows() -> None:
    with open_snapshot() as snapshot:
        everybody = User.objects.order_by("pk")
        batches = list(table_source(snapshot, SCHEMA, everybody, FIELDS).batches())

    assert sum(batch.num_rows for batch in batches) == 0


@pytest.mark.parametrize(
    "people", [User.objects.order_by(), User.objects.order_by("pk")[:3]]
)
def test_no_order_and_a_slice_are_refused(people: object) -> None:
    with pytest.raises(TableError) as caught:
        compile_rows(people, FIELDS)  # type: ignore[arg-type]  # parametrised

    message = "Found a queryset that is sliced or without order, expected an order"
    assert str(caught.value) == f"{message}: people.User"


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_reads_what_was_committed() -> None:
    make_people("anna", "odd % name")
    people = User.objects.filter(username__contains="%").order_by("pk")

    with open_snapshot() as snapshot:
        (batch,) = table_source(snapshot, SCHEMA, people, FIELDS).batches()

    assert batch["username"].to_pylist() == ["odd % name"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 100])
def test_the_number_of_queries_does_not_grow(
    count: int, django_assert_num_queries: object
) -> None:
    make_people(*(f"student{number}" for number in range(count)))
    people = User.objects.order_by("pk")

    with django_assert_num_queries(0), open_snapshot() as snapshot:  # type: ignore[operator]  # a fixture
        (batch,) = table_source(snapshot, SCHEMA, people, FIELDS).batches()

    assert batch.num_rows == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [0, 1, 3, 4, 20])
def test_parts_hold_every_row_once(count: int) -> None:
    make_people(*(f"student{number}" for number in range(count)))
    User.objects.filter(username="student7").delete()
    people = User.objects.order_by("-username")

    parts = compile_parts(people, FIELDS, part_rows=3)
    make_people("late")
    with open_snapshot(lanes=2) as snapshot:
        batches = list(snapshot.read(SCHEMA, parts))

    names = [name for batch in batches for name in batch["username"].to_pylist()]
    expected = [*(f"student{n}" for n in range(count) if n != 7), "late"]
    assert names == expected
