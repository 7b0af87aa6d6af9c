"""A finished export with a real file, and targets on real servers."""

import hashlib
import random
from ipaddress import ip_network
from pathlib import Path

import pytest
from pytest_django import Settings

from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.services import save_target
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from tests import factories
from tests.fakes.definitions import IDENTIFIER
from tests.integration.exports.conftest import (
    course,
    fake_definition,
    storage,
    teacher,
    woken,
)
from tests.stores import ACCESS_KEY, SECRET, SftpServer, StoreServer

__all__ = ["course", "fake_definition", "storage", "teacher", "woken"]

CONTENT = random.Random(7).randbytes((20 << 20) + 4321)  # noqa: S311 - three parts
"""More than two parts of an upload, and no whole number of anything."""


@pytest.fixture(autouse=True)
def _reachable(settings: Settings, fake_definition: None) -> None:
    settings.BOOKBAG_PRIVATE_TARGETS = [ip_network("127.0.0.1/32")]


@pytest.fixture
def admin(course: Course) -> User:
    return factories.make_member(course.workspace, "admin", role=MemberRole.ADMIN)


@pytest.fixture
def export(course: Course, teacher: User, storage: LocalStorage) -> Export:
    ready = factories.make_export(
        course,
        teacher,
        identifier=IDENTIFIER,
        state=ExportState.READY,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
    )
    path = storage.root / ready.storage_key
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return ready


@pytest.fixture
def store_target(course: Course, store_server: StoreServer) -> DeliveryTarget:
    target = DeliveryTarget(
        workspace=course.workspace,
        kind=TargetKind.S3,
        name="Archive bucket",
        address=store_server.endpoint_url,
        bucket=store_server.make_bucket(),
        folder="bookbag/exports",
        account=ACCESS_KEY,
    )
    save_target(target, SECRET)
    return target


@pytest.fixture
def sftp_target(
    course: Course, sftp_server: SftpServer, tmp_path: Path
) -> DeliveryTarget:
    target = DeliveryTarget(
        workspace=course.workspace,
        kind=TargetKind.SFTP,
        name="Records office",
        address=sftp_server.address,
        folder=str(sftp_server.folder / tmp_path.name),
        account=sftp_server.user,
        host_key=sftp_server.host_key,
    )
    save_target(target, sftp_server.user_key.private)
    return target
