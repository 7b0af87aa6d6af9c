"""An export is pushed to real storage, read back, and compared."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from bookbag.deliveries.jobs import DeliveryJobs
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.deliveries.services import request_delivery
from bookbag.domain.people.models import User
from bookbag.exports.models import Export, ExportEvent
from bookbag.exports.states import ExportEventKind
from bookbag.jobs.working import run_job
from tests import services
from tests.integration.deliveries.conftest import CONTENT
from tests.stores import SftpServer, StoreServer, make_ssh_key

DELIVERIES = DeliveryJobs()
SHA256 = hashlib.sha256(CONTENT).hexdigest()

# The lease keeper writes from a thread of its own, so nothing may be in a test's
# transaction.
pytestmark = pytest.mark.django_db(transaction=True)

Read = Callable[[str], bytes]


@pytest.fixture(params=["store", "sftp"])
def target(request: pytest.FixtureRequest) -> DeliveryTarget:
    found: DeliveryTarget = request.getfixturevalue(f"{request.param}_target")
    return found


@pytest.fixture
def read(target: DeliveryTarget, request: pytest.FixtureRequest) -> Read:
    """Read what a target has by another way than the sending does."""
    if target.kind == "sftp":
        return lambda name: Path(name).read_bytes()
    server: StoreServer = request.getfixturevalue("store_server")
    return lambda name: server.read(target.bucket, name)


def test_a_push_is_read_back_and_compared(
    export: Export, target: DeliveryTarget, admin: User, read: Read
) -> None:
    delivery = _deliver(export, target, admin)

    assert (delivery.state, delivery.failure_sentence) == (DeliveryState.DELIVERED, "")
    assert (delivery.stored_bytes, delivery.stored_sha256) == (len(CONTENT), SHA256)
    assert (delivery.sent_bytes, delivery.sent_sha256) == (len(CONTENT), SHA256)
    assert delivery.remote_name.startswith(target.folder + "/CS101_course-data_")
    assert read(delivery.remote_name) == CONTENT
    event = ExportEvent.objects.get(kind=ExportEventKind.DELIVERED)
    assert (event.person, event.detail) == (admin, target.name)


def test_it_is_encrypted_to_a_recipient_that_the_age_program_opens(
    export: Export, target: DeliveryTarget, admin: User, read: Read, tmp_path: Path
) -> None:
    identity = pyrage.x25519.Identity.generate()
    target.recipient = str(identity.to_public())
    target.save()
    (tmp_path / "identity").write_text(str(identity))

    delivery = _deliver(export, target, admin)

    encrypted = read(delivery.remote_name)
    assert delivery.remote_name.endswith(".zip.age")
    assert delivery.recipient == target.recipient
    assert delivery.stored_sha256 == hashlib.sha256(encrypted).hexdigest()
    assert delivery.stored_sha256 != SHA256
    opened = subprocess.run(  # noqa: S603 - Debian's program
        [services.require_program("age"), "-d", "-i", str(tmp_path / "identity")],
        input=encrypted,
        capture_output=True,
        check=True,
    )
    assert opened.stdout == CONTENT


def test_it_is_encrypted_to_a_public_ssh_key(
    export: Export, sftp_target: DeliveryTarget, admin: User, tmp_path: Path
) -> None:
    key = make_ssh_key(tmp_path / "recipient")
    sftp_target.recipient = key.public
    sftp_target.save()

    delivery = _deliver(export, sftp_target, admin)

    identity = pyrage.ssh.Identity.from_buffer(key.path.read_bytes())
    encrypted = Path(delivery.remote_name).read_bytes()
    assert pyrage.decrypt(encrypted, [identity]) == CONTENT


def test_sending_again_replaces_its_own_file_and_no_other(
    export: Export, target: DeliveryTarget, admin: User, read: Read
) -> None:
    first = _deliver(export, target, admin)
    again = _deliver(export, target, admin)

    assert first.pk != again.pk
    assert (again.state, again.remote_name) == (
        DeliveryState.DELIVERED,
        first.remote_name,
    )
    assert read(again.remote_name) == CONTENT


def test_nothing_of_a_killed_attempt_stays_in_a_store(
    export: Export, store_target: DeliveryTarget, admin: User, store_server: StoreServer
) -> None:
    bucket = store_target.bucket
    name = f"bookbag/exports/CS101_course-data_{str(export.pk)[:8]}.zip"
    left = store_server.client.create_multipart_upload(Bucket=bucket, Key=name)
    store_server.client.upload_part(
        Bucket=bucket, Key=name, UploadId=left["UploadId"], PartNumber=1, Body=b"left"
    )

    delivery = _deliver(export, store_target, admin)

    assert delivery.remote_name == name
    assert store_server.list_uploads(bucket) == []
    assert store_server.list_keys(bucket) == [name]


def test_nothing_of_a_killed_attempt_stays_on_a_server(
    export: Export, sftp_target: DeliveryTarget, admin: User, sftp_server: SftpServer
) -> None:
    folder = Path(sftp_target.folder)
    folder.mkdir()
    name = f"CS101_course-data_{str(export.pk)[:8]}.zip"
    (folder / f"{name}.part").write_bytes(b"x" * (25 << 20))

    _deliver(export, sftp_target, admin)

    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == CONTENT


def _deliver(export: Export, target: DeliveryTarget, person: User) -> Delivery:
    delivery = request_delivery(person=person, export=export, target=target)
    run_job(DELIVERIES, delivery.pk)
    delivery.refresh_from_db()
    return delivery
