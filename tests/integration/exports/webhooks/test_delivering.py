"""Delivering to webhooks: what arrives, who believes it, and what follows failures."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export
from bookbag.exports.outbox import OutboxState, list_due
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.delivering import (
    RETRY_SECONDS,
    TIMEOUT_SECONDS,
    Pump,
    deliver,
    purge_webhook_log,
)
from bookbag.exports.webhooks.models import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
)
from bookbag.exports.webhooks.services import redeliver, rotate_secret
from tests import factories
from tests.fakes.receivers import Receiver

COUNTS = {"expected": 3, "present": 2, "empty": 1, "excluded": 0, "failed": 0}


@pytest.fixture
def ready(course: Course, teacher: User, webhook: Webhook) -> Export:
    """An export that has become ready."""
    export = factories.make_export(course, teacher, state=ExportState.RUNNING)
    now = timezone.now()
    changes: dict[str, object] = {
        "storage_key": "published/x.zip",
        "sha256": "ab" * 32,
        "size_bytes": 1234,
        "problem_count": 2,
        "finished_at": now,
        "expires_at": now + timedelta(days=7),
    }
    assert step_export(export, ExportState.READY, changes=changes)
    factories.make_receipt(export)
    return export


def deliver_due() -> list[bool]:
    return [deliver(key) for key in list_due(WebhookDelivery.objects.all())]


def in_utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def make_due() -> None:
    WebhookDelivery.objects.update(due_at=timezone.now())


def test_the_published_library_believes_what_arrives(
    ready: Export, receiver: Receiver, secret: str
) -> None:
    assert deliver_due() == [True]

    request = receiver.received[0]
    told = Verifier(secret).verify(request.body, request.headers)
    assert told["type"] == "export.ready"
    assert told["data"] == {
        "id": str(ready.pk),
        "identifier": "course-data",
        "state": "ready",
        "workspace": ready.workspace.slug,
        "course_id": ready.course_id,
        "assignment_id": None,
        "requested_at": in_utc(ready.requested_at),
        "finished_at": in_utc(ready.finished_at),
        "expires_at": in_utc(ready.expires_at),
        "size_bytes": 1234,
        "sha256": "ab" * 32,
        "problem_count": 2,
        "receipt": COUNTS,
        "failure_code": None,
        "url": f"http://127.0.0.1:8000/api/v1/exports/{ready.pk}",
        "page_url": f"http://127.0.0.1:8000/exports/{ready.pk}/",
    }


def change_body(request: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    return request, body.replace(b"1234", b"1235")


def change_id(request: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    return request | {"webhook-id": "msg_other"}, body


def change_time(request: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    later = int(request["webhook-timestamp"]) + 1
    return request | {"webhook-timestamp": str(later)}, body


@pytest.mark.parametrize("change", [change_body, change_id, change_time])
def test_the_published_library_believes_nothing_that_was_changed(
    ready: Export,
    receiver: Receiver,
    secret: str,
    change: Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]],
) -> None:
    deliver_due()
    request = receiver.received[0]
    headers, body = change(request.headers, request.body)

    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body, headers)


def test_a_failure_is_told_by_its_code_and_not_by_its_sentence(
    course: Course, teacher: User, webhook: Webhook, receiver: Receiver
) -> None:
    export = factories.make_export(course, teacher, state=ExportState.RUNNING)
    changes: dict[str, object] = {
        "failure_code": "export_too_large",
        "failure_sentence": "Found 'ada/secret.txt' of Ada",
    }
    step_export(export, ExportState.FAILED, changes=changes)

    deliver_due()

    told = json.loads(receiver.received[0].body)
    assert (told["type"], told["data"]["failure_code"]) == (
        "export.failed",
        "export_too_large",
    )


def test_nothing_about_people_is_told(
    ready: Export, receiver: Receiver, teacher: User, course: Course
) -> None:
    deliver_due()

    text = receiver.received[0].body.decode() + str(receiver.received[0].headers)
    about = (teacher.username, teacher.email, teacher.last_name, course.name)
    assert [word for word in about if word in text] == []


def test_a_refused_delivery_is_tried_again_with_the_same_words(
    ready: Export, receiver: Receiver, secret: str
) -> None:
    receiver.status, receiver.answer = 500, b"later, please"
    assert deliver_due() == [False]
    assert deliver_due() == []
    delivery = WebhookDelivery.objects.get()
    assert delivery.failure == "Found status 500, expected 2xx"
    wait = delivery.due_at - timezone.now()
    assert RETRY_SECONDS[0] - 5 < wait.total_seconds() <= RETRY_SECONDS[0]

    receiver.status = 200
    Export.objects.update(size_bytes=9)
    make_due()
    assert deliver_due() == [True]

    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Verifier(secret).verify(second.body, second.headers)
    tries = WebhookAttempt.objects.values_list("status", "failure", "excerpt")
    assert list(tries) == [
        (200, "", "later, please"),
        (500, "Found status 500, expected 2xx", "later, please"),
    ]


def test_it_is_tried_for_a_day_and_then_given_up(
    ready: Export, receiver: Receiver
) -> None:
    receiver.status = 503
    for _try in RETRY_SECONDS:
        make_due()
        deliver_due()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempt) == (OutboxState.GIVEN_UP, 10)
    assert 23 * 3600 < sum(RETRY_SECONDS[:-1]) <= 24 * 3600
    assert RETRY_SECONDS[0] > TIMEOUT_SECONDS
    make_due()
    assert deliver_due() == []


def test_a_delivery_can_be_made_again_from_the_log(
    ready: Export, receiver: Receiver, secret: str
) -> None:
    deliver_due()
    delivery = WebhookDelivery.objects.get()

    assert redeliver(delivery)
    assert not redeliver(delivery)

    assert deliver_due() == [True]
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Verifier(secret).verify(second.body, second.headers)
    assert delivery.attempts.count() == 2


def test_a_receiver_that_is_gone_hears_nothing_any_more(
    ready: Export, receiver: Receiver, webhook: Webhook
) -> None:
    receiver.status = 410

    deliver_due()

    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_because) == (
        False,
        "Found status 410, expected 2xx",
    )
    assert WebhookDelivery.objects.get().state == OutboxState.GIVEN_UP


def test_what_waits_for_a_disabled_webhook_is_skipped(
    ready: Export, receiver: Receiver
) -> None:
    Webhook.objects.update(is_enabled=False)

    assert deliver_due() == [False]

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.skipped_because) == ("skipped", "disabled")
    assert receiver.received == []


def test_a_network_that_is_allowed_no_more_is_not_called(
    ready: Export, receiver: Receiver, settings: Settings
) -> None:
    settings.BOOKBAG_PRIVATE_TARGETS = []

    assert deliver_due() == [False]

    assert receiver.received == []
    assert WebhookDelivery.objects.get().failure.startswith("Found 127.0.0.1, which is")


def test_old_and_new_secret_both_sign_for_a_day(
    ready: Export, receiver: Receiver, webhook: Webhook, secret: str
) -> None:
    new = rotate_secret(webhook)
    deliver_due()
    request = receiver.received[0]
    for key in (secret, new):
        Verifier(key).verify(request.body, request.headers)

    Webhook.objects.update(previous_until=timezone.now())
    redeliver(WebhookDelivery.objects.get())
    deliver_due()

    request = receiver.received[1]
    Verifier(new).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(request.body, request.headers)


def test_a_secret_of_another_server_key_is_said_in_the_log(
    ready: Export, receiver: Receiver, settings: Settings
) -> None:
    settings.SECRET_KEY = "another" * 10

    assert deliver_due() == [False]

    assert "set BOOKBAG_SECRET_KEY back" in WebhookDelivery.objects.get().failure


def test_the_log_is_removed_when_it_is_old_and_ended(
    ready: Export, receiver: Receiver
) -> None:
    WebhookEvent.objects.update(happened_at=timezone.now() - timedelta(days=31))
    assert purge_webhook_log() == 0

    deliver_due()

    assert purge_webhook_log() == 1
    assert not WebhookAttempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_pump_delivers_beside_everything_else(
    ready: Export, receiver: Receiver
) -> None:
    for future in Pump().start():
        future.result(timeout=60)

    assert len(receiver.received) == 1
    assert WebhookDelivery.objects.get().state == OutboxState.DELIVERED
