"""Names that people type, found in what the server lists."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from bookbag.cli.errors import UsageError
from bookbag.cli.remote.naming import find_parts
from bookbag.cli.sources import Wanted
from bookbag.exports.naming import ScopeNames
from tests.fakes.servers import FakeServer

ROWS: dict[str, list[Mapping[str, Any]]] = {
    "/api/v1/workspaces": [
        {"slug": "example-university", "name": "Example University"},
        {"slug": "other", "name": "Other"},
    ],
    "/api/v1/courses": [
        {"id": 1, "name": "CS1010"},
        {"id": 2, "name": "CS101"},
        {"id": 3, "name": "Twice"},
        {"id": 4, "name": "twice"},
    ],
    "/api/v1/courses/2/assignments": [{"id": 21, "name": "Sorting"}],
    "/api/v1/courses/2/enrolments": [
        {"id": 31, "user_id": 7, "username": "amara", "email": "amara@example.edu"}
    ],
}


@pytest.fixture
def server() -> FakeServer:
    """A server that lists a row a page."""
    made = FakeServer()
    made.answers = [_list] * 20
    return made


def _list(request: httpx.Request) -> httpx.Response:
    query = parse_qs(request.url.query.decode())
    rows = ROWS[request.url.path]
    place = int(query.get("cursor", ["0"])[0])
    after = str(place + 1) if place + 1 < len(rows) else None
    page = {"items": rows[place : place + 1], "next_cursor": after}
    return httpx.Response(200, json=page)


def find(server: FakeServer, **names: str) -> dict[str, str | int]:
    wanted = Wanted(identifier="it", names=ScopeNames(**names))
    with server.connect() as connection:
        return find_parts(connection, wanted)


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        ({"workspace": "Other"}, {"workspace": "other"}),
        ({"workspace": "example-university"}, {"workspace": "example-university"}),
        ({"course": "cs101"}, {"course_id": 2}),
        ({"course": "CS101", "workspace": "other"}, {"course_id": 2}),
        ({"course": "CS101", "assignment": "sorting"}, {"assignment_id": 21}),
        (
            {"course": "CS101", "student": "AMARA@example.edu"},
            {"course_id": 2, "student_id": 7},
        ),
        ({"course": "2", "assignment": "21"}, {"assignment_id": 21}),
        ({"project": "5"}, {"project_id": 5}),
    ],
)
def test_a_name_is_found_on_whatever_page_it_stands(
    server: FakeServer, names: dict[str, str], parts: dict[str, str | int]
) -> None:
    assert find(server, **names) == parts


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({}, "Found more than one, expected one (example-university, other)"),
        (
            {"course": "TWICE"},
            "Found more than one called 'TWICE', expected one (3, 4)",
        ),
        (
            {"course": "CS10"},
            "Found nothing called 'CS10', expected one that the token may see",
        ),
        ({"student": "amara"}, "Found no course named, expected --course beside it"),
        ({"project": "mine"}, "Found the project 'mine', expected its number"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(
    server: FakeServer, names: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        find(server, **names)

    assert str(caught.value) == message
