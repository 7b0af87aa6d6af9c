"""Who gets what at every endpoint, and that no endpoint is missing here."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from bookbag.api import streams
from bookbag.api.schema import make_schema
from bookbag.deliveries.models import Delivery, DeliveryTarget, TargetKind
from bookbag.deliveries.services import request_delivery, save_target
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.courses.models import Course
from bookbag.domain.people.groups import make_group
from bookbag.domain.people.models import Member, User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import WebhookDelivery, WebhookEvent
from tests import factories
from tests.functional.api.conftest import PREFIX, ApiClient, api_of

PUBLIC = {"issue_token"}
OWN = {
    *("list_exports", "list_workspaces", "list_courses", "list_catalogue"),
    "list_schedules",
}
"""Lists that show each caller what is theirs, without anything of the workspace."""
BODIES: dict[str, dict[str, Any]] = {
    "create_group": {"name": "New"},
    "change_member": {},
    "create_schedule": {
        "rule": "FREQ=DAILY",
        "first_day": "2027-01-01",
        "time": "02:30",
        "time_zone": "UTC",
    },
    "create_webhook": {"url": "https://10.0.0.1/", "kinds": ["export.ready"]},
}
SENT_IN_ROWS = "application/x-ndjson"


def iter_operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for path, operations in make_schema()["paths"].items():
        for method, operation in operations.items():
            yield operation["operationId"], method.upper(), path, operation


Operation = tuple[str, str, dict[str, Any]]
OPERATIONS: dict[str, Operation] = {
    name: (method, path, operation)
    for name, method, path, operation in iter_operations()
    if name not in PUBLIC
}
EACH = pytest.mark.parametrize("name", OPERATIONS)


@pytest.fixture
def parts(course: Course, admin: User) -> dict[str, object]:
    """What fills the addresses: things of one workspace."""
    workspace = course.workspace
    student = factories.enrol(course)
    assignment = factories.make_assignment(course)
    scenario = factories.make_scenario(workspace)
    export = factories.make_export(course, admin, state=ExportState.READY)
    session = factories.make_session(scenario, student, started_at=timezone.now())
    return {
        "workspace": workspace.slug,
        "course_id": course.pk,
        "export_id": export.pk,
        "member_id": Member.objects.get(user=student).pk,
        "group_id": make_group(workspace, "Group").pk,
        "project_id": factories.make_project(assignment, student).pk,
        "session_id": session.pk,
        "delivery_id": make_delivery(export, admin).pk,
        "schedule_id": factories.make_schedule(
            course, factories.make_teacher(course)
        ).pk,
        **make_webhook_parts(export),
    }


def make_delivery(export: Export, admin: User) -> Delivery:
    target = DeliveryTarget(
        workspace=export.workspace,
        name="Archive",
        kind=TargetKind.S3,
        address="https://s3.example.edu",
        bucket="exports",
        account="key",
    )
    save_target(target, "secret")
    return request_delivery(person=admin, export=export, target=target)


def make_webhook_parts(export: Export) -> dict[str, object]:
    webhook = factories.make_webhook(export.workspace)
    event = WebhookEvent.objects.create(export=export, kind=EventKind.READY)
    sent = WebhookDelivery.objects.create(webhook=webhook, event=event)
    return {"webhook_id": webhook.pk, "webhook_delivery_id": sent.pk}


def send(api: ApiClient, name: str, parts: dict[str, object]) -> Any:
    method, path, operation = OPERATIONS[name]
    if "/webhooks/" in path:
        parts = parts | {"delivery_id": parts["webhook_delivery_id"]}
    address = path.removeprefix(PREFIX).format(**parts)
    body: Any = BODIES.get(name, {})
    if name in ("create_export", "create_schedule"):
        scope = {"course_id": parts["course_id"]}
        body = {"identifier": "user-access", "scope": scope, **BODIES.get(name, {})}
    if "requestBody" not in operation:
        body = None
    elif name == "create_delivery":
        body = {"target_id": DeliveryTarget.objects.get().pk}
    elif SENT_IN_ROWS in operation["requestBody"]["content"]:
        body = {"rows": []}
    return api.ask(method, address, body)


@EACH
def test_without_a_token_nobody_gets_in(
    anonymous: ApiClient, parts: dict[str, object], name: str
) -> None:
    answer = send(anonymous, name, parts)

    assert (answer.status_code, answer.json()["code"]) == (
        401,
        "authentication_required",
    )
    assert answer["WWW-Authenticate"] == 'Bearer realm="Bookbag"'


@EACH
def test_a_token_that_was_never_issued_is_refused(
    parts: dict[str, object], name: str
) -> None:
    answer = send(ApiClient("bbp_unknown"), name, parts)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_refused")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@EACH
def test_a_token_of_other_scopes_is_refused(
    admin: User, parts: dict[str, object], name: str
) -> None:
    (scope,) = OPERATIONS[name][2]["security"][0]["BearerAuth"]
    area, _, action = scope.partition(":")
    enough = {scope} | ({f"{area}:write"} if action == "read" else set())
    others = [value for value in TokenScope.values if value not in enough]

    answer = send(api_of(admin, *others), name, parts)

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert f'scope="{scope}"' in answer["WWW-Authenticate"]


@EACH
@pytest.mark.parametrize("who", ["stranger", "admin elsewhere", "service elsewhere"])
def test_who_does_not_belong_here_learns_nothing(
    parts: dict[str, object], name: str, who: str
) -> None:
    elsewhere = factories.make_workspace()
    people: dict[str, Callable[[], User]] = {
        "stranger": factories.make_user,
        "admin elsewhere": lambda: factories.make_member(elsewhere, role="Admin"),
        "service elsewhere": lambda: factories.make_service(elsewhere),
    }
    person = people[who]()

    answer = send(api_of(person), name, parts)

    if name in OWN:
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert str(parts["workspace"]) not in shown
        assert str(parts["export_id"]) not in shown
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@EACH
def test_who_administers_gets_an_answer(
    api: ApiClient,
    parts: dict[str, object],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0)

    answer = send(api, name, parts)
    if answer.streaming:
        list(answer)  # to its end, where it gives its place back

    refused = {
        "get_file": 404,  # the export is ready, and its file is not there
        "get_receipt": 404,
        "cancel_export": 409,
        "change_schedule": 403,  # its owner alone does
        "create_webhook": 422,  # a private address
        "change_webhook": 422,  # to nothing
    }
    assert answer.status_code in (200, 201, 202, 204, refused.get(name))


@EACH
def test_a_deactivated_admin_gets_nothing(
    admin: User, parts: dict[str, object], name: str
) -> None:
    Member.objects.filter(user=admin).update(status="Deactivated")

    answer = send(api_of(admin), name, parts)

    assert answer.status_code == (200 if name in OWN else 404)
