"""The description of the API as a file, and as a page that people read."""

import functools
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookbag.api.problems import PROBLEMS, TRANSLATED
from bookbag.api.schema import DESCRIPTION, make_schema

JSON_BODY = "application/json"
Pieces = tuple[str, ...]
"""A text as the page shows it: prose first, then code and prose by turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One parameter, or one field of a body, as the page shows it."""

    name: str
    place: str
    kind: str
    is_needed: bool
    description: "Pieces"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEntry:
    """One operation as the page shows it."""

    tag: str
    anchor: str
    method: str
    path: str
    title: str
    paragraphs: tuple["Pieces", ...]
    scope: str
    fields: tuple[FieldLine, ...]
    answers: tuple[tuple[str, str, str], ...]
    """Status, meaning and type."""


@functools.cache
def render_schema() -> str:
    """Return the description as the file that programs read."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


@require_safe
def openapi(_request: HttpRequest) -> HttpResponse:
    """Answer with the description of the API."""
    response = HttpResponse(render_schema(), content_type=JSON_BODY)
    response["Access-Control-Allow-Origin"] = "*"  # public, for tools on any page
    return response


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the description of the API, made here: it needs no script at all."""
    entries = list(iter_entries())
    groups = itertools.groupby(entries, key=lambda entry: entry.tag)
    kinds = sorted(
        {(str(getattr(kind, "code", "")), kind) for kind in PROBLEMS if kind},
        key=lambda pair: (PROBLEMS[pair[1]].status, pair[0]),
    )
    context = {
        "introduction": part_text(DESCRIPTION),
        "groups": [(tag, list(members)) for tag, members in groups],
        "problems": [
            (code, PROBLEMS[kind].status, (kind.__doc__ or "").partition("\n")[0])
            for code, kind in kinds
            if kind not in TRANSLATED
        ],
    }
    return render(request, "api/docs.html", context)


def part_text(text: str) -> Pieces:
    """Return a text, parted at its backticks."""
    return tuple(" ".join(text.split()).split("`"))


def iter_entries() -> Iterator[OperationEntry]:
    """Yield every operation in the order of its resource."""
    schema = make_schema()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            text = operation.get("description", "").strip().split("\n\n")
            security = operation.get("security", [{}])[0]
            scopes = security.get("BearerAuth", [])
            yield OperationEntry(
                tag=operation["tags"][0],
                anchor=operation["operationId"],
                method=method.upper(),
                path=path,
                title=operation["summary"],
                paragraphs=tuple(part_text(p) for p in text[1:]),
                scope=" ".join(scopes),
                fields=tuple(_iter_fields(schema, operation)),
                answers=tuple(_iter_answers(operation)),
            )


def _iter_fields(
    schema: dict[str, Any], operation: dict[str, Any]
) -> Iterator[FieldLine]:
    for parameter in operation.get("parameters", []):
        yield FieldLine(
            name=parameter["name"],
            place=parameter["in"],
            kind=_name_type(parameter["schema"]),
            is_needed=parameter.get("required", False),
            description=part_text(parameter.get("description", "")),
        )
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = _resolve(schema, content.get("schema", {}))
        for name, field in body.get("properties", {}).items():
            yield FieldLine(
                name=name,
                place="body",
                kind=_name_type(field),
                is_needed=name in body.get("required", []),
                description=part_text(field.get("description", "")),
            )


def _iter_answers(operation: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for status, answer in operation["responses"].items():
        contents = answer.get("content", {})
        kinds = [_name_type(c.get("schema", {})) for c in contents.values()]
        yield status, answer["description"], ", ".join(kinds)


def _resolve(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"].get(name, part)
    return found


def _name_type(part: dict[str, Any]) -> str:
    """Return what people call a type of the description."""
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    if "anyOf" in part:
        return " or ".join(_name_type(choice) for choice in part["anyOf"])
    if "enum" in part:
        return " | ".join(str(value) for value in part["enum"])
    if "const" in part:
        return str(part["const"])
    if part.get("type") == "array":
        return f"list of {_name_type(part.get('items', {}))}"
    return str(part.get("format") or part.get("type", ""))
