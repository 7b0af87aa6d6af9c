"""What webhooks hear of: each thing once, in the transaction in which it happens."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.errors import OptionsError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export
from bookbag.exports.retention import sweep_expired
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks import services
from bookbag.exports.webhooks.bodies import make_body
from bookbag.exports.webhooks.events import announce_expiring
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery, WebhookEvent
from bookbag.exports.webhooks.services import change_webhook, create_webhook
from bookbag.jobs.working import run_job
from bookbag.outbound.errors import AddressRefusedError
from tests import factories
from tests.fakes.receivers import Receiver


def make_ready(course: Course, person: User, hours: float) -> Export:
    expires_at = timezone.now() + timedelta(hours=hours)
    return factories.make_export(
        course, person, state=ExportState.READY, expires_at=expires_at
    )


def told() -> list[str]:
    events = WebhookEvent.objects.order_by("happened_at", "kind")
    return list(events.values_list("kind", flat=True))


def test_what_is_rolled_back_is_not_told(
    course: Course, teacher: User, webhook: Webhook
) -> None:
    export = factories.make_export(course, teacher, state=ExportState.RUNNING)

    with transaction.atomic():
        step_export(export, ExportState.FAILED)
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (ExportState.READY, ["export.ready"]),
        (ExportState.FAILED, ["export.failed"]),
        (ExportState.CANCELLED, []),
    ],
)
def test_each_end_of_an_export_is_told(
    course: Course,
    teacher: User,
    webhook: Webhook,
    target: ExportState,
    expected: list[str],
) -> None:
    export = factories.make_export(course, teacher, state=ExportState.RUNNING)
    changes: dict[str, object] = {
        "storage_key": "x",
        "sha256": "x",
        "expires_at": timezone.now(),
    }

    step_export(export, target, changes=changes)

    assert told() == expected


@pytest.mark.usefixtures("webhook")
@pytest.mark.django_db(transaction=True)
def test_of_an_export_whose_right_ended_there_is_nothing_to_fetch(
    course: Course, teacher: User
) -> None:
    export = factories.make_export(course, teacher)
    course.enrolments.update(removed_at=timezone.now())

    run_job(ExportJobs(), export.pk)

    body = json.loads(make_body(WebhookEvent.objects.get()))
    told_of = body["data"]
    assert body["type"] == "export.failed"
    assert told_of["failure_code"] == "export_right_ended"
    assert (told_of["sha256"], told_of["size_bytes"]) == (None, None)
    assert not set(told_of) & {"requested_by", "person", "email", "scope_name"}


def test_an_export_that_expires_within_a_day_is_announced_once(
    course: Course, teacher: User, webhook: Webhook
) -> None:
    make_ready(course, teacher, hours=23.9)
    make_ready(course, teacher, hours=24.1)
    make_ready(course, teacher, hours=-1)

    assert announce_expiring() == 1
    assert announce_expiring() == 0
    assert told() == ["export.expiring"]


def test_an_export_that_the_sweep_removes_is_told_as_expired(
    course: Course, teacher: User, webhook: Webhook
) -> None:
    make_ready(course, teacher, hours=-1)

    sweep_expired()

    assert told() == ["export.expired"]


def test_nothing_is_written_for_workspaces_without_a_webhook_for_it(
    course: Course, teacher: User, webhook: Webhook, receiver: Receiver
) -> None:
    change_webhook(webhook, url=receiver.url, kinds=["export.failed"], is_enabled=True)
    other = factories.make_course("CS102")
    stranger = factories.make_teacher(other)
    make_ready(course, teacher, hours=-1)
    make_ready(other, stranger, hours=-1)

    sweep_expired()

    assert announce_expiring() == 0
    assert told() == []


def test_every_webhook_of_the_workspace_gets_its_own_delivery(
    course: Course, teacher: User, webhook: Webhook, admin: User, receiver: Receiver
) -> None:
    second, _secret = create_webhook(
        workspace=course.workspace,
        person=admin,
        url=receiver.url,
        kinds=["export.expired"],
    )
    make_ready(course, teacher, hours=-1)

    sweep_expired()

    deliveries = WebhookDelivery.objects.filter(event__kind=EventKind.EXPIRED)
    assert {delivery.webhook for delivery in deliveries} == {webhook, second}


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ([], "Found no event, expected some of export.ready, export.failed"),
        (["export.ready", "export.gone"], "Found 'export.gone', expected some of"),
    ],
)
def test_a_webhook_hears_of_what_there_is(
    course: Course, admin: User, receiver: Receiver, kinds: list[str], message: str
) -> None:
    with pytest.raises(OptionsError) as refused:
        create_webhook(
            workspace=course.workspace, person=admin, url=receiver.url, kinds=kinds
        )

    assert str(refused.value).startswith(message)


def test_an_address_that_may_not_be_called_is_refused_when_it_is_entered(
    course: Course, admin: User
) -> None:
    with pytest.raises(AddressRefusedError):
        create_webhook(
            workspace=course.workspace,
            person=admin,
            url="http://127.0.0.1:8000/",
            kinds=EventKind.values,
        )

    assert not Webhook.objects.exists()


def test_a_workspace_has_no_more_webhooks_than_the_limit(
    course: Course,
    admin: User,
    webhook: Webhook,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "WEBHOOKS_PER_WORKSPACE", 1)

    with pytest.raises(OptionsError, match="Found 1 webhooks, which is the limit"):
        create_webhook(
            workspace=course.workspace,
            person=admin,
            url=receiver.url,
            kinds=EventKind.values,
        )


def test_no_secret_is_kept_in_clear(webhook: Webhook, secret: str) -> None:
    row = Webhook.objects.values().get()

    assert secret.startswith("whsec_")
    assert [name for name, value in row.items() if secret[6:20] in str(value)] == []
