from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.storage import LocalStorage, get_storage
from bookbag.exports.storage.objects import ObjectStorage
from tests import factories
from tests.fakes.definitions import installed_definition
from tests.fakes.wakeups import SENT
from tests.stores import ACCESS_KEY, SECRET, StoreServer


@pytest.fixture(autouse=True)
def woken(settings: Settings) -> list[str]:
    """The ids that were sent to the queue; nothing is worked on by itself."""
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    SENT.clear()
    return SENT


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> LocalStorage:
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}/exports"
    return LocalStorage(tmp_path / "exports")


@pytest.fixture
def fake_definition() -> Iterator[None]:
    with installed_definition():
        yield


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course()


@pytest.fixture
def teacher(course: Course) -> User:
    return factories.make_teacher(course, "teacher")


@pytest.fixture
def bucket(store_server: StoreServer) -> str:
    return store_server.make_bucket()


@pytest.fixture
def objects(
    store_server: StoreServer, bucket: str, settings: Settings, tmp_path: Path
) -> ObjectStorage:
    settings.BOOKBAG_VAR = tmp_path / "var"
    settings.BOOKBAG_STORAGE_ACCESS_KEY = ACCESS_KEY
    settings.BOOKBAG_STORAGE_SECRET_KEY = SECRET
    url = f"s3://{bucket}/kept?endpoint={store_server.endpoint_url}"
    settings.BOOKBAG_STORAGE_URL = url
    storage = get_storage()
    assert isinstance(storage, ObjectStorage)
    return storage
