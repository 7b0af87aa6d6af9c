"""From the words that people type to the parts by which the API names a scope."""

from collections.abc import Callable, Iterator, Mapping

from bookbag.cli.errors import UsageError
from bookbag.cli.remote.connection import Connection
from bookbag.cli.remote.documents import PageDocument, read_document
from bookbag.cli.sources import Wanted
from bookbag.exports.naming import ScopeNames

API = "/api/v1"
PAGE_ROWS = 200
LISTED = 5

Row = Mapping[str, object]


def find_parts(connection: Connection, wanted: Wanted) -> dict[str, str | int]:
    """Return the parts of a scope; numbers are taken as they are.

    Whether they are what the export needs, the server knows best.

    Raises:
        UsageError: If a name fits nothing that the token may see, or several things.
        ServerError: If the server does not answer, or refuses.
    """
    names = wanted.names
    if names.project:
        return {"project_id": _read_number(names.project, "project")}
    if not names.course:
        if names.assignment or names.student:
            raise UsageError("Found no course named, expected --course beside it")
        return {"workspace": _find_workspace(connection, names.workspace)}
    course = _find_course(connection, names)
    if names.assignment:
        found = _find_assignment(connection, course, names.assignment)
        return {"assignment_id": found}
    if names.student:
        student = _find_student(connection, course, names.student)
        return {"course_id": course, "student_id": student}
    return {"course_id": course}


def _find_workspace(connection: Connection, name: str) -> str:
    rows = _iter_rows(connection, "/workspaces", {})
    row = _pick(rows, lambda row: not name or _fits(row, name, "slug", "name"), name)
    return str(row["slug"])


def _find_course(connection: Connection, names: ScopeNames) -> int:
    if _is_number(names.course):
        return int(names.course)
    query = {"search": names.course}
    if names.workspace:
        query["workspace"] = _find_workspace(connection, names.workspace)
    rows = _iter_rows(connection, "/courses", query)
    row = _pick(rows, lambda row: _fits(row, names.course, "name"), names.course)
    return _read_id(row, "id")


def _find_assignment(connection: Connection, course: int, name: str) -> int:
    if _is_number(name):
        return int(name)
    rows = _iter_rows(connection, f"/courses/{course}/assignments", {})
    return _read_id(_pick(rows, lambda row: _fits(row, name, "name"), name), "id")


def _find_student(connection: Connection, course: int, login: str) -> int:
    if _is_number(login):
        return int(login)
    query = {"role": "Student"}
    rows = _iter_rows(connection, f"/courses/{course}/enrolments", query)
    row = _pick(rows, lambda row: _fits(row, login, "username", "email"), login)
    return _read_id(row, "user_id")


def _iter_rows(
    connection: Connection, path: str, query: Mapping[str, str | int]
) -> Iterator[Row]:
    asked = {"limit": PAGE_ROWS, **query}
    while True:
        page = read_document(connection.get(f"{API}{path}", asked), PageDocument)
        yield from page.items
        if page.next_cursor is None:
            return
        asked["cursor"] = page.next_cursor


def _pick(rows: Iterator[Row], is_meant: Callable[[Row], bool], name: str) -> Row:
    found = [row for row in rows if is_meant(row)]
    if len(found) == 1:
        return found[0]
    called = f" called {name!r}" if name else ""
    number = "more than one" if found else "nothing"
    shown = ", ".join(str(row.get("slug") or row.get("id")) for row in found[:LISTED])
    listed = f" ({shown})" if shown else " that the token may see"
    raise UsageError(f"Found {number}{called}, expected one{listed}")


def _fits(row: Row, name: str, *columns: str) -> bool:
    return any(str(row.get(column)).casefold() == name.casefold() for column in columns)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _read_number(name: str, what: str) -> int:
    if not _is_number(name):
        raise UsageError(f"Found the {what} {name!r}, expected its number")
    return int(name)


def _read_id(row: Row, column: str) -> int:
    return int(str(row[column]))
