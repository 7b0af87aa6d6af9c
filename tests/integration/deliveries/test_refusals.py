"""What a delivery refuses, and what it tries again."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookbag.deliveries import services
from bookbag.deliveries.errors import (
    DeliveryEndedError,
    NothingToDeliverError,
    TargetRefusedError,
)
from bookbag.deliveries.jobs import DeliveryJobs
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.deliveries.senders import Sender, open_sender
from bookbag.deliveries.sending import SendProgress
from bookbag.deliveries.services import (
    cancel_delivery,
    check_target,
    request_delivery,
    save_target,
)
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.services import cancel_export
from bookbag.exports.states import ExportState
from bookbag.jobs.leases import Claim, LeaseKeeper
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.definitions import IDENTIFIER
from tests.stores import SftpServer, StoreServer, make_ssh_key

DELIVERIES = DeliveryJobs()
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_delivery_waits_for_its_export_and_then_goes(
    course: Course, teacher: User, admin: User, sftp_target: DeliveryTarget,
    woken: list[str],
) -> None:  # fmt: skip
    export = factories.make_export(course, teacher, identifier=IDENTIFIER)
    delivery = request_delivery(person=admin, export=export, target=sftp_target)
    assert delivery.state == DeliveryState.WAITING
    assert woken == []

    run_job(ExportJobs(), export.pk)
    assert woken == [str(delivery.pk)]
    run_job(DELIVERIES, delivery.pk)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert Path(delivery.remote_name).read_bytes() == b"the exported content"


def test_a_delivery_of_a_cancelled_export_is_cancelled(
    course: Course, teacher: User, admin: User, sftp_target: DeliveryTarget
) -> None:
    export = factories.make_export(course, teacher, identifier=IDENTIFIER)
    delivery = request_delivery(person=admin, export=export, target=sftp_target)

    cancel_export(person=teacher, export=export)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.CANCELLED
    assert delivery.failure_sentence == "The export is cancelled"


def test_asking_twice_is_one_delivery(
    export: Export, admin: User, sftp_target: DeliveryTarget
) -> None:
    first = request_delivery(person=admin, export=export, target=sftp_target)
    second = request_delivery(person=admin, export=export, target=sftp_target)

    assert first.pk == second.pk


def test_teachers_send_only_where_an_admin_lets_them(
    export: Export, teacher: User, store_target: DeliveryTarget
) -> None:
    with pytest.raises(TargetRefusedError):
        request_delivery(person=teacher, export=export, target=store_target)

    store_target.is_for_teachers = True
    store_target.save()

    assert request_delivery(person=teacher, export=export, target=store_target)


def test_an_admin_of_another_workspace_sends_nothing(
    export: Export, store_target: DeliveryTarget
) -> None:
    other = factories.make_workspace()
    stranger = factories.make_member(other, role=MemberRole.ADMIN)

    with pytest.raises(TargetRefusedError):
        request_delivery(person=stranger, export=export, target=store_target)

    store_target.workspace = other
    with pytest.raises(TargetRefusedError):
        request_delivery(person=stranger, export=export, target=store_target)


def test_an_expired_export_cannot_be_sent(
    export: Export, admin: User, store_target: DeliveryTarget
) -> None:
    export.expires_at = timezone.now() - timedelta(seconds=1)
    export.save()

    with pytest.raises(NothingToDeliverError):
        request_delivery(person=admin, export=export, target=store_target)


def test_a_right_that_ended_meanwhile_ends_the_delivery(
    export: Export, teacher: User, store_target: DeliveryTarget
) -> None:
    store_target.is_for_teachers = True
    store_target.save()
    delivery = request_delivery(person=teacher, export=export, target=store_target)
    Enrolment.objects.filter(user=teacher).update(removed_at=timezone.now())

    assert _work(delivery) == (DeliveryState.FAILED, "delivery_right_ended")


def test_a_deleted_target_ends_the_delivery(
    export: Export, admin: User, store_target: DeliveryTarget
) -> None:
    delivery = request_delivery(person=admin, export=export, target=store_target)
    store_target.delete()

    assert _work(delivery) == (DeliveryState.FAILED, "delivery_target_gone")
    assert delivery.target_name == "Archive bucket"


@pytest.mark.parametrize("kind", ["store", "sftp"])
def test_a_private_address_is_refused_without_the_setting(
    kind: str, export: Export, admin: User, settings: Settings,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    target = request.getfixturevalue(f"{kind}_target")
    settings.BOOKBAG_PRIVATE_TARGETS = []
    delivery = request_delivery(person=admin, export=export, target=target)

    assert _work(delivery) == (DeliveryState.FAILED, "delivery_target_unsafe")
    assert delivery.failure_sentence == (
        "Found 127.0.0.1, which is not public, expected a public address or one of "
        "BOOKBAG_PRIVATE_TARGETS: '127.0.0.1'"
    )


def test_another_host_key_ends_the_delivery_before_anything_is_sent(
    export: Export, admin: User, sftp_target: DeliveryTarget, tmp_path: Path
) -> None:
    sftp_target.host_key = make_ssh_key(tmp_path / "other").public
    sftp_target.save()
    delivery = request_delivery(person=admin, export=export, target=sftp_target)

    assert _work(delivery) == (DeliveryState.FAILED, "sftp_host_key_differs")
    assert "nothing was sent" in delivery.failure_sentence
    assert not Path(sftp_target.folder).exists()


def test_a_server_whose_key_nobody_confirmed_gets_nothing(
    export: Export, admin: User, sftp_target: DeliveryTarget, sftp_server: SftpServer
) -> None:
    sftp_target.host_key = ""
    sftp_target.save()
    delivery = request_delivery(person=admin, export=export, target=sftp_target)

    assert _work(delivery) == (DeliveryState.FAILED, "sftp_host_key_missing")
    missing = check_target(sftp_target)
    assert missing is not None
    assert missing.found == sftp_server.host_key


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("account", "nobody", "The store refuses "),
        ("bucket", "no-such-bucket", "The store refuses "),
    ],
)
def test_a_store_that_says_no_ends_the_delivery_with_its_words(
    field: str, value: str, sentence: str,
    export: Export, admin: User, store_target: DeliveryTarget,
) -> None:  # fmt: skip
    setattr(store_target, field, value)
    store_target.save()
    delivery = request_delivery(person=admin, export=export, target=store_target)

    assert _work(delivery) == (DeliveryState.FAILED, "delivery_refused_by_target")
    assert delivery.failure_sentence.startswith(sentence)


@pytest.mark.parametrize("secret", ["a password", "-----BEGIN nothing-----"])
def test_a_server_that_refuses_the_secret_ends_the_delivery(
    secret: str, export: Export, admin: User, sftp_target: DeliveryTarget
) -> None:
    save_target(sftp_target, secret)
    delivery = request_delivery(person=admin, export=export, target=sftp_target)

    assert _work(delivery) == (DeliveryState.FAILED, "delivery_refused_by_target")
    assert secret not in delivery.failure_sentence


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which nothing listens, and nothing will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("kind", ["store", "sftp"])
def test_a_target_that_is_away_is_tried_again_later(
    kind: str, silent_port: int, export: Export, admin: User,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    target = request.getfixturevalue(f"{kind}_target")
    reached = target.address
    away = f"127.0.0.1:{silent_port}"
    target.address = away if kind == "sftp" else f"http://{away}"
    target.save()
    delivery = request_delivery(person=admin, export=export, target=target)

    assert _work(delivery) == (DeliveryState.RUNNING, "")
    assert delivery.worker == ""
    assert delivery.failure_sentence
    assert delivery.lease_expires_at is not None
    assert delivery.lease_expires_at > timezone.now()

    target.address = reached
    target.save()
    Delivery.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert _work(delivery) == (DeliveryState.DELIVERED, "")
    assert (delivery.attempt, delivery.failure_sentence) == (2, "")


def test_a_copy_that_differs_is_deleted_and_sent_again(
    export: Export, admin: User, sftp_target: DeliveryTarget,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip

    def open_lying_sender(target: DeliveryTarget) -> Sender:
        sender = open_sender(target)
        monkeypatch.setattr(sender, "iter_file", lambda _: iter([b"something else"]))
        return sender

    monkeypatch.setattr("bookbag.deliveries.jobs.open_sender", open_lying_sender)
    delivery = request_delivery(person=admin, export=export, target=sftp_target)

    assert _work(delivery) == (DeliveryState.RUNNING, "")
    assert delivery.failure_sentence.startswith("Found 14 bytes with SHA-256 ")
    assert list(Path(sftp_target.folder).iterdir()) == []


@pytest.mark.parametrize(
    ("recipient", "after_megabytes"),
    [("", 10), ("age1encrypted", 10), ("", 30)],  # the last while it is read back
)
def test_cancelling_stops_a_running_delivery_and_leaves_nothing(
    recipient: str, after_megabytes: int, export: Export, admin: User,
    store_target: DeliveryTarget, store_server: StoreServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    store_target.recipient = recipient and RECIPIENT
    store_target.save()
    delivery = request_delivery(person=admin, export=export, target=store_target)
    report = LeaseKeeper.report

    def cancel_in_the_middle(self: LeaseKeeper[Delivery], done: SendProgress) -> None:
        if done.bytes_done > after_megabytes << 20 and not self._is_cancelled:
            row = Delivery.objects.get(pk=delivery.pk)
            cancel_delivery(person=admin, delivery=row)
            self._beat()
        report(self, done)

    monkeypatch.setattr(LeaseKeeper, "report", cancel_in_the_middle)

    assert _work(delivery) == (DeliveryState.CANCELLED, "")
    assert store_server.list_keys(store_target.bucket) == []
    assert store_server.list_uploads(store_target.bucket) == []


RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def test_what_has_ended_cannot_be_cancelled(
    export: Export, admin: User, sftp_target: DeliveryTarget
) -> None:
    delivery = request_delivery(person=admin, export=export, target=sftp_target)
    cancel_delivery(person=admin, delivery=delivery)
    assert delivery.state == DeliveryState.CANCELLED

    with pytest.raises(DeliveryEndedError):
        cancel_delivery(person=admin, delivery=delivery)


def test_a_worker_that_was_overtaken_changes_nothing(
    export: Export, admin: User, sftp_target: DeliveryTarget
) -> None:
    delivery = request_delivery(person=admin, export=export, target=sftp_target)
    claim = DELIVERIES.claim(delivery.pk, "slow")
    assert isinstance(claim, Claim)
    Delivery.objects.update(attempt=7, worker="faster")

    DELIVERIES.fail(claim, "any", "too late")
    DELIVERIES.cancel(claim)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.worker) == (DeliveryState.RUNNING, "faster")


@pytest.mark.parametrize("kind", ["store", "sftp"])
def test_trying_a_target_out_leaves_nothing_there(
    kind: str, request: pytest.FixtureRequest
) -> None:
    target = request.getfixturevalue(f"{kind}_target")

    assert check_target(target) is None

    assert (target.test_failure, target.tested_at is None) == ("", False)
    if kind == "sftp":
        assert list(Path(target.folder).iterdir()) == []
    else:
        server: StoreServer = request.getfixturevalue("store_server")
        assert server.list_keys(target.bucket) == []


def test_a_secret_is_sealed_and_kept_when_none_is_given(
    store_target: DeliveryTarget,
) -> None:
    sealed = store_target.sealed_secret
    assert "test-secret" not in sealed

    services.save_target(store_target, "")

    store_target.refresh_from_db()
    assert store_target.sealed_secret == sealed


def test_an_export_that_failed_has_nothing_to_deliver(
    course: Course, teacher: User, admin: User, store_target: DeliveryTarget
) -> None:
    export = factories.make_export(
        course, teacher, identifier=IDENTIFIER, state=ExportState.FAILED
    )

    with pytest.raises(NothingToDeliverError):
        request_delivery(person=admin, export=export, target=store_target)


def _work(delivery: Delivery) -> tuple[str, str]:
    run_job(DELIVERIES, delivery.pk)
    delivery.refresh_from_db()
    return delivery.state, delivery.failure_code
