"""Webhooks over the API: adding, secrets that are shown once, the log, and for whom."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Workspace
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.delivering import deliver
from bookbag.exports.webhooks.events import write_event
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery
from tests import factories
from tests.fakes.receivers import Receiver, listening
from tests.functional.api.conftest import ApiClient, api_of


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.BOOKBAG_PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]
    with listening() as receiver:
        yield receiver


@pytest.fixture
def path(workspace: Workspace) -> str:
    return f"/workspaces/{workspace.slug}/webhooks"


def test_a_secret_is_answered_when_it_is_new_and_never_again(
    api: ApiClient, path: str, receiver: Receiver
) -> None:
    body = {"url": receiver.url, "kinds": ["export.ready"]}

    added = api.post(path, body)
    made = added.json()
    rotated = api.post(f"{path}/{made['id']}/secret").json()

    secrets = {made.pop("secret"), rotated.pop("secret")}
    assert added.status_code == 201
    assert added["Location"].endswith(f"{path}/{made['id']}")
    assert len(secrets) == 2
    assert all(secret.startswith("whsec_") for secret in secrets)
    assert api.get(f"{path}/{made['id']}").json() == made == rotated
    assert api.get(path).json() == {"items": [made]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://10.0.0.1/"}, "address_refused"),
        ({"url": "http://no.invalid/"}, "host_not_found"),
        ({"url": "ftp://a.example/"}, "target_invalid"),
        ({"kinds": []}, "export_options_invalid"),
        ({"kinds": ["export.gone"]}, "request_invalid"),
    ],
)
def test_a_wrong_webhook_is_refused(
    api: ApiClient, path: str, receiver: Receiver, body: dict[str, object], code: str
) -> None:
    answer = api.post(path, {"url": receiver.url, "kinds": ["export.ready"]} | body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Webhook.objects.exists()


def test_a_webhook_is_switched_off_and_deleted(
    api: ApiClient, path: str, workspace: Workspace, receiver: Receiver
) -> None:
    webhook = factories.make_webhook(workspace, url=receiver.url)

    changed = api.ask("PATCH", f"{path}/{webhook.pk}", {"is_enabled": False}).json()
    deleted = api.ask("DELETE", f"{path}/{webhook.pk}")

    assert (changed["is_enabled"], changed["url"]) == (False, receiver.url)
    assert (deleted.status_code, Webhook.objects.count()) == (204, 0)


def test_the_log_has_every_try_and_an_event_is_delivered_again(
    api: ApiClient, path: str, course: Course, receiver: Receiver
) -> None:
    receiver.status, receiver.answer = 410, b"gone"
    webhook = factories.make_webhook(course.workspace, url=receiver.url)
    export = factories.make_export(
        course, factories.make_teacher(course), state=ExportState.READY
    )
    write_event(export, EventKind.READY)
    deliver(WebhookDelivery.objects.get().pk)
    log = f"{path}/{webhook.pk}/deliveries"

    (item,) = api.get(log).json()["items"]
    again = api.post(f"{log}/{item['id']}/redeliver")

    assert (item["kind"], item["export_id"]) == ("export.ready", str(export.pk))
    assert item["message_id"] == receiver.received[0].headers["webhook-id"]
    assert (item["state"], item["attempts"][0]["status"]) == ("given-up", 410)
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert api.get(f"{log}?state=given-up").json()["items"] == []
    assert api.post(f"{log}/{item['id'] + 1}/redeliver").status_code == 404


def test_webhooks_are_for_workspace_admins(
    path: str, course: Course, receiver: Receiver
) -> None:
    webhook = factories.make_webhook(course.workspace)
    teacher, stranger = factories.make_teacher(course), factories.make_user()

    for address in (path, f"{path}/{webhook.pk}", f"{path}/{webhook.pk}/deliveries"):
        assert api_of(teacher).get(address).status_code == 403
        assert api_of(stranger).get(address).status_code == 404


def test_a_token_needs_the_scope_of_webhooks(
    path: str, workspace: Workspace, receiver: Receiver
) -> None:
    member = factories.make_member(workspace, role="Admin")

    exporting = api_of(member, "exports:write").get(path)
    reading = api_of(member, "webhooks:read")

    assert exporting.json()["code"] == "scope_missing"
    assert reading.get(path).status_code == 200
    body = {"url": receiver.url, "kinds": ["export.ready"]}
    assert reading.post(path, body).status_code == 403
