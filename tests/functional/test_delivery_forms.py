"""What the forms of delivery targets refuse, and what they never show."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from bookbag.deliveries.models import DeliveryTarget
from bookbag.deliveries.secrets import unseal
from bookbag.domain.people.models import MemberRole, Workspace
from tests import factories

pytestmark = pytest.mark.django_db

STORE = {
    "name": "Bucket", "address": "https://s3.example", "region": "eu-1",
    "bucket": "exports", "account": "key", "secret": "hush-hush",
}  # fmt: skip
SFTP = {"name": "Office", "address": "sftp.example", "account": "me", "secret": "pw"}


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def admin(client: Client, workspace: Workspace) -> Client:
    person = factories.make_member(workspace, role=MemberRole.ADMIN)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("kind", "changes", "sentence"),
    [
        ("s3", {"address": "s3.example"}, "expected an address such as https://host"),
        ("s3", {"address": "https://a:b@c"}, "expected an address such as"),
        ("s3", {"bucket": ""}, "Found no bucket, expected its name."),
        ("s3", {"secret": ""}, "Found no secret, expected one."),
        ("s3", {"recipient": "age1nobody"}, "expected a recipient of age (age1…)"),
        ("sftp", {"address": "host:0"}, "expected host or host:port"),
        ("sftp", {"host_key": "ssh-ed25519 AAAA"}, "Found no host key, expected"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(
    admin: Client, workspace: Workspace, kind: str, changes: dict[str, str],
    sentence: str,
) -> None:  # fmt: skip
    url = reverse("delivery-target-new", args=[workspace.slug, kind])

    answer = admin.post(url, (STORE if kind == "s3" else SFTP) | changes)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not DeliveryTarget.objects.exists()


def test_a_store_without_encryption_is_refused_in_production(
    admin: Client, workspace: Workspace, settings: Settings
) -> None:
    url = reverse("delivery-target-new", args=[workspace.slug, "s3"])
    plain = STORE | {"address": "http://s3.example"}
    settings.BOOKBAG_MODE = "production"
    assert admin.post(url, plain).status_code == 200

    settings.BOOKBAG_MODE = "development"
    assert admin.post(url, plain).status_code == 302


def test_a_name_is_taken_once(admin: Client, workspace: Workspace) -> None:
    url = reverse("delivery-target-new", args=[workspace.slug, "s3"])
    admin.post(url, STORE)

    assert b"Found this name already" in admin.post(url, STORE).content


def test_the_secret_is_kept_but_never_shown_nor_sent_elsewhere(
    admin: Client, workspace: Workspace
) -> None:
    admin.post(reverse("delivery-target-new", args=[workspace.slug, "s3"]), STORE)
    target = DeliveryTarget.objects.get()
    url = reverse("delivery-target", args=[workspace.slug, target.pk])
    assert b"hush-hush" not in admin.get(url).content

    renamed = admin.post(url, STORE | {"name": "Other", "secret": ""})
    moved = admin.post(url, STORE | {"address": "https://evil.example", "secret": ""})

    assert renamed.status_code == 302
    assert b"Found another address, expected its secret with it." in moved.content
    target.refresh_from_db()
    assert (target.name, target.address) == ("Other", "https://s3.example")
    assert unseal(target.sealed_secret) == "hush-hush"
