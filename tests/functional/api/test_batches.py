"""Batches: thousands of rows in one call, each with its result, done once."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbag.api import batches
from bookbag.domain.access.models import KeptAnswer
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import (
    Group,
    GroupMember,
    Member,
    MemberRole,
    User,
    Workspace,
)
from bookbag.domain.roleplay.models import RoleplaySession
from tests import factories
from tests.functional.api.conftest import ApiClient

NDJSON = "application/x-ndjson"


def person(number: int, **fields: object) -> dict[str, object]:
    return {"email": f"p{number}@example.edu", "external_id": f"id-{number}", **fields}


@pytest.fixture
def members(workspace: Workspace) -> str:
    return f"/workspaces/{workspace.slug}/members/batch"


def statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["status"] for row in answer.json()["rows"]]


def send_lines(
    api: ApiClient, path: str, rows: Iterable[object], **headers: str
) -> Any:
    body = "\n".join(json.dumps(row) for row in rows)
    return api.ask("POST", path, body, content_type=NDJSON, **headers)


def test_each_row_is_created_changed_left_or_refused(
    api: ApiClient, members: str, workspace: Workspace
) -> None:
    first = api.post(members, {"rows": [person(1), person(2)]})
    rows = [person(1), person(2, role="Staff"), person(3, role="Boss"), 5, person(4)]
    second = api.post(members, {"rows": rows})

    results = second.json()["rows"]
    assert statuses(first) == ["created", "created"]
    assert statuses(second) == ["unchanged", "updated", "failed", "failed", "created"]
    assert [row["row"] for row in results] == [1, 2, 3, 4, 5]
    assert results[2]["errors"] == [
        "Found role 'Boss', expected one of Owner, Admin, Staff, Member"
    ]
    assert "Found no JSON object" in results[3]["errors"][0]
    assert second.json()["failed"] == 2
    changed = Member.objects.get(workspace=workspace, external_id="id-2")
    assert (changed.pk, changed.role) == (results[1]["id"], "Staff")
    assert not changed.user.has_usable_password()


def test_a_member_is_known_by_the_external_id_before_the_address(
    api: ApiClient, members: str
) -> None:
    api.post(members, {"rows": [person(1), person(2)]})

    moved = api.post(members, {"rows": [person(1, email="new@example.edu")]})
    mixed = api.post(members, {"rows": [person(1, email="p2@example.edu")]})

    # The account keeps its address: that is how a password is reset.
    assert statuses(moved) == ["unchanged"]
    assert "of another member" in mixed.json()["rows"][0]["errors"][0]
    assert not User.objects.filter(email="new@example.edu").exists()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"email": "x"}, "Found email 'x', expected an e-mail address"),
        ({}, "Found no email, expected email"),
        (person(1, role="Owner"), "Found the role Owner, which cannot be given here"),
        (person(1, seat_type="Throne"), "Found seat type 'Throne', expected one of"),
        (person(1, first_name="x" * 151), "expected at most 150 characters"),
        (person(1, first_name=["x"]), "Found a list or an object in 'first_name'"),
        (person(1, first_name="a\u0000b"), "Found a control character in first_name"),
        ({"email": "ADMIN@example.edu", "role": "Staff"}, "unchanged"),
    ],
)
def test_a_row_that_cannot_be_says_why(
    api: ApiClient, members: str, admin: User, row: dict[str, object], fault: str
) -> None:
    Member.objects.filter(user=admin).update(role=MemberRole.OWNER)
    other = factories.make_member(
        Member.objects.get(user=admin).workspace, role="Admin"
    )
    api = ApiClient(factories.make_token(other))

    result = api.post(members, {"rows": [row, person(9)]}).json()["rows"]

    assert result[1]["status"] == "created"
    if fault == "unchanged":
        fault = "Found an owner, expected none"
    assert fault in result[0]["errors"][0]


def test_the_same_row_twice_is_refused_the_second_time(
    api: ApiClient, members: str
) -> None:
    answer = api.post(members, {"rows": [person(1), person(1)]})

    assert statuses(answer) == ["created", "failed"]


def test_groups_are_made_renamed_and_filled(
    api: ApiClient, workspace: Workspace, admin: User
) -> None:
    path = f"/workspaces/{workspace.slug}/groups/batch"
    user = factories.make_member(workspace)
    row = {"external_id": "g", "name": "Night", "members": f"{admin.email}"}

    made = api.post(path, {"rows": [row, {"name": "Day", "members": "x@y.z"}]})
    same = api.post(path, {"rows": [row]})
    renamed = api.post(path, {"rows": [row | {"name": "Late", "members": user.email}]})

    assert statuses(made) == ["created", "failed"]
    assert "not x@y.z" in made.json()["rows"][1]["errors"][0]
    assert statuses(same) == ["unchanged"]
    assert statuses(renamed) == ["updated"]
    assert [group.name for group in Group.objects.all()] == ["Late"]
    assert GroupMember.objects.count() == 2


def test_people_are_enrolled_and_removed(api: ApiClient, course: Course) -> None:
    path = f"/courses/{course.pk}/enrolments/batch"
    user = factories.make_member(course.workspace, "grace")
    row = {"user": "GRACE", "role": "read-only teacher", "external_id": "e1"}

    made = api.post(path, {"rows": [row, {"user": "nobody", "role": "Boss"}]})
    same = api.post(path, {"rows": [row | {"user": user.email}]})
    removed = api.post(path, {"rows": [row | {"removed": True}]})

    assert statuses(made) == ["created", "failed"]
    assert len(made.json()["rows"][1]["errors"]) == 2
    assert statuses(same) == ["unchanged"]
    assert statuses(removed) == ["updated"]
    enrolment = Enrolment.objects.get()
    assert (enrolment.is_read_only, enrolment.external_id) == (True, "e1")
    assert enrolment.removed_at is not None
    acts = AuditDraft.objects.filter(act__startswith="enrolment.")
    assert [draft.act for draft in acts] == ["enrolment.added", "enrolment.removed"]


def test_sessions_are_loaded_by_the_rules_of_their_files(
    api: ApiClient, workspace: Workspace
) -> None:
    path = f"/workspaces/{workspace.slug}/sessions/batch"
    row = {
        "external_id": "s1",
        "email": "new@example.edu",
        "scenario": "First call",
        "started_at": "2026-11-01T10:00:00+01:00",
        "score": 80,
    }

    made = api.post(path, {"rows": [row, row | {"external_id": "s2", "score": 101}]})
    again = send_lines(api, path, [row, row | {"score": 90}, row | {"external_id": ""}])

    assert statuses(made) == ["created", "failed"]
    assert "expected a number from 0 to 100" in made.json()["rows"][1]["errors"][0]
    lines = [json.loads(line) for line in again.content.splitlines()]
    assert [line.get("status") for line in lines[:2]] == ["unchanged", "failed"]
    assert RoleplaySession.objects.filter(score=80).exists()


def test_access_events_are_loaded_once(
    api: ApiClient, workspace: Workspace, admin: User
) -> None:
    path = f"/workspaces/{workspace.slug}/access-events/batch"
    now = timezone.now().isoformat()
    row = {"external_id": "a1", "user": "admin", "access_type": "Log In"}
    rows = [
        row | {"occurred_at": now},
        row | {"external_id": "a2", "occurred_at": "2020-01-01T00:00:00Z"},
        row | {"external_id": "a3", "occurred_at": now, "user": "nobody"},
    ]

    first, second = (api.post(path, {"rows": rows}) for _ in range(2))

    assert statuses(first) == ["created", "failed", "failed"]
    assert statuses(second) == ["unchanged", "failed", "failed"]
    assert AccessEvent.objects.get().event_id == "a1"


def test_lines_are_answered_by_lines(api: ApiClient, members: str) -> None:
    answer = send_lines(api, members, [person(1), [], person(2)])

    lines = [json.loads(line) for line in answer.content.splitlines()]
    assert answer["Content-Type"] == NDJSON
    assert [line["status"] for line in lines[:3]] == ["created", "failed", "created"]
    assert lines[3] == {
        "summary": {"created": 2, "updated": 0, "unchanged": 0, "failed": 1}
    }


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"rows": 5}', b'{"row": []}', b"[" * 100_000]
)
def test_a_body_without_rows_is_refused(
    api: ApiClient, members: str, body: bytes
) -> None:
    answer = api.post(members, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "request_unreadable")


@pytest.mark.parametrize("is_lines", [True, False])
def test_a_batch_of_one_row_too_many_loads_nothing(
    api: ApiClient, members: str, monkeypatch: pytest.MonkeyPatch, is_lines: bool
) -> None:
    monkeypatch.setattr(batches, "ROWS", 3)

    def send(count: int) -> Any:
        rows = [person(number) for number in range(count)]
        return (
            send_lines(api, members, rows)
            if is_lines
            else api.post(members, {"rows": rows})
        )

    answer = send(4)
    created = Member.objects.exclude(external_id="").count()

    assert (answer.status_code, answer.json()["code"]) == (413, "batch_too_large")
    assert created == 0
    assert send(3).status_code == 200


def test_a_body_of_too_many_bytes_is_refused(
    api: ApiClient, members: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BYTES", 100)

    assert send_lines(api, members, ["x" * 200]).status_code == 413


def test_the_same_key_is_answered_the_same_and_done_once(
    api: ApiClient, members: str
) -> None:
    headers = {"Idempotency-Key": "monday"}
    body = {"rows": [person(1)]}

    first = api.ask("POST", members, body, **headers)
    Member.objects.filter(external_id="id-1").update(external_id="")
    second = api.ask("POST", members, body, **headers)
    other = api.ask("POST", members, {"rows": [person(2)]}, **headers)

    assert second.content == first.content
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Member.objects.filter(external_id="id-1").count() == 0
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_whose_request_is_worked_on_is_busy(api: ApiClient, members: str) -> None:
    headers = {"Idempotency-Key": "monday"}
    api.ask("POST", members, {"rows": []}, **headers)
    KeptAnswer.objects.update(status=None)

    answer = api.ask("POST", members, {"rows": []}, **headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_busy")


def test_a_refused_request_leaves_its_key_free(api: ApiClient, members: str) -> None:
    headers = {"Idempotency-Key": "monday"}

    refused = api.ask("POST", members, b"{", **headers)
    mended = api.ask("POST", members, {"rows": [person(1)]}, **headers)

    assert (refused.status_code, mended.status_code) == (400, 200)


def test_an_export_is_asked_for_once_with_a_key(api: ApiClient, course: Course) -> None:
    body = {"identifier": "user-access", "scope": {"course_id": course.pk}}
    headers = {"Idempotency-Key": "nightly"}

    first = api.ask("POST", "/exports", body, **headers)
    api.post(f"/exports/{first.json()['id']}/cancel")
    second = api.ask("POST", "/exports", body, **headers)

    assert (second.status_code, second["Location"]) == (202, first["Location"])
    assert second.json() == first.json()


def test_statements_do_not_grow_with_rows(api: ApiClient, members: str) -> None:
    counts = []
    for count in (10, 200):
        rows = [person(count * 1000 + number) for number in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert statuses(api.post(members, {"rows": rows})) == ["created"] * count
        counts.append(len(captured))

    assert counts[1] <= counts[0] + 2  # SQLite limits the values of a statement
