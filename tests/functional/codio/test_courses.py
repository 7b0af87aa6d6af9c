"""Courses over the Codio-compatible API: listed, found, made, archived, deleted."""

import pytest
from django.utils import timezone

from bookbag.api.codio import courses
from bookbag.domain.audit.models import Act, AuditDraft, Face
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Workspace
from tests import factories
from tests.functional.codio.conftest import Service

NEW = {
    "name": "CS 201",
    "description": "Lists",
    "start": "2026-09-01T08:00:00.000Z",
    "end": "2026-12-20",
    "timezone": "Europe/Berlin",
    "tags": ["2026", "Sep"],
}


def test_a_course_is_made_with_a_module_and_an_assignment(service: Service) -> None:
    course = service.post("/courses", NEW)["id"]
    module = service.post(f"/courses/{course}/modules", {"name": "Week 1"})["id"]
    settings = {"name": "Loops", "gigaboxSlot": {"boxType": "2gb"}, "imageUrl": "i"}
    body = {"moduleId": module, "settings": settings}
    assignment = service.post(f"/courses/{course}/assignments", body)["id"]

    shown = service.get(f"/courses/{course}?withHiddenAssignments=true")

    assert shown.pop("creationDate").endswith("Z")
    assert shown == {
        "id": course,
        "name": "CS 201",
        "description": "Lists",
        "modules": [
            {
                "id": module,
                "name": "Week 1",
                "assignments": [{"id": assignment, "name": "Loops"}],
            }
        ],
        "archivedDate": None,
        "archived": False,
        "start": "2026-09-01T08:00:00Z",
        "end": "2026-12-20T00:00:00Z",
        "timezone": "Europe/Berlin",
        "tags": ["2026", "Sep"],
    }
    kept = service.get(f"/courses/{course}/assignments/{assignment}/settings")
    assert (kept["gigaboxSlot"], kept["imageUrl"]) == ({"boxType": "2gb"}, "i")


def test_what_a_service_does_is_in_the_audit_log(
    service: Service, course: Course
) -> None:
    service.post(f"/courses/{course.pk}/archive")

    act = AuditDraft.objects.get(act=Act.COURSE_ARCHIVED)
    assert (act.face, act.ip_address) == (Face.API, "127.0.0.1")
    assert act.person_name.startswith("bookbag-")


def test_what_nobody_said_of_a_course_is_null(service: Service, course: Course) -> None:
    shown = service.get(f"/courses/{course.pk}")

    unknown = {name: shown[name] for name in ("start", "end", "timezone", "tags")}
    assert unknown == {"start": None, "end": None, "timezone": None, "tags": []}


def test_a_course_is_found_by_its_name(service: Service, course: Course) -> None:
    Course.objects.update(name="Data & Files")

    found = service.get("/courses?name=Data+%26+Files&withHiddenAssignments=false")

    assert found["id"] == str(course.pk)
    for name in ("data & files", "Data", ""):
        status, message = service.refused("GET", f"/courses?name={name}")
        assert (status, message.startswith("Found no course")) == (404, True)


def test_courses_are_listed_page_by_page(
    service: Service, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courses, "PAGE_COURSES", 2)
    made = [factories.make_course(f"C{n}", workspace=workspace) for n in range(5)]
    factories.make_course("not ours")
    pages: list[list[str]] = []
    token = ""

    while not pages or token:
        page = service.get(f"/courses_list?nextToken={token}")
        pages.append([course["name"] for course in page["courses"]])
        token = page["nextToken"]

    assert pages == [["C0", "C1"], ["C2", "C3"], ["C4"]]
    assert len(made) == 5


def test_the_next_page_keeps_the_filter_of_the_first(
    service: Service, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courses, "PAGE_COURSES", 1)
    for number in range(4):
        factories.make_course(f"C{number}", workspace=workspace)
    Course.objects.filter(name__in=("C1", "C2")).update(archived_at=timezone.now())

    first = service.get("/courses_list?archived=true")
    token = first["nextToken"]
    second = service.get(f"/courses_list?archived=false&nextToken={token}")

    names = [c["name"] for page in (first, second) for c in page["courses"]]
    assert (names, second["nextToken"]) == (["C1", "C2"], "")
    without = service.get("/courses_list")
    assert without["courses"][0]["archived"] is False


def test_a_workspace_without_courses_has_an_empty_list(service: Service) -> None:
    assert service.get("/courses_list") == {"courses": [], "nextToken": ""}
    assert service.refused("GET", "/courses_list?nextToken=x")[0] == 404
    assert service.refused("GET", "/courses_list?archived=yes")[0] == 412


def test_archiving_answers_the_day_and_changes_are_refused_then(
    service: Service, course: Course
) -> None:
    answers = [service.post(f"/courses/{course.pk}/archive") for _ in range(2)]

    assert answers[0] == answers[1] == {"archivedDate": answers[0]["archivedDate"]}
    assert service.get(f"/courses/{course.pk}")["archived"] is True
    for path in ("modules", "assignments", "teachers", "filterLearnersForMentors"):
        status, message = service.refused("POST", f"/courses/{course.pk}/{path}", {})
        assert (status, "Found an archived course" in message) == (412, True)


@pytest.mark.parametrize(
    ("query", "takes_students"),
    [("", False), ("?removeOutdatedStudents=true", True)],
)
def test_deleting_hides_a_course(
    service: Service, course: Course, query: str, takes_students: bool
) -> None:
    answer = service.ask("DELETE", f"/courses/{course.pk}{query}")

    assert (answer.status_code, answer.json()) == (200, {})
    course.refresh_from_db()
    assert course.deleted_at is not None
    assert course.deletes_students is takes_students
    assert service.refused("GET", f"/courses/{course.pk}")[0] == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "body.name: Field required"),
        ({"name": "x", "colour": "red"}, "body.colour: Extra inputs"),
        ({"name": "x", "start": "soon"}, "body.start: Value error, Invalid isoformat"),
        ({"name": "x", "start": 5}, "body.start: Value error, expected a time"),
        ({"name": "x", "timezone": "Mars/Base"}, "body.timezone: Value error, found"),
        ({"name": "x\0"}, "body.name: Value error, no character of value 0"),
        ({"name": "CS101"}, "Found another course called 'CS101'"),
        ([], "body: Input should be"),
    ],
)
def test_what_is_wrong_with_a_course_is_named(
    service: Service, course: Course, body: object, message: str
) -> None:
    status, found = service.refused("POST", "/courses", body)

    assert (status, message in found) == (412, True), found
    assert Course.objects.count() == 1
