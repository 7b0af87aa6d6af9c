"""One workspace as a ``.tar.zst``: its files at the top, as they lie in its folder.

Source: RFC 8878 (Zstandard); ADR 0108.
"""

import os
import shutil
from pathlib import Path

import pyarrow as pa

from bagkit.archive.plain import (
    AS_IT_IS,
    PlainReading,
    PlainResult,
    describe_packed,
    open_part,
    open_staged,
    pack_part,
    prepare_reading,
)
from bagkit.errors import StagedWriteError
from bagkit.packing.tar_writer import TarMemberWriter

COPY_BYTES = 1 << 20


def write_tarball(
    root: str | os.PathLike[str],
    target: Path,
    *,
    max_file_bytes: int,
    reading: PlainReading = AS_IT_IS,
) -> PlainResult:
    """Write a workspace as a tar archive that Zstandard compresses.

    It is packed as a ZIP is: the same names, order, modes, links and problems. A file
    that changes while it is read is cut off again, which a compressed stream cannot
    do, so the tar is written whole beside the target and compressed then.

    Args:
        root: The workspace's folder or address; it may be hostile.
        target: The file to write; nobody else may see it yet.
        max_file_bytes: Larger files are left out, with a problem.
        reading: What opens addresses, and whom to look for.

    Raises:
        WorkspaceReadError: If the folder cannot be read at all.
        StagedWriteError: If the file cannot be written.
    """
    plain = target.with_name(f"{target.name}.tar")
    try:
        with open_staged(plain) as descriptor:
            writer = TarMemberWriter(descriptor)
            prepared = prepare_reading(reading, target)
            with open_part(root, (), reading.opener) as part:
                packed = pack_part(writer, part, "", max_file_bytes, prepared)
            writer.end()
        _compress(plain, target)
    finally:
        plain.unlink(missing_ok=True)
    return describe_packed(packed, target, reading)


def _compress(source: Path, target: Path) -> None:
    try:
        with (
            source.open("rb") as file,
            open_staged(target) as descriptor,
            os.fdopen(os.dup(descriptor), "wb") as sink,
            pa.CompressedOutputStream(sink, "zstd") as stream,
        ):
            shutil.copyfileobj(file, stream, COPY_BYTES)
    except OSError as error:
        reason = error.strerror or error
        message = f"The staged file could not be written: {reason}"
        raise StagedWriteError(message) from error
