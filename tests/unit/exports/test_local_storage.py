import stat
from pathlib import Path
from uuid import uuid4

import pytest

from bookbag.exports.storage import LocalStorage, format_key, parse_key

EXPORT = uuid4()


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "exports")


def publish(storage: LocalStorage, content: bytes, attempt: int = 1) -> str:
    staged = storage.stage_file(EXPORT, attempt)
    staged.write_bytes(content)
    key = format_key(EXPORT, attempt, ".zip")
    storage.publish_file(staged, key)
    return key


def test_a_published_file_can_be_read_back(storage: LocalStorage) -> None:
    key = publish(storage, b"content")

    with storage.open_file(key) as file:
        assert file.read() == b"content"


def test_a_published_file_is_for_its_owner_only(storage: LocalStorage) -> None:
    key = publish(storage, b"content")

    file = storage.root / key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_publishing_leaves_nothing_staged(storage: LocalStorage) -> None:
    key = publish(storage, b"content")

    assert list(storage.iter_keys()) == [key]


def test_two_attempts_never_share_a_file(storage: LocalStorage) -> None:
    first = publish(storage, b"first", attempt=1)
    second = publish(storage, b"second", attempt=2)

    assert first != second
    with storage.open_file(first) as file:
        assert file.read() == b"first"


def test_deleting_twice_is_no_error(storage: LocalStorage) -> None:
    key = publish(storage, b"content")

    storage.delete_file(key)
    storage.delete_file(key)

    with pytest.raises(FileNotFoundError):
        storage.open_file(key)


@pytest.mark.parametrize("suffix", [".zip", ".csv", ".tar.zst"])
def test_a_key_names_its_export_and_attempt(suffix: str) -> None:
    assert parse_key(format_key(EXPORT, 7, suffix)) == (EXPORT, 7)


@pytest.mark.parametrize(
    "key", ["published/readme.txt", "published/x.1.zip", "staged/.nfs0001", ""]
)
def test_a_foreign_file_has_no_export(key: str) -> None:
    assert parse_key(key) is None
