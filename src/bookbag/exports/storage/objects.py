"""Finished files on S3-compatible storage.

A file is staged on this machine and then uploaded in parts. What a killed worker
uploaded stays: the next attempt at the export finds the upload, compares each part by
its MD5 with what it would upload itself, and sends only what is missing. That works
because an export's bytes are the same in every attempt (ADR 0106).
"""

import functools
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from botocore.exceptions import ClientError
from django.utils.http import content_disposition_header

from bookbag.exports.storage.local import LocalStorage
from bookbag.exports.storage.port import (
    PUBLISHED,
    STAGED,
    UNFINISHED,
    Pause,
    go_on,
    parse_key,
)
from bookbag.outbound.object_addresses import parse_bucket_address
from bookbag.outbound.s3 import choose_part_bytes, make_s3_client, status_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

NOT_FOUND = 404
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

    def stage_file(self, export_id: UUID, attempt: int) -> Path:
        """Return a private local path that an attempt may write to."""
        return self._staging.stage_file(export_id, attempt)

    def publish_file(self, staged: Path, key: str, pause: Pause = go_on) -> str:
        """Upload a staged file, going on with what an earlier attempt uploaded.

        Returns:
            The key that it has: this one, or that of the earlier attempt.
        """
        part_bytes = choose_part_bytes(staged.stat().st_size)
        if staged.stat().st_size < part_bytes:
            pause()
            with staged.open("rb") as file:
                self._client.put_object(
                    Bucket=self._bucket, Key=self._name(key), Body=file
                )
        else:
            key, upload_id = self._find_upload(key) or (key, self._begin_upload(key))
            self._upload(staged, key, upload_id, part_bytes, pause)
        staged.unlink()
        return key

    def open_file(self, key: str) -> BinaryIO:
        """Open a published file for reading; it can seek, and is read in ranges.

        Raises:
            FileNotFoundError: If there is none.
        """
        size_bytes = self._measure(key)
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
            self._abort_uploads(f"{PUBLISHED}/{rest}")
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
        names = {key for key, _ in self._iter_uploads(f"{PUBLISHED}/")}
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

    def _measure(self, key: str) -> int | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._name(key))
        except ClientError as error:
            if status_of(error) == NOT_FOUND:
                return None
            raise
        return head["ContentLength"]

    def _begin_upload(self, key: str) -> str:
        begun = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=self._name(key)
        )
        return begun["UploadId"]

    def _find_upload(self, key: str) -> tuple[str, str] | None:
        """Return key and upload of an earlier attempt at the same file, if there is."""
        named = parse_key(key)
        if named is None:
            return None
        suffix = _suffix(key)
        found = [
            (other, upload_id)
            for other, upload_id in self._iter_uploads(f"{PUBLISHED}/{named[0]}.")
            if _suffix(other) == suffix
        ]
        return max(found, default=None)

    def _iter_uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=self._name(prefix)
        )
        for page in pages:
            for upload in page.get("Uploads", []):
                yield upload["Key"].removeprefix(self._prefix), upload["UploadId"]

    def _abort_uploads(self, key: str) -> None:
        for found, upload_id in list(self._iter_uploads(key)):
            if found == key:
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._name(key), UploadId=upload_id
                )

    def _upload(
        self, staged: Path, key: str, upload_id: str, part_bytes: int, pause: Pause
    ) -> None:
        kept = self._list_parts(key, upload_id)
        parts: list[CompletedPartTypeDef] = []
        with staged.open("rb") as file:
            while content := file.read(part_bytes):
                pause()
                number = len(parts) + 1
                tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
                if kept.get(number) != tag:
                    tag = self._upload_part(key, upload_id, number, content)
                parts.append({"PartNumber": number, "ETag": tag})
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._name(key),
                UploadId=upload_id,
                MultipartUpload={"Parts": parts},
            )
        except ClientError:
            # A store may lose its answer after it stored: then there is no upload any
            # more, and the object is there. Its content is compared afterwards.
            if self._measure(key) != staged.stat().st_size:
                raise

    def _list_parts(self, key: str, upload_id: str) -> dict[int, str]:
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=self._name(key), UploadId=upload_id
        )
        return {
            part["PartNumber"]: part["ETag"]
            for page in pages
            for part in page.get("Parts", [])
        }

    def _upload_part(
        self, key: str, upload_id: str, number: int, content: bytes
    ) -> str:
        uploaded = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._name(key),
            UploadId=upload_id,
            PartNumber=number,
            Body=content,
        )
        return uploaded["ETag"]


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


def _suffix(key: str) -> str:
    return key.split(".", 2)[-1]


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
