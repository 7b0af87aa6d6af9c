"""A delivery takes the same memory for a large file as for a small one."""

import tracemalloc
from pathlib import Path

import pytest

from bookbag.deliveries.models import DeliveryTarget
from bookbag.deliveries.senders import open_sender
from bookbag.deliveries.senders.sftp import WINDOW_BYTES

pytestmark = pytest.mark.django_db(transaction=True)
SIZE_BYTES = 80 << 20
ANSWERS_BYTES = 3 << 20
"""What the library holds of answers that it is just taking apart."""


def test_reading_a_large_file_back_fills_no_memory(
    sftp_target: DeliveryTarget,
) -> None:
    folder = Path(sftp_target.folder)
    folder.mkdir(parents=True)
    with (folder / "file").open("wb") as file:
        file.truncate(SIZE_BYTES)
    sender = open_sender(sftp_target)
    tracemalloc.start()
    try:
        read = sum(map(len, sender.iter_file(f"{folder}/file")))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        sender.close()

    assert read == SIZE_BYTES
    assert peak < 3 * WINDOW_BYTES + ANSWERS_BYTES
