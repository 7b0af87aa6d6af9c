"""Finding people in texts: whole words, in any case, one or ten thousand of them."""

import time
import unicodedata

import pytest

from bagkit.identities import Identity, IdentityDictionary, IdentityKind
from bagkit.identities.dictionary import SEVERAL

ADA = (
    Identity(IdentityKind.USERNAME, "ada.l", "person-a"),
    Identity(IdentityKind.EMAIL, "ada@example.edu", "person-a@pseudonym.invalid"),
    Identity(IdentityKind.FULL_NAME, "Ada Löwe", "person-a"),
    Identity(IdentityKind.NAME, "Ada", "person-a"),
    Identity(IdentityKind.NAME, "Löwe", "person-a"),
    Identity(IdentityKind.ID, "4711-x", "person-a"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("by Ada Löwe.", "by person-a."),
        ("ADA LÖWE", "person-a"),
        ("mail ADA@Example.edu!", "mail person-a@pseudonym.invalid!"),
        ("/home/ada.l/x_ada.l_1", "/home/person-a/x_person-a_1"),
        ("Ada and Löwe", "person-a and person-a"),
        ("id=4711-X;", "id=person-a;"),
        (unicodedata.normalize("NFD", "Ada Löwe"), "person-a"),
    ],
)
def test_it_finds_whole_names(text: str, expected: str) -> None:
    assert IdentityDictionary(ADA).replace(text)[0] == expected


@pytest.mark.parametrize("text", ["Adam", "Canada", "ada", "4711-xy", "löwen", ""])
def test_it_leaves_other_words(text: str) -> None:
    assert IdentityDictionary(ADA).replace(text) == (text, {})


def test_it_counts_by_kind() -> None:
    text = "Ada Löwe <ada@example.edu> (ada.l), Ada"

    assert dict(IdentityDictionary(ADA).count(text)) == {
        "full-name": 1,
        "email": 1,
        "username": 1,
        "name": 1,
    }


def test_a_name_of_several_people_is_nobodys() -> None:
    both = (*ADA, Identity(IdentityKind.NAME, "Ada", "person-b"))

    assert IdentityDictionary(both).replace("Ada")[0] == SEVERAL


def test_names_that_are_too_short_are_counted() -> None:
    short = Identity(IdentityKind.USERNAME, "al", "person-b")
    dictionary = IdentityDictionary([short])

    assert dictionary.too_short == 1
    assert dictionary.replace("al")[0] == "al"


def test_many_people_cost_little_more_than_few() -> None:
    text = "some words that name nobody at all\n" * 2000
    many = IdentityDictionary(
        Identity(IdentityKind.USERNAME, f"user{n}", "p") for n in range(20_000)
    )

    started = time.perf_counter()
    many.replace(text)

    assert time.perf_counter() - started < 1
