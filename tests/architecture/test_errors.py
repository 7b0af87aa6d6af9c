"""One tree of errors for each layer, drawn where it is written, with stable codes."""

import re
import sys

import pytest

from docs.pages import ERROR_TREES, draw_tree, iter_tree

LAYERS = pytest.mark.parametrize(
    "error", ERROR_TREES, ids=[error.__module__ for error in ERROR_TREES]
)


@LAYERS
def test_the_module_draws_its_tree(error: type[Exception]) -> None:
    docstring = sys.modules[error.__module__].__doc__ or ""

    assert _read_parents(docstring) == _read_parents(draw_tree(error))


@LAYERS
def test_every_error_of_the_layer_is_in_the_tree(error: type[Exception]) -> None:
    module = sys.modules[error.__module__]

    defined = {
        kind
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, BaseException)
        and kind.__module__ == module.__name__
    }

    assert defined == set(iter_tree(error))


def test_every_code_is_a_slug_of_one_error() -> None:
    kinds = [kind for error in ERROR_TREES for kind in iter_tree(error)]
    codes = [vars(kind).get("code", "") for kind in kinds]

    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    assert sorted(codes) == sorted(set(codes))


def test_every_error_says_what_happened_in_its_docstring() -> None:
    kinds = [kind for error in ERROR_TREES for kind in iter_tree(error)]

    silent = [kind for kind in kinds if not (kind.__doc__ or "").strip().endswith(".")]

    assert silent == []


def _read_parents(drawing: str) -> dict[str, str]:
    """Return each class of a drawn tree with the one that it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in drawing.splitlines():
        match = re.fullmatch(r"((?:[│├└─ ]{4})*)([A-Z]\w+Error)", line)
        if match is None:
            continue
        del path[len(match[1]) // 4 :]
        parents[match[2]] = path[-1] if path else ""
        path.append(match[2])
    return parents
