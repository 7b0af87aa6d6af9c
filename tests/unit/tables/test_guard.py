"""The formula guard: what it covers, what it leaves, and that it can be undone."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bagkit.tables.guard import guard_texts, unguard_texts

SIGNS = "=+-@\t\r\x00\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
BLANKS = ("", *" \n\x0b\x85\u00a0\u3000\u2028\ufeff\u200b")
HARMLESS = ["", "a", "a=1", "7-1", "\u00c9mile", "<a>", " a", "\na", "1 @ 2", "#", "|"]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_it_guards_each_sign_also_after_blanks(sign: str, blank: str) -> None:
    text = f"{blank}{sign}1+1"

    guarded, count = guard_texts(pa.array([text]))

    assert (guarded.to_pylist(), count) == ([f"'{text}"], 1)


@pytest.mark.parametrize("text", HARMLESS)
def test_it_leaves_other_texts_alone(text: str) -> None:
    guarded, count = guard_texts(pa.array([text, None]))

    assert (guarded.to_pylist(), count) == ([text, None], 0)


def test_a_text_that_looks_guarded_is_guarded() -> None:
    guarded, count = guard_texts(pa.array(["'", "'=1", None, "a"]))

    assert (guarded.to_pylist(), count) == (["''", "''=1", None, "a"], 2)


def test_a_slice_is_guarded_by_what_it_shows() -> None:
    texts = pa.array(["=1", "a", "=2", "b", "=3"])

    guarded, count = guard_texts(texts.slice(1, 3))

    assert (guarded.to_pylist(), count) == (["a", "'=2", "b"], 1)


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"))))
def test_undoing_it_gives_back_the_texts(texts: list[str | None]) -> None:
    guarded, _ = guard_texts(pa.array(texts, pa.string()))

    assert unguard_texts(guarded).to_pylist() == texts
