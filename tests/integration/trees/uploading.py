"""Putting a folder onto a store as programs that mount buckets do."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from tests.stores import StoreServer

Describe = Callable[[os.stat_result], dict[str, str]]


def as_s3fs(status: os.stat_result) -> dict[str, str]:
    """Return the metadata of s3fs: decimal mode, time in seconds."""
    seconds, rest = divmod(status.st_mtime_ns, 1_000_000_000)
    return {"mode": str(status.st_mode), "mtime": f"{seconds}.{rest:09}"}


def as_rclone(status: os.stat_result) -> dict[str, str]:
    """Return the metadata of rclone: octal mode, time in seconds."""
    return as_s3fs(status) | {"mode": f"{status.st_mode:o}"}


def say_nothing(_status: os.stat_result) -> dict[str, str]:
    return {}


def upload_folder(
    server: StoreServer,
    bucket: str,
    prefix: str,
    folder: Path,
    describe: Describe = as_s3fs,
) -> None:
    """Put everything in a folder onto a store, folders as markers, links as s3fs."""
    put = server.client.put_object
    put(Bucket=bucket, Key=f"{prefix}/", Body=b"", Metadata=describe(folder.lstat()))
    for path in sorted(folder.rglob("*")):
        key = f"{prefix}/{path.relative_to(folder)}"
        status = path.lstat()
        if path.is_symlink():
            body = os.fsencode(path.readlink())
        elif stat.S_ISDIR(status.st_mode):
            key, body = f"{key}/", b""
        else:
            body = path.read_bytes()
        put(Bucket=bucket, Key=key, Body=body, Metadata=describe(status))
