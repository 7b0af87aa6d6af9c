"""Pages of webhooks: secrets that are shown once, and a log to deliver again from."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.delivering import deliver
from bookbag.exports.webhooks.events import write_event
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery
from tests import factories
from tests.fakes.receivers import Receiver, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(client: Client) -> Course:
    course = factories.make_course()
    admin = factories.make_member(course.workspace, role=MemberRole.ADMIN)
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    return course


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.BOOKBAG_PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]
    with listening() as receiver:
        yield receiver


def address(course: Course) -> str:
    return reverse("webhooks", kwargs={"slug": course.workspace.slug})


def test_the_secret_of_a_new_webhook_is_shown_once(
    client: Client, course: Course, receiver: Receiver
) -> None:
    fields = {"url": receiver.url, "kinds": ["export.failed", "export.ready"]}

    first = client.post(address(course), fields, follow=True)
    second = client.get(first.redirect_chain[-1][0])

    assert Webhook.objects.get().kinds == ["export.ready", "export.failed"]
    assert "whsec_" in first.content.decode()
    assert "whsec_" not in second.content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "http://10.0.0.1/"}, "Found 10.0.0.1, which is not public"),
        ({"url": "hello"}, "Found &#x27;hello&#x27;, expected an address with"),
        ({"kinds": []}, "Found no event, expected some of export.ready"),
    ],
)
def test_a_wrong_webhook_is_refused_with_what_was_found(
    client: Client,
    course: Course,
    receiver: Receiver,
    fields: dict[str, object],
    message: str,
) -> None:
    sent = {"url": receiver.url, "kinds": ["export.ready"]} | fields

    answer = client.post(address(course), sent)

    assert message in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_new_secret_is_shown_once_and_the_webhook_can_be_changed_and_deleted(
    client: Client, course: Course, receiver: Receiver
) -> None:
    webhook = factories.make_webhook(course.workspace)
    path = f"{address(course)}{webhook.pk}/"

    assert "whsec_" in client.post(f"{path}secret", follow=True).content.decode()
    client.post(path, {"url": receiver.url, "kinds": ["export.ready"]})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.is_enabled) == (receiver.url, False)
    client.post(f"{path}delete")
    assert not Webhook.objects.exists()


def test_the_log_says_what_was_answered_and_delivers_again(
    client: Client, course: Course, receiver: Receiver
) -> None:
    receiver.status, receiver.answer = 410, b"<b>gone</b>"
    webhook = factories.make_webhook(course.workspace, url=receiver.url)
    path = f"{address(course)}{webhook.pk}/"
    export = factories.make_export(
        course, factories.make_teacher(course), state=ExportState.READY
    )
    write_event(export, EventKind.READY)
    delivery = WebhookDelivery.objects.get()
    deliver(delivery.pk)

    shown = client.get(path).content.decode()
    client.post(f"{path}deliveries/{delivery.pk}/again")

    assert "Given up" in shown
    assert "410" in shown
    assert "&lt;b&gt;gone&lt;/b&gt;" in shown
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == ("waiting", 0)


def test_no_admin_of_another_workspace_reaches_a_webhook(
    client: Client, course: Course
) -> None:
    other = factories.make_webhook(factories.make_workspace())

    assert client.get(f"{address(course)}{other.pk}/").status_code == 404
    assert client.post(f"{address(course)}{other.pk}/delete").status_code == 404
