"""A packing pool without processes, so that tests can get between two system calls."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bagkit.identities.scanning import ScanRules
from bagkit.packing.member_writer import MemberWriter
from bagkit.packing.pool import PackedPart, PackingTask
from bagkit.packing.scanned import Reading
from bagkit.packing.workspace import pack_workspace


class InlinePool:
    """Typed as the real pool is; packs where it is called."""

    def __init__(
        self,
        prefix: Path,
        _processes: int,
        *,
        staged_bytes: int | None = None,
        rules: ScanRules | None = None,
    ) -> None:
        assert staged_bytes is None
        assert rules is None
        self._segment = prefix

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def pack(self, tasks: Sequence[PackingTask]) -> Iterator[PackedPart]:
        descriptor = os.open(self._segment, os.O_RDWR | os.O_CREAT, 0o600)
        writer = MemberWriter(descriptor)
        for task in tasks:
            start = writer.position
            packed = pack_workspace(
                writer,
                task.root,
                task.prefix,
                max_file_bytes=task.max_file_bytes,
                earlier=task.earlier,
                reading=Reading(opener=task.opener),
            )
            writer.flush()
            yield PackedPart(packed=packed, segment=self._segment, start=start)
        os.close(descriptor)
