"""JSON that somebody else wrote, read strictly: what nobody knows is a fault.

Nothing is converted silently: a key given twice, a key that nobody knows, a value of
another type, ``NaN``, numbers without end and values nested without end are refused
with their place.

Source: ADR 0050; lessons 3a.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from bookbag.formats.texts import has_control_character, is_utf8, show_text

DEPTH_LIMIT = 32
"""Levels of lists and objects; what we read has six."""


class _RefusedError(ValueError):
    """The text is JSON, and not what a careful program writes."""


def parse_strictly(text: str, refuse: Callable[[str, int | None], None]) -> object:
    """Return the value of a JSON text, or None after saying what is wrong with it.

    Args:
        text: The text.
        refuse: Told what was found and what was expected, and the line if it is known.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_refuse_doubled_keys,
            parse_constant=_refuse_constant,
        )
        _check_depth(value)
    except json.JSONDecodeError as error:
        message = f"Found text that is not JSON: {error.msg} at column {error.colno}"
        refuse(message, error.lineno)
    except _RefusedError as error:
        refuse(str(error), None)
    except RecursionError:
        refuse("Found values nested too deeply, expected a course", None)
    except ValueError:
        # Python refuses to convert numbers of more than 4 300 digits.
        refuse("Found a number that is too long, expected a course", None)
    else:
        return value
    return None


class StrictReader:
    """Takes JSON values apart and notes every fault on the way.

    Invariants: a place is a path like ``modules[0].name``.
    """

    BLANKS = "\n"
    """Control characters that a text may have."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note

    def compose(self, text: str) -> str:
        """Return a text as it is to be kept; here as it was written."""
        return text

    def read_object(
        self, value: object, place: str, keys: Sequence[str]
    ) -> Mapping[str, object]:
        """Return an object that has no other keys; an empty one after a fault."""
        if not isinstance(value, dict):
            self.refuse(place, f"Found {name_type(value)}, expected an object")
            return {}
        for key in sorted(value.keys() - set(keys)):
            message = f"Found key '{show_text(key)}', expected {', '.join(keys)}"
            self.refuse(place, message)
        return value

    def iter_items(self, value: object, place: str) -> Iterator[tuple[str, object]]:
        """Yield the items of a list, each with its place."""
        if not isinstance(value, list):
            self.refuse(place, f"Found {name_type(value)}, expected a list")
            return
        for number, item in enumerate(value):
            yield f"{place}[{number}]", item

    def read_text(
        self,
        record: Mapping[str, object],
        key: str,
        place: str,
        limit: int,
        *,
        is_required: bool = False,
    ) -> str:
        """Return a text of an object; empty when it is not there."""
        where = f"{place}.{key}" if place else key
        value = record.get(key, "")
        if not isinstance(value, str):
            self.refuse(where, f"Found {name_type(value)}, expected text")
            return ""
        text = self.compose(value)
        problem = self._find_problem(text, limit, is_required and bool(record))
        if problem:
            self.refuse(where, problem)
        return text

    def check_unique(self, names: Sequence[str], what: str) -> None:
        """Note every name that is there twice."""
        seen: set[str] = set()
        for name in names:
            if name in seen and name:
                self._note(f"Found {what} '{show_text(name)}' twice, expected it once")
            seen.add(name)

    def refuse(self, place: str, message: str) -> None:
        """Note what is wrong at a place."""
        self._note(f"{message}, at {place}")

    def _find_problem(self, text: str, limit: int, is_required: bool) -> str | None:
        if is_required and not text:
            return "Found nothing, expected text"
        if len(text) > limit:
            return f"Text is {len(text)} characters, limit is {limit}"
        plain = text.translate(dict.fromkeys(map(ord, self.BLANKS)))
        if not is_utf8(text) or has_control_character(plain):
            return "Found a control character, expected plain text"
        return None


def name_type(value: object) -> str:
    """Return what JSON calls a value's type."""
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")


def _refuse_doubled_keys(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    record: dict[str, object] = {}
    for key, value in pairs:
        if key in record:
            message = f"Found key '{show_text(key)}' twice in one object, expected once"
            raise _RefusedError(message)
        record[key] = value
    return record


def _refuse_constant(name: str) -> object:
    raise _RefusedError(f"Found {name}, expected a number that JSON has")


def _check_depth(value: object) -> None:
    level = [value]
    for _depth in range(DEPTH_LIMIT):
        level = [inner for outer in level for inner in _iter_inner(outer)]
        if not level:
            return
    raise RecursionError


def _iter_inner(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
