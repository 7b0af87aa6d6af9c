"""Keys of kept files: one for each attempt, from an id that nobody guesses."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from bookbag.exports.models import Export
from bookbag.exports.storage import format_index_key, format_key, parse_key

ATTEMPTS = st.tuples(
    st.uuids(version=4),
    st.integers(min_value=0, max_value=10_000),
    st.sampled_from([".zip", ".csv", ".xlsx", ".tar", ".jsonl", ""]),
)


@given(st.sets(ATTEMPTS, max_size=30))
def test_no_two_attempts_have_one_key(attempts: set[tuple[UUID, int, str]]) -> None:
    keys = {format_key(*attempt) for attempt in attempts}
    indexes = {format_index_key(key) for key in keys}

    assert len(keys) == len(indexes) == len(attempts)
    assert not keys & indexes


@given(ATTEMPTS)
def test_a_key_says_which_attempt_it_is_and_nothing_else(
    attempt: tuple[UUID, int, str],
) -> None:
    export_id, number, suffix = attempt
    key = format_key(export_id, number, suffix)

    assert parse_key(key) == (export_id, number)
    assert key == f"published/{export_id}.{number}{suffix}"


def test_the_id_is_122_random_bits_and_no_count_or_clock() -> None:
    made = [Export().pk for _ in range(200)]

    assert {value.version for value in made} == {uuid4().version}
    assert len({value.int >> 96 for value in made}) > 195  # no common beginning
    assert Export._meta.pk.default is uuid4
