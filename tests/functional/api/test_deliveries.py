"""Deliveries over the API: targets, asking, what was stored, cancelling."""

import pytest

from bookbag.deliveries.models import (
    Delivery,
    DeliveryState,
    DeliveryTarget,
    TargetKind,
)
from bookbag.deliveries.services import save_target
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from tests import factories
from tests.functional.api.conftest import ApiClient, api_of


@pytest.fixture
def target(course: Course) -> DeliveryTarget:
    made = DeliveryTarget(
        workspace=course.workspace,
        kind=TargetKind.S3,
        name="Bucket",
        address="https://s3.example",
        bucket="exports",
        account="key",
    )
    save_target(made, "secret-of-the-bucket")
    return made


@pytest.fixture
def ready(course: Course, admin: User) -> Export:
    return factories.make_export(course, admin, state=ExportState.READY)


def test_targets_are_listed_without_their_secrets(
    api: ApiClient, target: DeliveryTarget
) -> None:
    answer = api.get(f"/workspaces/{target.workspace.slug}/delivery-targets")

    assert answer.json() == {
        "items": [
            {"id": target.pk, "name": "Bucket", "kind": "s3", "is_encrypted": False}
        ]
    }


def test_teachers_see_the_targets_that_are_for_them(
    course: Course, target: DeliveryTarget
) -> None:
    path = f"/workspaces/{target.workspace.slug}/delivery-targets"
    teacher = api_of(factories.make_teacher(course))
    assert teacher.get(path).json() == {"items": []}

    target.is_for_teachers = True
    target.save()

    assert len(teacher.get(path).json()["items"]) == 1
    assert api_of(factories.enrol(course)).get(path).json() == {"items": []}


def test_an_export_is_sent_and_the_receipt_is_there(
    api: ApiClient, ready: Export, target: DeliveryTarget
) -> None:
    path = f"/exports/{ready.pk}/deliveries"

    asked = api.post(path, {"target_id": target.pk})

    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    copy = {
        "stored_bytes": 5,
        "sent_bytes": 5,
        "sent_sha256": "a",
        "stored_sha256": "a",
    }
    Delivery.objects.update(state=DeliveryState.DELIVERED, remote_name="x.zip", **copy)
    (item,) = api.get(path).json()["items"]
    assert (item["target"], item["failure"]) == ("Bucket", None)
    assert item["stored"] == {
        "name": "x.zip", "size_bytes": 5, "sha256": "a", "recipient": None,
    }  # fmt: skip


def test_it_is_asked_for_with_the_export(
    api: ApiClient, course: Course, target: DeliveryTarget
) -> None:
    body = {
        "identifier": "user-access",
        "scope": {"course_id": course.pk},
        "deliver_to": target.pk,
    }

    answer = api.post("/exports", body)

    delivery = Delivery.objects.get()
    wrong = api.post("/exports", body | {"deliver_to": target.pk + 1})
    assert (wrong.status_code, Export.objects.count()) == (404, 1)
    assert answer.status_code == 202
    assert (str(delivery.export_id), delivery.state) == (answer.json()["id"], "waiting")


def test_a_target_of_others_is_not_there(
    course: Course, ready: Export, target: DeliveryTarget
) -> None:
    teacher = api_of(factories.make_teacher(course))

    answer = teacher.post(f"/exports/{ready.pk}/deliveries", {"target_id": target.pk})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_export_without_a_file_has_nothing_to_send(
    api: ApiClient, course: Course, admin: User, target: DeliveryTarget
) -> None:
    failed = factories.make_export(course, admin, state=ExportState.FAILED)

    answer = api.post(f"/exports/{failed.pk}/deliveries", {"target_id": target.pk})

    assert (answer.status_code, answer.json()["code"]) == (409, "delivery_has_no_file")


def test_a_delivery_is_cancelled_once(
    api: ApiClient, ready: Export, target: DeliveryTarget
) -> None:
    path = f"/exports/{ready.pk}/deliveries"
    asked = api.post(path, {"target_id": target.pk}).json()

    first = api.post(f"{path}/{asked['id']}/cancel")
    second = api.post(f"{path}/{asked['id']}/cancel")

    assert (first.status_code, first.json()["state"]) == (202, "cancelled")
    assert (second.status_code, second.json()["code"]) == (409, "delivery_ended")
