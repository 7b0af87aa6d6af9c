"""How a student changes starter code: comments, changed and added functions.

Everything here is drawn from one random source, so the same student of the same seed
always makes the same edits. Code that was Python stays Python.
"""

import random
import re

_DEFINITION = re.compile(rb"^([ ]*)(?:async )?def \w+\(", re.MULTILINE)
_RETURN = re.compile(rb"^([ ]+)return ([^\n]+)$", re.MULTILINE)
_HALF_STATEMENT = (b"\\", b",", b"(", b"[", b"{", b":")

COMMENTS = (
    "I had to read this three times.",
    "TODO: ask in the lab why this works.",
    "Changed after the feedback of week 3.",
    "naïve version first, make it fast later",
    "Achtung: hier war vorher ein Fehler",
    "これは大事です",
    "see notes.md",
)
WORDS = ("count", "total", "merge", "guess", "walk", "clean", "plan", "draw", "check")


def edit_source(source: bytes, rng: random.Random) -> bytes:
    """Return Python source with a few edits of one student's hand."""
    for edit in rng.sample((_add_comment, _name_result, _add_function), k=2):
        source = edit(source, rng)
    return source


def write_function(rng: random.Random) -> str:
    """Return a small function of the student's own."""
    name = f"{rng.choice(WORDS)}_{rng.choice(WORDS)}_{rng.randrange(1000)}"
    limit = rng.randrange(10, 5000)
    comment = rng.choice(COMMENTS)
    return (
        f"\n\ndef {name}(values, limit={limit}):\n"
        f"    # {comment}\n"
        f"    kept = [value for value in values if value < limit]\n"
        f"    return sum(kept) % {rng.randrange(2, 97)}\n"
    )


def _add_comment(source: bytes, rng: random.Random) -> bytes:
    places = list(_DEFINITION.finditer(source))
    if not places:
        return f"# {rng.choice(COMMENTS)}\n".encode() + source
    place = rng.choice(places)
    line = place.group(1) + f"# {rng.choice(COMMENTS)}\n".encode()
    return source[: place.start()] + line + source[place.start() :]


def _name_result(source: bytes, rng: random.Random) -> bytes:
    places = [place for place in _RETURN.finditer(source) if _is_whole(place.group(2))]
    if not places:
        return source
    place = rng.choice(places)
    indent, value = place.groups()
    named = b"%sresult = %s\n%sreturn result" % (indent, value, indent)
    return source[: place.start()] + named + source[place.end() :]


def _add_function(source: bytes, rng: random.Random) -> bytes:
    return source.rstrip(b"\n") + write_function(rng).encode()


def _is_whole(expression: bytes) -> bool:
    """Answer whether the text can stand as an expression on one line."""
    return (
        not expression.rstrip().endswith(_HALF_STATEMENT)
        and b'"""' not in expression
        and b"'''" not in expression
        and all(
            expression.count(opening) == expression.count(closing)
            for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
        )
    )
