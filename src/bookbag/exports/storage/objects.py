"""Finished files on S3-compatible storage.

Archives go there in parts while they are written; other files are staged on this
machine first. Either way an upload is gone on with after a crash (ADR 0106, ADR 0124).
"""

import functools
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from django.utils.http import content_disposition_header

from bookbag.exports.storage.local import LocalStorage
from bookbag.exports.storage.multipart import (
    MultipartBucket,
    ObjectUpload,
    PartSender,
)
from bookbag.exports.storage.port import (
    PUBLISHED,
    STAGED,
    UNFINISHED,
    Pause,
    UploadPlace,
    go_on,
)
from bookbag.exports.storage.ranges import ObjectRange
from bookbag.outbound.object_addresses import parse_bucket_address
from bookbag.outbound.s3 import make_s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READ_BUFFER_BYTES = 1 << 20


class ObjectStorage:
    """Files in a bucket, under a prefix; only the server's own keys can read them."""

    def __init__(
        self,
        client: "S3Client",
        signer: "S3Client",
        *,
        bucket: str,
        prefix: str,
        staging: LocalStorage,
    ) -> None:
        self._client = client
        self._signer = signer
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._staging = staging
        self._uploads = MultipartBucket(client, bucket, self._prefix)

    def stage_file(self, export_id: UUID, attempt: int) -> Path:
        """Return a private local path that an attempt may write to."""
        return self._staging.stage_file(export_id, attempt)

    def publish_file(self, staged: Path, key: str, pause: Pause = go_on) -> str:
        """Upload a staged file, going on with what an earlier attempt uploaded.

        Returns:
            The key that it has: this one, or that of the earlier attempt.
        """
        with staged.open("rb") as file, self.open_upload(key, pause) as upload:
            while piece := file.read(READ_BUFFER_BYTES):
                upload.write(piece)
            key = upload.complete()
        staged.unlink()
        return key

    def open_upload(self, key: str, pause: Pause = go_on) -> ObjectUpload:
        """Begin an object that is sent while it is written, or go on with it."""
        return ObjectUpload(self._uploads, key, pause)

    def abort_uploads(self, export_id: UUID) -> None:
        """Remove what attempts at an export uploaded and did not finish."""
        self._uploads.abort_export(export_id)

    def begin_upload(self, key: str) -> UploadPlace:
        """Begin an object in parts, or return what an earlier attempt began."""
        return self._uploads.find_or_begin(key)

    def open_range(
        self, place: UploadPlace, numbers: range, pause: Pause = go_on
    ) -> ObjectRange:
        """Begin a run of an upload whose parts have some of those numbers."""
        return ObjectRange(PartSender(self._uploads, place, pause), numbers, pause)

    def complete_upload(
        self, place: UploadPlace, tags: Mapping[int, str], size_bytes: int
    ) -> None:
        """Let the object appear that has those parts."""
        self._uploads.complete(place, tags, size_bytes)

    def put_note(self, key: str, content: bytes) -> None:
        """Store what one worker has to tell others."""
        self._uploads.put(key, content)

    def open_file(self, key: str) -> BinaryIO:
        """Open a published file for reading; it can seek, and is read in ranges.

        Raises:
            FileNotFoundError: If there is none.
        """
        size_bytes = self._uploads.measure(key)
        if size_bytes is None:
            raise FileNotFoundError(key)
        source = _ObjectSource(self._client, self._bucket, self._name(key), size_bytes)
        return io.BufferedReader(source, READ_BUFFER_BYTES)

    def delete_file(self, key: str) -> None:
        """Delete what a key names: staged, published or unfinished."""
        kind, _, rest = key.partition("/")
        if kind == STAGED:
            self._staging.delete_file(key)
        elif kind == UNFINISHED:
            self._uploads.abort(f"{PUBLISHED}/{rest}")
        else:
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def iter_keys(self) -> Iterator[str]:
        """Yield the key of every file, staged and unfinished ones included."""
        for key in self._staging.iter_keys():
            if key.startswith(f"{STAGED}/"):
                yield key
        listing = self._client.get_paginator("list_objects_v2")
        for page in listing.paginate(
            Bucket=self._bucket, Prefix=self._name(f"{PUBLISHED}/")
        ):
            for entry in page.get("Contents", []):
                yield entry["Key"].removeprefix(self._prefix)
        names = {key for key, _ in self._uploads.iter_uploads(f"{PUBLISHED}/")}
        for key in sorted(names):
            yield f"{UNFINISHED}/{key.removeprefix(PUBLISHED + '/')}"

    def sign_address(
        self, key: str, *, file_name: str, media_type: str, seconds: int
    ) -> str:
        """Return an address that whoever has it can download a file from, for a while.

        Args:
            key: Which file.
            file_name: What the browser calls it.
            media_type: What it is.
            seconds: How long the address works.
        """
        disposition = content_disposition_header(True, file_name) or "attachment"
        return self._signer.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": self._name(key),
                "ResponseContentDisposition": disposition,
                "ResponseContentType": media_type,
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=seconds,
        )

    def _name(self, key: str) -> str:
        return self._prefix + key


class _ObjectSource(io.RawIOBase):
    """An object as a file: one request from the place that is read from onwards."""

    def __init__(
        self, client: "S3Client", bucket: str, name: str, size_bytes: int
    ) -> None:
        super().__init__()
        self._client = client
        self._bucket = bucket
        self._object_name = name
        self._size = size_bytes
        self._place = 0
        self._body: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}
        place = start[whence] + offset
        if place != self._place:
            self._hang_up()
        self._place = place
        return place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the only kind that io gives
        if self._place >= self._size:
            return 0
        if self._body is None:
            answer = self._client.get_object(
                Bucket=self._bucket,
                Key=self._object_name,
                Range=f"bytes={self._place}-",
            )
            self._body = answer["Body"]  # type: ignore[assignment]  # it reads and closes
        piece = self._body.read(len(buffer))  # type: ignore[union-attr]  # set above
        if not piece:
            message = f"Found {self._place} bytes, expected {self._size}"
            raise OSError(message)
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def close(self) -> None:
        self._hang_up()
        super().close()

    def _hang_up(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


@functools.lru_cache(maxsize=8)
def make_object_storage(
    url: str, access_key: str, secret: str, staging: Path
) -> ObjectStorage:
    """Return an object storage; its clients are kept, since making one is slow."""
    address = parse_bucket_address(url)
    client, signer = (
        make_s3_client(
            endpoint_url=endpoint,
            region=address.region,
            access_key=access_key,
            secret=secret,
            is_guarded=False,
        )
        for endpoint in (address.endpoint, address.browser_endpoint)
    )
    return ObjectStorage(
        client,
        signer,
        bucket=address.bucket,
        prefix=address.prefix,
        staging=LocalStorage(staging),
    )
