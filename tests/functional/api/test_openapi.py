"""The description of the API: valid, complete, served, and the same as last time."""

import json
import re

from django.test import Client
from openapi_spec_validator import validate

from bookbag.api.schema import make_schema
from bookbag.domain.access.scopes import TokenScope
from tests.architecture.sizes import ROOT
from tests.functional.api.conftest import PREFIX

SNAPSHOT = ROOT / "docs" / "reference" / "openapi.json"


def test_the_interface_is_what_the_snapshot_says() -> None:
    known = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert json.loads(json.dumps(make_schema())) == known, (
        "the interface changed: see docs/api.md, then run make docs and commit"
    )


def test_the_description_is_valid() -> None:
    schema = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    validate(schema)
    assert schema["openapi"].startswith("3.1")


def test_every_operation_names_its_scope_and_its_problems() -> None:
    for path, operations in make_schema()["paths"].items():
        for operation in operations.values():
            scopes = operation["security"][0].get("BearerAuth")
            if path.endswith("/oauth/token"):
                continue
            assert scopes is not None, path
            assert set(scopes) <= set(TokenScope.values), path
            assert {"401", "403", "429"} <= set(operation["responses"]), path


def test_names_of_operations_are_unique() -> None:
    names = [
        operation["operationId"]
        for operations in make_schema()["paths"].values()
        for operation in operations.values()
    ]

    assert sorted(names) == sorted(set(names))


def test_the_description_is_served_to_everybody() -> None:
    answer = Client().get(f"{PREFIX}/openapi.json")

    assert answer.status_code == 200
    assert answer.content.decode() == SNAPSHOT.read_text(encoding="utf-8")


def test_the_page_needs_nothing_from_elsewhere() -> None:
    answer = Client().get(f"{PREFIX}/docs")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#|/|openapi\.json)[^"]*"', text) == []
    assert "style=" not in text
    for operations in make_schema()["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in text
