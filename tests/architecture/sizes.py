"""Measuring functions, classes and modules as house style counts them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NESTING = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One thing with its size."""

    name: str
    """``path::Class.function``, or the path of a module."""
    kind: str
    """module, class, function, test file, test function or nesting."""
    size: int
    """Lines without the docstring, or levels."""


def iter_measured(*folders: str) -> Iterator[Measured]:
    """Yield everything in the Python files of some folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from measure_module(path)


def measure_module(path: Path) -> Iterator[Measured]:
    """Yield a module and everything that is defined in it."""
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    is_test = path.name.startswith("test_")
    kind = "test file" if is_test else "module"
    yield Measured(name=name, kind=kind, size=len(text.splitlines()))
    yield from _iter_definitions(ast.parse(text), f"{name}::")


def _iter_definitions(parent: ast.AST, prefix: str) -> Iterator[Measured]:
    for node in ast.iter_child_nodes(parent):
        if not isinstance(node, Definition):
            continue
        name = prefix + node.name
        size = _count_lines(node)
        if isinstance(node, ast.ClassDef):
            yield Measured(name=name, kind="class", size=size)
        else:
            is_test = node.name.startswith("test_")
            kind = "test function" if is_test else "function"
            yield Measured(name=name, kind=kind, size=size)
            yield Measured(name=name, kind="nesting", size=_count_levels(node))
        yield from _iter_definitions(node, f"{name}.")


def _count_lines(node: Definition) -> int:
    end = node.end_lineno or node.lineno
    lines = end - node.lineno + 1
    if ast.get_docstring(node) is None:
        return lines
    docstring = node.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _count_levels(node: ast.AST) -> int:
    deepest = 0
    for child in ast.iter_child_nodes(node):
        # An elif is an If inside of an If for Python, and the same level for a reader.
        is_elif = (
            isinstance(node, ast.If)
            and isinstance(child, ast.If)
            and node.orelse == [child]
        )
        is_definition = isinstance(child, Definition)
        level = int(isinstance(child, NESTING) and not is_elif)
        if not is_definition:
            deepest = max(deepest, level + _count_levels(child))
    return deepest
