"""A right that ends while a file is on its way: nothing of it stays at the target."""

from pathlib import Path

import pytest
from django.utils import timezone

from bookbag.deliveries.jobs import DeliveryJobs
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.deliveries.sending import CHECKING, SENDING, SendProgress
from bookbag.deliveries.services import request_delivery
from bookbag.domain.courses.models import Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.jobs.leases import LeaseKeeper
from bookbag.jobs.working import run_job
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("phase", [SENDING, CHECKING])
@pytest.mark.parametrize("kind", ["store", "sftp"])
def test_a_right_that_ends_meanwhile_leaves_nothing_there(
    kind: str,
    phase: str,
    export: Export,
    teacher: User,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target: DeliveryTarget = request.getfixturevalue(f"{kind}_target")
    target.is_for_teachers = True
    target.save()
    delivery = request_delivery(person=teacher, export=export, target=target)
    report = LeaseKeeper.report

    def lose_right(self: LeaseKeeper[Delivery], done: SendProgress) -> None:
        if done.phase == phase:
            Enrolment.objects.filter(user=teacher).update(removed_at=timezone.now())
        report(self, done)

    monkeypatch.setattr(LeaseKeeper, "report", lose_right)
    run_job(DeliveryJobs(), delivery.pk)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure_code) == (
        DeliveryState.FAILED,
        "delivery_right_ended",
    )
    assert list_left(target, request) == []


def list_left(target: DeliveryTarget, request: pytest.FixtureRequest) -> list[str]:
    if target.kind == "sftp":
        return [path.name for path in Path(target.folder).iterdir()]
    server: StoreServer = request.getfixturevalue("store_server")
    return server.list_keys(target.bucket) + server.list_uploads(target.bucket)
