"""What people are called, and finding any of it in a text.

A text is first cut into words and these looked up, which costs the same for ten people
and for ten thousand; only a text with such a word is looked at closely.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

SHORTEST = 3
"""Shorter names are in every text; they are counted, not looked for."""
PATTERNS_KEPT = 256
SEVERAL = "person-several"
"""Stands for a name that several people have."""
_WORD = re.compile(r"[^\W_]+")
_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"


class IdentityKind(StrEnum):
    """How a text names a person."""

    EMAIL = "email"
    USERNAME = "username"
    FULL_NAME = "full-name"
    NAME = "name"
    """A first or last name alone, in exactly that spelling."""
    ID = "id"


@dataclass(frozen=True, slots=True)
class Identity:
    """One thing that a person is called."""

    kind: IdentityKind
    text: str
    pseudonym: str
    """What to write in its place."""


class IdentityDictionary:
    """Everything that some people are called.

    Invariants: words begin and end at what is no letter and no digit; case does not
    count, but for names alone, which are also words of every day.
    """

    def __init__(self, identities: Iterable[Identity]) -> None:
        self.too_short = 0
        """Things that are not looked for, because they are too short."""
        self._any_case: dict[str, Identity] = {}
        self._exact: dict[str, Identity] = {}
        self._by_word: dict[str, set[str]] = {}
        for identity in identities:
            self._add(identity)

    def __len__(self) -> int:
        return len(self._any_case) + len(self._exact)

    def __iter__(self) -> Iterator[Identity]:
        yield from self._any_case.values()
        yield from self._exact.values()

    def replace(self, text: str) -> tuple[str, Mapping[str, int]]:
        """Return a text with pseudonyms in it, and how much of each kind was found."""
        words = self._by_word.keys() & set(_WORD.findall(text.casefold()))
        if not words:
            return text, {}
        found: Counter[str] = Counter()

        def put(match: re.Match[str]) -> str:
            identity = self._find(match[0])
            if identity is None:
                return match[0]
            found[identity.kind.value] += 1
            return identity.pseudonym

        return self._compile(frozenset(words)).sub(put, text), found

    def count(self, text: str) -> Mapping[str, int]:
        """Return how much of each kind is in a text."""
        return self.replace(text)[1]

    def _add(self, identity: Identity) -> None:
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, identity.text).strip()
            first = _WORD.search(text.casefold())
            if len(text) < SHORTEST or first is None:
                self.too_short += form == "NFC" and bool(text)
                continue
            is_exact = identity.kind is IdentityKind.NAME
            place = self._exact if is_exact else self._any_case
            key = text if is_exact else text.casefold()
            known = place.get(key)
            if known is None:
                place[key] = identity
            elif known.pseudonym != identity.pseudonym:
                place[key] = Identity(known.kind, known.text, SEVERAL)
            self._by_word.setdefault(first[0], set()).add(text)

    def _find(self, text: str) -> Identity | None:
        return self._any_case.get(text.casefold()) or self._exact.get(text)

    @lru_cache(maxsize=PATTERNS_KEPT)  # noqa: B019 - a dictionary lives for one export
    def _compile(self, words: frozenset[str]) -> re.Pattern[str]:
        texts = {text for word in words for text in self._by_word[word]}
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        choice = "|".join(map(re.escape, longest_first))
        return re.compile(f"{_BEFORE}(?:{choice}){_AFTER}", re.IGNORECASE)
