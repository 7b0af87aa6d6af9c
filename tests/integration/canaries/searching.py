"""Looking for canaries in whatever comes out, however it is packed."""

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

ZSTD = b"\x28\xb5\x2f\xfd"


def iter_contents(content: bytes) -> Iterator[bytes]:
    """Yield a content, and what is packed in it at any depth, in clear."""
    yield content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield "\n".join(archive.namelist()).encode()
            for name in archive.namelist():
                yield from iter_contents(archive.read(name))
    elif content.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(content))
        yield f"{table.to_pylist()} {table.schema}".encode()
    elif content.startswith(ZSTD):
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            yield from iter_contents(stream.read())
    elif content[257:262] == b"ustar":
        yield from _iter_tar(content)


def _iter_tar(content: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive.getmembers():
            yield member.name.encode()
            if (file := archive.extractfile(member)) is not None:
                yield from iter_contents(file.read())


def find_canaries(
    where: str, content: bytes | str, canaries: Mapping[str, str]
) -> list[str]:
    """Return which canaries sing in a content, and where."""
    data = content.encode() if isinstance(content, str) else content
    return sorted(
        {
            f"{where}: {name}"
            for part in iter_contents(data)
            for name, canary in canaries.items()
            if canary.encode() in part
        }
    )
