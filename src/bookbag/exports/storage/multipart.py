"""Objects that are uploaded in parts, and gone on with after a crash.

What a killed worker uploaded stays. The next attempt at the same export finds the
upload, compares each part by its MD5 with what it would upload itself, and sends only
what is missing. That works because an export's bytes are the same in every attempt.

Source: ADR 0106, ADR 0124.
"""

import contextlib
import hashlib
import logging
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from bookbag.exports.storage.port import PUBLISHED, Pause, UploadPlace, parse_key
from bookbag.outbound.s3 import status_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

logger = logging.getLogger(__name__)

NOT_FOUND = 404
IN_FLIGHT = 3
"""Parts of one archive that are sent at a time, each held in memory meanwhile."""
MOST_PARTS = 10_000
"""Parts that a store takes of one object."""
LOOK_SECONDS = 0.5
"""How often a writer that waits for the store asks whether to go on."""
PART_SIZES = ((4_000, 8 << 20), (7_000, 32 << 20), (MOST_PARTS, 128 << 20))
"""Up to which number parts have which size. Nobody knows the size of an archive that
is being written, and a store takes 10,000 parts: so late parts are larger, up to half a
terabyte in all."""


class ArchiveTooManyPartsError(OverflowError):
    """The archive is larger than a store takes in parts."""


def part_bytes_of(number: int) -> int:
    """Return how large the part of a number is.

    Raises:
        ArchiveTooManyPartsError: If there is no such part.
    """
    for last, size_bytes in PART_SIZES:
        if number <= last:
            return size_bytes
    message = f"Found part {number}, limit is {PART_SIZES[-1][0]}"
    raise ArchiveTooManyPartsError(message)


class MultipartBucket:
    """The unfinished uploads of a bucket, below a prefix."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def iter_uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield key and identifier of each upload whose key starts with a prefix."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        for page in pages:
            for upload in page.get("Uploads", []):
                yield upload["Key"].removeprefix(self._prefix), upload["UploadId"]

    def find_or_begin(self, key: str) -> UploadPlace:
        """Return an earlier attempt's upload, or a new one."""
        named = parse_key(key)
        suffix = _suffix(key)
        if named is not None:
            found = [
                (other, upload_id)
                for other, upload_id in self.iter_uploads(f"{PUBLISHED}/{named[0]}.")
                if _suffix(other) == suffix
            ]
            if found:
                return UploadPlace(*max(found))
        begun = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=self._prefix + key
        )
        return UploadPlace(key, begun["UploadId"])

    def abort(self, key: str) -> None:
        """Abort every upload of a key."""
        for found, upload_id in list(self.iter_uploads(key)):
            if found == key:
                self._abort(found, upload_id)

    def abort_export(self, export_id: UUID) -> None:
        """Abort every upload of an export; what the store refuses waits for a sweep."""
        try:
            for key, upload_id in list(self.iter_uploads(f"{PUBLISHED}/{export_id}.")):
                self._abort(key, upload_id)
        except (BotoCoreError, ClientError):
            logger.exception("The uploads of export %s could not be aborted", export_id)

    def list_parts(self, key: str, upload_id: str) -> dict[int, str]:
        """Return the tag of each part that is there, by number."""
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=self._prefix + key, UploadId=upload_id
        )
        return {
            part["PartNumber"]: part["ETag"]
            for page in pages
            for part in page.get("Parts", [])
        }

    def send_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """Send one part and return its tag."""
        uploaded = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._prefix + key,
            UploadId=upload_id,
            PartNumber=number,
            Body=content,
        )
        return uploaded["ETag"]

    def complete(
        self, place: UploadPlace, tags: Mapping[int, str], size_bytes: int
    ) -> None:
        """Let an object appear that has the parts of those tags."""
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": tag} for number, tag in sorted(tags.items())
        ]
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._prefix + place.key,
                UploadId=place.upload_id,
                MultipartUpload={"Parts": parts},
            )
        except ClientError:
            # A store may lose its answer after it stored: then there is no upload any
            # more, and the object is there. Its content is compared afterwards.
            if self.measure(place.key) != size_bytes:
                raise

    def put(self, key: str, content: bytes) -> None:
        """Store an object that is too small for parts."""
        self._client.put_object(
            Bucket=self._bucket, Key=self._prefix + key, Body=content
        )

    def measure(self, key: str) -> int | None:
        """Return the size of an object; None when there is none."""
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        except ClientError as error:
            if status_of(error) == NOT_FOUND:
                return None
            raise
        return head["ContentLength"]

    def _abort(self, key: str, upload_id: str) -> None:
        self._client.abort_multipart_upload(
            Bucket=self._bucket, Key=self._prefix + key, UploadId=upload_id
        )


