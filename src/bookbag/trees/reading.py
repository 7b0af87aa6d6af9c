"""Reading objects: small ones whole and several at once, large ones piece by piece.

Every answer of a store that means "not now" is tried again and then raised as
``SourceAwayError``; what means "not this object" is an ``OSError``, as of a file.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from bagkit.errors import SourceAwayError
from bookbag.outbound.s3 import status_of
from bookbag.trees.metadata import FILE_MODE, make_status, read_mode, read_time

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

WHOLE_BYTES = 4 << 20
"""Up to this size an object is read whole; a larger one is streamed."""
BODY_TRIES = 3
"""How often a body that breaks off is gone on with."""
GONE, CHANGED = (404, 410), (409, 412, 416)
REFUSED = (401, 403)


class _Body(Protocol):
    def read(self, amt: int | None = None) -> bytes:
        """Return some bytes."""

    def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object as a listing, or the store's own answer, describes it."""

    key: str
    size_bytes: int
    tag: str
    """Its ETag, without quotes."""
    modified_seconds: int
    """When it was written, in whole seconds: answers say no more."""

    @property
    def signed(self) -> os.stat_result:
        """What tells it from itself after it was written again."""
        digest = hashlib.sha256(self.tag.encode()).digest()
        return make_status(
            mode=FILE_MODE,
            size_bytes=self.size_bytes,
            modified_ns=self.modified_seconds * 1_000_000_000,
            identity=int.from_bytes(digest[:6], "big"),
        )


class WrittenAgainError(OSError):
    """The object is not the one that the reading began with."""


class ObjectFile:
    """An object that was asked for, as the engine reads files.

    Invariants: it is of one version, also where it is read from several places; used
    by one thread at a time.
    """

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._place = 0
        self._content: bytes | None = None
        with translated_errors(key):
            answer = client.get_object(Bucket=bucket, Key=key)
        self._body: _Body | None = answer["Body"]
        self._listed = _describe(key, answer)
        self.signed = self._listed.signed
        metadata = answer.get("Metadata", {})
        self.status = make_status(
            mode=read_mode(metadata, FILE_MODE),
            size_bytes=self._listed.size_bytes,
            modified_ns=read_time(metadata, self.signed.st_mtime_ns),
        )
        if self._listed.size_bytes <= WHOLE_BYTES:
            self._content = self._read(self._listed.size_bytes)
            self.close()

    def read_at(self, length: int, offset: int, /) -> bytes:
        """Return bytes from an offset on; none when the object was written again."""
        if self._content is not None:
            return self._content[offset : offset + length]
        if offset != self._place:
            self.close()
            self._place = offset
        return self._read(min(length, self._listed.size_bytes - offset))

    def close(self) -> None:
        """Hang up."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _read(self, length: int) -> bytes:
        pieces: list[bytes] = []
        tries = 0
        while length > 0 and (body := self._open_body()) is not None:
            try:
                piece = body.read(length)
            except (BotoCoreError, OSError) as error:
                self.close()
                tries += 1
                if tries == BODY_TRIES:
                    raise _say_away(self._key, error) from error
                continue
            if not piece:
                break
            pieces.append(piece)
            self._place += len(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _open_body(self) -> _Body | None:
        if self._body is None:
            try:
                with translated_errors(self._key):
                    answer = self._client.get_object(
                        Bucket=self._bucket,
                        Key=self._key,
                        Range=f"bytes={self._place}-",
                        IfMatch=f'"{self._listed.tag}"',
                    )
            except WrittenAgainError:
                return None  # who reads finds it shorter than it was, and begins anew
            self._body = answer["Body"]
        return self._body


@contextmanager
def translated_errors(key: str) -> Iterator[None]:
    """Raise what a store says of an object as the operating system says it of a file.

    Raises:
        FileNotFoundError: If it is not there.
        PermissionError: If it may not be read.
        WrittenAgainError: If it was written again between two requests.
        SourceAwayError: If the store does not answer, or says that it cannot.
    """
    try:
        yield
    except ClientError as error:
        status = status_of(error)
        if status in GONE:
            raise FileNotFoundError(errno.ENOENT, "no such object", key) from error
        if status in REFUSED:
            raise PermissionError(errno.EACCES, "refused by the store", key) from error
        if status in CHANGED:
            raise WrittenAgainError(errno.ENOTDIR, "written again", key) from error
        raise _say_away(key, error) from error
    except (BotoCoreError, ConnectionError, TimeoutError) as error:
        raise _say_away(key, error) from error


def _say_away(key: str, error: Exception) -> SourceAwayError:
    reason = str(error) or type(error).__name__
    return SourceAwayError(f"The store does not give {key!r}: {reason}")


def _describe(key: str, answer: "GetObjectOutputTypeDef") -> StoredObject:
    return describe_object(
        key,
        size_bytes=answer["ContentLength"],
        tag=answer.get("ETag", ""),
        modified_at=answer["LastModified"],
    )


def describe_object(
    key: str, *, size_bytes: int, tag: str, modified_at: datetime
) -> StoredObject:
    """Return an object, described alike wherever the description is from."""
    return StoredObject(
        key=key,
        size_bytes=size_bytes,
        tag=tag.strip('"'),
        modified_seconds=int(modified_at.timestamp()),
    )
