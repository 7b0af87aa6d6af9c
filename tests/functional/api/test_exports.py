"""Exports over the API: asked for, polled, downloaded, cancelled and expired."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ScopeKind
from bookbag.exports.models import Export, ExportRequester
from bookbag.exports.scopes import NEEDED
from bookbag.exports.states import ExportEventKind, ExportState
from tests import factories
from tests.functional.api.conftest import PREFIX, ApiClient, api_of

CONTENT = bytes(range(256)) * 8


@pytest.fixture
def ready(course: Course, admin: User, settings: Settings, tmp_path: Path) -> Export:
    """An export that is ready, with a file and a receipt."""
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}"
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "it.zip").write_bytes(CONTENT)
    export = factories.make_export(
        course,
        admin,
        state=ExportState.READY,
        storage_key="published/it.zip",
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        problem_count=2,
    )
    factories.make_receipt(export)
    return export


def read(answer: Any) -> bytes:
    return b"".join(answer)


def of_course(course: Course, **fields: object) -> dict[str, object]:
    return {"identifier": "user-access", "scope": {"course_id": course.pk}, **fields}


def test_asking_answers_202_with_the_address(
    api: ApiClient, course: Course, admin: User
) -> None:
    body = of_course(course, options={"time_zone": "Europe/Berlin"}, purpose=" Audit ")

    answer = api.post("/exports", body)

    export = Export.objects.get()
    document = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == document["url"]
    assert answer["Location"].endswith(f"{PREFIX}/exports/{export.pk}")
    assert answer["Retry-After"] == "2"
    assert (document["state"], document["options"]["time_zone"]) == (
        "queued",
        "Europe/Berlin",
    )
    assert document["scope"] == {
        "kind": "course",
        "name": "CS101",
        "workspace": course.workspace.slug,
        "course_id": course.pk,
        "assignment_id": None,
        "student_id": None,
    }
    assert ExportRequester.objects.get(person=admin).purpose == "Audit"


def test_asking_again_while_it_waits_joins(api: ApiClient, course: Course) -> None:
    first, second = (api.post("/exports", of_course(course)) for _ in range(2))

    assert first.json()["id"] == second.json()["id"]


def test_every_kind_of_scope_can_be_named(
    api: ApiClient, course: Course, admin: User
) -> None:
    student = factories.enrol(course)
    assignment = factories.make_assignment(course)
    parts = {
        "workspace": course.workspace.slug,
        "course_id": course.pk,
        "assignment_id": assignment.pk,
        "student_id": student.pk,
        "project_id": factories.make_project(assignment, student).pk,
    }
    first = {
        entry.scope_kind: entry
        for entry in get_catalogue().values()
        if not entry.identifier.startswith("lti-")  # they need LTI to be on
    }

    found = {}
    for kind, entry in first.items():
        scope = {name: parts[name] for name in NEEDED[kind]}
        body = {"identifier": entry.identifier, "scope": scope}
        found[kind.value] = api.post("/exports", body).json()["scope"]["kind"]

    assert found == {kind.value: kind.value for kind in ScopeKind}


@pytest.mark.parametrize(
    ("change", "status", "code", "detail"),
    [
        ({"identifier": "x"}, 422, "export_definition_not_found", "called 'x'"),
        ({"scope": {}}, 422, "export_scope_mismatch", "Found nothing, expected course"),
        ({"options": {"since": "x"}}, 422, "export_options_invalid", "expected a day"),
        ({"options": {"x": "1"}}, 422, "export_options_invalid", "Found option 'x'"),
        ({"purpose": "x" * 201}, 422, "export_options_invalid", "201 characters"),
        ({"scope": {"course_id": 0}}, 422, "request_invalid", "scope.course_id"),
        ({"scope": {"course_id": 2**62}}, 404, "not_found", "not for this person"),
        ({"options": {"since": 5}}, 422, "request_invalid", "options.since"),
    ],
)
def test_what_cannot_be_asked_is_named(
    api: ApiClient,
    course: Course,
    change: dict[str, object],
    status: int,
    code: str,
    detail: str,
) -> None:
    answer = api.post("/exports", of_course(course) | change)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert detail in problem["detail"]
    assert Export.objects.count() == 0


def test_a_body_that_is_no_json_is_refused(api: ApiClient) -> None:
    answer = api.post("/exports", b"{")

    assert (answer.status_code, answer.json()["code"]) == (400, "request_unreadable")


def test_a_running_export_says_how_far_it_is(
    api: ApiClient, course: Course, admin: User
) -> None:
    now = timezone.now()
    export = factories.make_export(
        course,
        admin,
        state=ExportState.RUNNING,
        phase="packing",
        members_done=1,
        members_total=4,
        bytes_done=100,
        bytes_total=400,
        started_at=now - timedelta(seconds=20),
        heartbeat_at=now,
    )

    answer = api.get(f"/exports/{export.pk}")

    assert answer.json()["progress"] == {
        "phase": "packing",
        "members_done": 1,
        "members_total": 4,
        "bytes_done": 100,
        "bytes_total": 400,
        "estimate_seconds": 60,
    }
    assert answer["Retry-After"] == "6"


def test_a_ready_export_has_problems_receipt_and_file(
    api: ApiClient, ready: Export
) -> None:
    answer = api.get(f"/exports/{ready.pk}")

    document = answer.json()
    assert document["state"] == "ready"
    assert document["problem_count"] == 2
    assert document["file"]["sha256"] == ready.sha256
    assert document["file"]["size_bytes"] == len(CONTENT)
    assert document["receipt"]["expected"] == 3
    assert document["expires_at"].endswith("Z")
    assert "Retry-After" not in answer
    receipt = api.get(f"/exports/{ready.pk}/receipt").content
    assert receipt == bytes(ready.receipt.document)


def test_a_failed_export_says_why(api: ApiClient, course: Course, admin: User) -> None:
    export = factories.make_export(
        course,
        admin,
        state=ExportState.FAILED,
        failure_code="export_too_large",
        failure_sentence="Found 2 files, expected 1",
    )

    document = api.get(f"/exports/{export.pk}").json()

    assert document["failure"] == {
        "code": "export_too_large",
        "detail": "Found 2 files, expected 1",
    }
    assert api.get(f"/exports/{export.pk}/receipt").status_code == 404
    assert api.get(f"/exports/{export.pk}/file").json()["code"] == "export_not_ready"


def test_nothing_comes_twice_while_nothing_changed(
    api: ApiClient, ready: Export
) -> None:
    tag = api.get(f"/exports/{ready.pk}")["ETag"]

    same = api.get(f"/exports/{ready.pk}", **{"If-None-Match": f'"other", {tag}'})
    Export.objects.filter(pk=ready.pk).update(problem_count=3)
    changed = api.get(f"/exports/{ready.pk}", **{"If-None-Match": tag})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    assert (changed.status_code, changed["ETag"] != tag) == (200, True)


def test_the_file_comes_whole_and_in_ranges(
    api: ApiClient, ready: Export, admin: User
) -> None:
    whole = api.get(f"/exports/{ready.pk}/file")
    part = api.get(f"/exports/{ready.pk}/file", Range="bytes=100-199")
    head = api.ask("HEAD", f"/exports/{ready.pk}/file")

    assert read(whole) == CONTENT
    assert (part.status_code, read(part)) == (206, CONTENT[100:200])
    assert (head.status_code, head["Content-Length"]) == (200, str(len(CONTENT)))
    downloads = ready.events.filter(kind=ExportEventKind.DOWNLOADED)
    assert [event.person for event in downloads] == [admin]


def test_a_file_that_is_taken_in_parts_is_a_download_too(
    api: ApiClient, ready: Export
) -> None:
    for start in (1, 2):
        read(api.get(f"/exports/{ready.pk}/file", Range=f"bytes={start}-"))

    assert ready.events.filter(kind=ExportEventKind.DOWNLOADED).count() == 1


def test_an_expired_export_is_gone_and_its_receipt_stays(
    api: ApiClient, ready: Export
) -> None:
    Export.objects.filter(pk=ready.pk).update(expires_at=timezone.now())

    gone = api.get(f"/exports/{ready.pk}/file")
    document = api.get(f"/exports/{ready.pk}").json()

    assert (gone.status_code, gone.json()["code"]) == (410, "link_expired")
    assert (document["state"], document["file"]) == ("expired", None)
    assert document["receipt"]["present"] == 2
    assert api.get(f"/exports/{ready.pk}/receipt").status_code == 200


def test_a_waiting_export_is_cancelled_once(api: ApiClient, course: Course) -> None:
    asked = api.post("/exports", of_course(course)).json()

    first, second = (api.post(f"/exports/{asked['id']}/cancel") for _ in range(2))

    assert (first.status_code, first.json()["state"]) == (202, "cancelled")
    assert second.json()["code"] == "export_transition_refused"
    assert second.status_code == 409


def test_a_running_export_is_told_to_stop(
    api: ApiClient, course: Course, admin: User
) -> None:
    export = factories.make_export(course, admin, state=ExportState.RUNNING)

    answers = [api.post(f"/exports/{export.pk}/cancel") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["is_stopping"] is True


def test_a_list_has_what_the_caller_may_see(
    api: ApiClient, ready: Export, course: Course, admin: User
) -> None:
    other = factories.make_course("Other")
    factories.make_export(other, factories.make_teacher(other))
    failed = factories.make_export(course, admin, state=ExportState.FAILED)

    everything = api.get("/exports").json()["items"]
    filtered = api.get(f"/exports?state=failed&course_id={course.pk}").json()["items"]
    teacher = api_of(factories.make_teacher(course))

    assert [item["id"] for item in everything] == [str(failed.pk), str(ready.pk)]
    assert [item["id"] for item in filtered] == [str(failed.pk)]
    assert len(teacher.get("/exports").json()["items"]) == 2
    assert api_of(factories.enrol(course)).get("/exports").json()["items"] == []


def test_a_stranger_learns_nothing(ready: Export) -> None:
    stranger = api_of(factories.make_teacher(factories.make_course("Other")))

    for path in ("", "/file", "/receipt", "/events"):
        known = stranger.get(f"/exports/{ready.pk}{path}").json()
        unknown = stranger.get(f"/exports/{uuid4()}{path}").json()
        assert known["status"] == unknown["status"] == 404
        assert known | {"instance": ""} == unknown | {"instance": ""}


def test_the_catalogue_says_what_each_export_takes(api: ApiClient) -> None:
    items = api.get("/catalogue").json()["items"]

    known = {item["identifier"]: item for item in items}
    assert set(known) == set(get_catalogue())
    assert known["user-access"]["scope_needs"] == ["course_id"]
    assert {"name": "time_zone", "default": "UTC"}.items() <= next(
        option.items()
        for option in known["user-access"]["options"]
        if option["name"] == "time_zone"
    )


def test_the_audit_log_knows_who_asked_over_the_api(
    api: ApiClient, course: Course, admin: User
) -> None:
    api.post("/exports", of_course(course))

    draft = AuditDraft.objects.get(act="export.requested")
    assert (draft.person_key, draft.face) == (admin.pk, "api")