class PartSender:
    """Sends parts of one upload, some at a time, and not those that are there already.

    Invariants: a context manager, used by one thread; threads of its own send, at most
    ``IN_FLIGHT`` parts at a time, so that memory is bounded. When it is left, nothing
    is being sent any more. What was sent stays until the upload is aborted.
    """

    def __init__(
        self, bucket: MultipartBucket, place: UploadPlace, pause: Pause
    ) -> None:
        self._bucket = bucket
        self._place = place
        self._pause = pause
        self._kept = bucket.list_parts(place.key, place.upload_id)
        self._tags: dict[int, Future[str]] = {}
        self._sending: deque[Future[str]] = deque()
        self._threads = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="upload")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A part that arrived after its upload was aborted would stay in the store.
        self._threads.shutdown(wait=True, cancel_futures=True)

    def send(self, number: int, content: bytes) -> None:
        """Send a part, as soon as few enough are on their way."""
        tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        if self._kept.get(number) == tag:
            self._tags[number] = _known(tag)
            return
        self._wait_until(IN_FLIGHT - 1)
        place = self._place
        sent = self._threads.submit(
            self._bucket.send_part, place.key, place.upload_id, number, content
        )
        self._sending.append(sent)
        self._tags[number] = sent

    def finish(self) -> dict[int, str]:
        """Wait until all are there, and return their tags by number."""
        self._wait_until(0)
        self._pause()
        return {number: tag.result() for number, tag in sorted(self._tags.items())}

    def _wait_until(self, most: int) -> None:
        while len(self._sending) > most:
            done, _ = wait([self._sending[0]], timeout=LOOK_SECONDS)
            if done:
                self._sending.popleft().result()
            else:
                self._pause()


class ObjectUpload:
    """One object that is written from front to back while its parts are sent.

    Invariants: a context manager, used by one thread, see ``PartSender``.
    """

    def __init__(self, bucket: MultipartBucket, key: str, pause: Pause) -> None:
        self._bucket = bucket
        self._key = key
        self._pause = pause
        self._place: UploadPlace | None = None
        self._sender: PartSender | None = None
        self._open = contextlib.ExitStack()
        self._waiting = bytearray()
        self._part_count = self._size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def write(self, piece: bytes) -> int:
        """Take the next piece, and send a part when there is enough for one.

        Raises:
            ArchiveTooManyPartsError: If it is more than a store takes.
        """
        self._waiting += piece
        self._size_bytes += len(piece)
        while len(self._waiting) >= (most := part_bytes_of(self._part_count + 1)):
            self._send(bytes(self._waiting[:most]))
            del self._waiting[:most]
        return len(piece)

    def complete(self) -> str:
        """Send the rest and let the object appear.

        Returns:
            The key that it has: its own, or that of the earlier attempt whose upload
            it went on with.
        """
        if self._sender is None or self._place is None:
            self._pause()
            self._bucket.put(self._key, bytes(self._waiting))
            return self._key
        if self._waiting:
            self._send(bytes(self._waiting))
        self._bucket.complete(self._place, self._sender.finish(), self._size_bytes)
        return self._place.key

    def _send(self, content: bytes) -> None:
        self._pause()
        if self._sender is None:
            self._place = self._bucket.find_or_begin(self._key)
            self._sender = self._open.enter_context(
                PartSender(self._bucket, self._place, self._pause)
            )
        self._part_count += 1
        self._sender.send(self._part_count, content)


def _known(tag: str) -> Future[str]:
    future: Future[str] = Future()
    future.set_result(tag)
    return future


def _suffix(key: str) -> str:
    return key.split(".", 2)[-1]
