"""Counting what lies in a student's folder without reading or following anything."""

import os
import stat
from pathlib import Path


def count_files(folder: Path) -> tuple[int, int]:
    """Return how many files a folder holds at any depth, and their bytes.

    Links are not followed; what cannot be looked at is not counted. These numbers are
    for people who check a plan; exports count for themselves.

    Shape: file count, size in bytes.
    """
    file_count = size_bytes = 0
    for parent, _folders, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - hot
            except OSError:
                continue  # it has gone since it was listed
            if stat.S_ISREG(status.st_mode):
                file_count += 1
                size_bytes += status.st_size
    return file_count, size_bytes
