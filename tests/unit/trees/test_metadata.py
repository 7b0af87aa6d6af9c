"""Metadata of objects is read as s3fs and rclone write it, and nothing else counts."""

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from bagkit.trees.walk import WalkedFolder
from bookbag.trees.metadata import FILE_MODE, FOLDER_TIME_NS, read_mode, read_time
from bookbag.trees.objects import ObjectTree, keep_pool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEFAULT_NS = 77


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("33188", 0o100644),
        ("100644", 0o100644),
        ("33261", 0o100755),
        ("16877", 0o040755),
        ("40755", 0o040755),
        ("41471", 0o120777),
        ("120777", 0o120777),
        ("4480", 0o010600),
        ("420", FILE_MODE),
        ("-33188", FILE_MODE),
        ("99999999999", FILE_MODE),
        ("³", FILE_MODE),
        ("", FILE_MODE),
    ],
)
def test_a_mode_is_decimal_or_octal(text: str, mode: int) -> None:
    assert read_mode({"mode": text}, FILE_MODE) == mode


@pytest.mark.parametrize("kind", [stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK])
def test_no_mode_can_be_read_in_two_ways(kind: int) -> None:
    for permissions in range(0o1000):
        mode = kind | permissions
        assert read_mode({"mode": str(mode)}, 0) == mode
        assert read_mode({"mode": f"{mode:o}"}, 0) == mode


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1700000000", 1_700_000_000_000_000_000),
        ("1700000000.123456789", 1_700_000_000_123_456_789),
        ("-1.5", -1_500_000_000),
        ("2023-11-14T22:13:20+00:00", 1_700_000_000_000_000_000),
        ("2023-11-14T22:13:20", DEFAULT_NS),
        ("NaN", DEFAULT_NS),
        ("1e99", DEFAULT_NS),
        ("", DEFAULT_NS),
    ],
)
def test_a_time_is_in_seconds_or_iso(text: str, nanoseconds: int) -> None:
    assert read_time({"mtime": text}, DEFAULT_NS) == nanoseconds


def test_a_folder_has_what_its_marker_says_and_otherwise_what_is_assumed() -> None:
    client: S3Client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",  # noqa: S106 - of nothing
    )
    entry = {"Size": 0, "ETag": '"t"', "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}
    keys = ({"Key": "w/kept/"}, {"Key": "w/plain/file"})
    kept = {"mode": "16832", "mtime": "1700000000"}
    with Stubber(client) as stub:
        listed = {"Contents": [entry | key for key in keys], "KeyCount": 2}
        stub.add_response("list_objects_v2", listed)
        stub.add_response("head_object", {"Metadata": kept})

        tree = ObjectTree(client, "bucket", "w/", keep_pool())
        walked = [f for f in tree.walk() if isinstance(f, WalkedFolder)]

    assert [
        (folder.path, stat.S_IMODE(folder.status.st_mode), folder.status.st_mtime_ns)
        for folder in walked
    ] == [
        ((), 0o755, FOLDER_TIME_NS),
        ((b"kept",), 0o700, 1_700_000_000_000_000_000),
        ((b"plain",), 0o755, FOLDER_TIME_NS),
    ]
