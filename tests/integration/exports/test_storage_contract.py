"""What every storage promises, tested on a folder and on a real object store."""

import random
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from bookbag.exports.storage import (
    Storage,
    delete_published,
    format_index_key,
    format_key,
    get_storage,
)
from tests.stores import ACCESS_KEY, SECRET, StoreServer

LARGE = random.Random(3).randbytes((17 << 20) + 99)  # noqa: S311 - three parts


@pytest.fixture(params=["folder", "objects"])
def kept(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Storage:
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}/kept"
    if request.param == "objects":
        server: StoreServer = request.getfixturevalue("store_server")
        bucket = server.make_bucket()
        settings.BOOKBAG_VAR = tmp_path / "var"
        settings.BOOKBAG_STORAGE_ACCESS_KEY = ACCESS_KEY
        settings.BOOKBAG_STORAGE_SECRET_KEY = SECRET
        settings.BOOKBAG_STORAGE_URL = (
            f"s3://{bucket}/kept?endpoint={server.endpoint_url}"
        )
    return get_storage()


def publish(storage: Storage, content: bytes, suffix: str = ".zip") -> str:
    export_id = uuid4()
    staged = storage.stage_file(export_id, 1)
    staged.write_bytes(content)
    return storage.publish_file(staged, format_key(export_id, 1, suffix))


@pytest.mark.parametrize("content", [b"", b"small", LARGE], ids=len)
def test_what_is_published_can_be_read(kept: Storage, content: bytes) -> None:
    key = publish(kept, content)

    with kept.open_file(key) as file:
        assert file.read() == content
    assert list(kept.iter_keys()) == [key]


def test_a_file_can_be_read_from_any_place(kept: Storage) -> None:
    key = publish(kept, LARGE)

    with kept.open_file(key) as file:
        assert file.seek(9_000_001) == 9_000_001
        assert file.read(70_000) == LARGE[9_000_001:9_070_001]
        file.seek(-10, 2)
        assert file.read() == LARGE[-10:]
        file.seek(5)
        assert file.read(3) == LARGE[5:8]


def test_a_staged_file_is_not_published(kept: Storage) -> None:
    staged = kept.stage_file(uuid4(), 1)
    staged.write_bytes(b"not yet")

    assert list(kept.iter_keys()) == [f"staged/{staged.name}"]
    with pytest.raises(FileNotFoundError):
        kept.open_file(f"published/{staged.name}")


def test_publishing_leaves_nothing_staged(kept: Storage) -> None:
    publish(kept, b"content")

    assert [key for key in kept.iter_keys() if key.startswith("staged/")] == []


def test_a_file_that_is_not_there_is_missing(kept: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        kept.open_file(format_key(uuid4(), 1, ".zip"))


def test_a_deleted_file_is_gone_with_its_index(kept: Storage) -> None:
    key = publish(kept, b"content")
    index = kept.stage_file(uuid4(), 1)
    index.write_bytes(b"index")
    kept.publish_file(index, format_index_key(key))
    other = publish(kept, b"other")

    delete_published(kept, key)
    delete_published(kept, key)  # what is not there is no error

    assert list(kept.iter_keys()) == [other]


def test_a_pause_that_raises_publishes_nothing(kept: Storage) -> None:
    export_id = uuid4()
    staged = kept.stage_file(export_id, 1)
    staged.write_bytes(LARGE)

    def refuse() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        kept.publish_file(staged, format_key(export_id, 1, ".zip"), refuse)

    assert [key for key in kept.iter_keys() if key.startswith("published/")] == []
