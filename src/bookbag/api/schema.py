"""The description of the API: OpenAPI 3.1, made from the endpoints themselves."""

from typing import Any

from bookbag.api.application import api
from bookbag.api.middleware import PREFIX
from bookbag.api.resource import Problem

DESCRIPTION = (
    "Everything that a person can do with exports, a program can do. Send a personal "
    "access token, or a service's token from `/api/v1/oauth/token`, as "
    "`Authorization: Bearer TOKEN`. Errors are problem documents (RFC 9457) with a "
    "stable `code`. Lists are paged by `Link`. Times are ISO 8601 in UTC."
)
_HEADERS: dict[str, Any] = {
    "RateLimit": {
        "description": "Requests that are left, and seconds until they begin again.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "How many requests there are in how many seconds.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it is worth asking again.",
        "schema": {"type": "integer"},
    },
}
_SCHEMES: dict[str, Any] = {
    "BearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal access token, or the token of a service.",
    },
    "ClientCredentials": {
        "type": "http",
        "scheme": "basic",
        "description": "The id and secret of an API client.",
    },
}


def make_schema() -> dict[str, Any]:
    """Return the whole description, the same each time."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    schema["info"] = {
        "title": "Bookbag",
        "version": "1",
        "description": DESCRIPTION,
        "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    }
    schema["servers"] = [{"url": "/"}]
    components = schema["components"]
    components["schemas"]["Problem"] = Problem.model_json_schema()
    components["schemas"] = dict(sorted(components["schemas"].items()))
    components["headers"] = _HEADERS
    components["securitySchemes"] = _SCHEMES
    for operations in schema["paths"].values():
        for operation in operations.values():
            _finish(operation)
    return schema


def _drop_null(parameter: dict[str, Any]) -> None:
    """Take null out of a parameter: an address has no such value, only none at all."""
    choices = parameter["schema"].get("anyOf", [])
    others = [choice for choice in choices if choice != {"type": "null"}]
    if len(others) == 1:
        parameter["schema"] = others[0]


def _finish(operation: dict[str, Any]) -> None:
    """Bring one operation into its final form."""
    scope = operation.pop("x-scope", None)
    if scope is not None:
        operation["security"] = [{"BearerAuth": [scope]}]
    for parameter in operation.get("parameters", []):
        _drop_null(parameter)
    headers = ["RateLimit", "RateLimit-Policy"] if scope else []
    answers = operation["responses"]
    operation["responses"] = {str(s): answers[s] for s in sorted(answers)}
    for status, answer in operation["responses"].items():
        named = [
            *headers,
            *(["Retry-After"] if status in ("202", "429", "503") else []),
        ]
        refs = {name: {"$ref": f"#/components/headers/{name}"} for name in named}
        if refs:
            answer["headers"] = refs
