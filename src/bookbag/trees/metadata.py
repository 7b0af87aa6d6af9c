"""What an object's metadata says of the file that it was: kind, mode and time.

Two programs that mount or copy folders to object stores are understood: s3fs, which
writes ``mode`` as a decimal number and ``mtime`` in seconds, and rclone, which writes
``mode`` as an octal one.

Source: the manuals of s3fs and of rclone's S3 backend; ADR 0127.
"""

import os
import stat
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

FILE_MODE = stat.S_IFREG | 0o644
FOLDER_MODE = stat.S_IFDIR | 0o755
"""Of what no metadata describes."""
FOLDER_TIME_NS = 315_532_800 * 1_000_000_000
"""1980-01-01, the first day that ZIP knows: no store keeps times of folders by itself,
and the time of writing to the store would change with every move to another one."""
KINDS = {
    stat.S_IFREG,
    stat.S_IFDIR,
    stat.S_IFLNK,
    stat.S_IFIFO,
    stat.S_IFSOCK,
    stat.S_IFBLK,
    stat.S_IFCHR,
}
MOST_SECONDS = Decimal(1 << 40)
_NANOSECONDS = 1_000_000_000


def read_mode(metadata: Mapping[str, str], default: int) -> int:
    """Return the Unix mode with the file's kind.

    The decimal numbers that stand for modes are no octal ones that do, and the other
    way round, so that the two ways of writing never meet.
    """
    text = metadata.get("mode", "")
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return default
    for base in (10, 8):
        try:
            mode = int(text, base)
        except ValueError:
            continue
        if mode <= 0o177777 and stat.S_IFMT(mode) in KINDS:
            return mode
    return default


def read_time(metadata: Mapping[str, str], default_ns: int) -> int:
    """Return when a file was changed, in nanoseconds since 1970."""
    text = metadata.get("mtime", "")
    try:
        seconds = Decimal(text)
    except InvalidOperation:
        return _read_iso_time(text, default_ns)
    if not seconds.is_finite() or abs(seconds) > MOST_SECONDS:
        return default_ns
    return int(seconds * _NANOSECONDS)


def make_status(
    *, mode: int, size_bytes: int, modified_ns: int, identity: int = 0
) -> os.stat_result:
    """Return a status as the operating system gives it of files.

    Args:
        mode: Unix mode with the file's kind.
        size_bytes: The size.
        modified_ns: When it was changed, in nanoseconds.
        identity: A number that another content would not have.
    """
    seconds = modified_ns // _NANOSECONDS
    return os.stat_result(
        (mode, identity, 0, 1, 0, 0, size_bytes, seconds, seconds, seconds),
        {"st_mtime_ns": modified_ns, "st_ctime_ns": modified_ns},
    )


def _read_iso_time(text: str, default_ns: int) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return default_ns
    if moment.tzinfo is None:
        return default_ns
    return int(moment.timestamp()) * _NANOSECONDS
