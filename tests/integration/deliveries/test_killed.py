"""A worker is killed in mid-delivery, and what the doctor says and mends then."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from bookbag.deliveries.doctor import find_delivery_inconsistencies
from bookbag.deliveries.jobs import DeliveryJobs, format_remote_name
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.deliveries.services import request_delivery
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.jobs.inconsistencies import Inconsistency
from bookbag.jobs.working import run_job
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db(transaction=True)
DELIVERIES = DeliveryJobs()
LONG_AGO = timedelta(hours=1)
WORK = """
import sys, time
import django
django.setup()
from bookbag.deliveries.jobs import DeliveryJobs
from bookbag.jobs.leases import LeaseKeeper
from bookbag.jobs.working import run_job
from tests.fakes.definitions import installed_definition
report = LeaseKeeper.report
def report_slowly(keeper, progress):
    time.sleep(0.1)
    report(keeper, progress)
LeaseKeeper.report = report_slowly
with installed_definition():
    run_job(DeliveryJobs(), sys.argv[1])
print("ended before it was killed")
"""
CountLeft = Callable[[], int]


@pytest.fixture(params=["store", "sftp"])
def target(request: pytest.FixtureRequest) -> DeliveryTarget:
    found: DeliveryTarget = request.getfixturevalue(f"{request.param}_target")
    return found


@pytest.fixture
def count_left(target: DeliveryTarget, request: pytest.FixtureRequest) -> CountLeft:
    """Count what lies unfinished at the target."""
    if target.kind == "sftp":
        return lambda: len(list(Path(target.folder).glob("*.part")))
    server: StoreServer = request.getfixturevalue("store_server")
    return lambda: len(server.list_uploads(target.bucket))


@pytest.fixture
def killed(
    export: Export, target: DeliveryTarget, admin: User, count_left: CountLeft,
    settings: Settings,
) -> Delivery:  # fmt: skip
    """A delivery whose worker was killed while it was sending."""
    delivery = request_delivery(person=admin, export=export, target=target)
    url = "sqlite:///" + str(connection.settings_dict["NAME"])
    if connection.vendor == "postgresql":
        known = connection.settings_dict
        account = f"{known['USER']}:{known['PASSWORD']}"
        url = f"postgresql://{account}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "BOOKBAG_STORAGE_URL": settings.BOOKBAG_STORAGE_URL,
        "BOOKBAG_PRIVATE_TARGETS": "127.0.0.1/32",
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WORK, str(delivery.pk)],
        env=environment,
        stdout=subprocess.PIPE,
    )
    while not count_left() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    printed, _ = process.communicate()
    assert (printed, count_left()) == (b"", 1)
    let_time_pass()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.RUNNING
    return delivery


def let_time_pass() -> None:
    then = timezone.now() - LONG_AGO
    Delivery.objects.update(requested_at=then, woken_at=then, lease_expires_at=then)


def find() -> list[Inconsistency]:
    return list(find_delivery_inconsistencies())


def test_the_doctor_wakes_a_worker_that_delivers_it(
    killed: Delivery, count_left: CountLeft, woken: list[str]
) -> None:
    woken.clear()
    (found,) = find()
    assert found.mend is not None
    found.mend()

    run_job(DELIVERIES, killed.pk)

    killed.refresh_from_db()
    assert found.code == "nobody_works_on_it"
    assert woken == [str(killed.pk)]
    assert (killed.state, killed.attempt) == (DeliveryState.DELIVERED, 2)
    assert (count_left(), find()) == (0, [])


def test_the_doctor_removes_what_a_delivery_left_that_was_given_up(
    killed: Delivery, target: DeliveryTarget, count_left: CountLeft, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_ATTEMPTS = 1
    run_job(DELIVERIES, killed.pk)
    killed.refresh_from_db()
    assert (killed.state, count_left()) == (DeliveryState.FAILED, 1)

    (found,) = find()
    assert found.mend is not None
    found.mend()

    assert found.code == "unfinished_delivery"
    assert format_remote_name(killed.export, target) in found.message
    assert (count_left(), find()) == (0, [])


def test_what_another_delivery_is_just_sending_is_left_alone(
    killed: Delivery, admin: User, count_left: CountLeft
) -> None:
    Delivery.objects.update(state=DeliveryState.FAILED)
    assert killed.target is not None
    again = request_delivery(person=admin, export=killed.export, target=killed.target)

    assert find() == []

    run_job(DELIVERIES, again.pk)
    assert count_left() == 0


def test_a_delivery_that_nobody_told_of_its_export_is_started(
    export: Export, admin: User, sftp_target: DeliveryTarget
) -> None:
    delivery = request_delivery(person=admin, export=export, target=sftp_target)
    Delivery.objects.update(state=DeliveryState.WAITING)

    (found,) = find()
    assert found.mend is not None
    found.mend()

    delivery.refresh_from_db()
    assert found.code == "delivery_left_waiting"
    assert delivery.state == DeliveryState.QUEUED


def test_a_target_that_is_away_is_no_inconsistency(
    export: Export, admin: User, sftp_target: DeliveryTarget
) -> None:
    request_delivery(person=admin, export=export, target=sftp_target)
    Delivery.objects.update(state=DeliveryState.FAILED, started_at=timezone.now())
    DeliveryTarget.objects.update(address="127.0.0.1:9")

    assert find() == []
