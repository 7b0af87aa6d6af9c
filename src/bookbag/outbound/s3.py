"""S3-compatible object stores: a client, and objects written piece by piece.

Connections of a guarded client go through ``open_connection``, because people typed
the address; the operator's own store needs no guard.

Source: ADR 0103, ADR 0104.
"""

import math
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

import boto3
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSPreparedRequest,
    AWSResponse,
)
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.httpsession import URLLib3Session

from bookbag.outbound.addresses import open_connection
from bookbag.outbound.errors import OutboundError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

CONNECT_SECONDS = 10
READ_SECONDS = 60
PART_BYTES = 8 << 20
MOST_PARTS = 10_000
"""Source: S3's limits of multipart uploads, which other stores keep as well."""
READ_BYTES = 1 << 20


def make_s3_client(
    *, endpoint_url: str, region: str, access_key: str, secret: str, is_guarded: bool
) -> "S3Client":
    """Return a client of one store.

    Args:
        endpoint_url: The store's address.
        region: Its region; many stores take any.
        access_key: Who asks; when it is empty, what the machine itself has.
        secret: The secret that belongs to the access key.
        is_guarded: Whether private and loopback addresses are refused.
    """
    client = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret or None,
        config=Config(
            signature_version="s3v4",
            # Names of buckets in front of the host need a certificate for each.
            s3={"addressing_style": "path"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 3, "mode": "standard"},
            # Many stores do not know the trailing checksums that are the default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            proxies={} if is_guarded else None,
        ),
    )
    if is_guarded:
        # What a handler returns is the answer; the stubs do not know that.
        handler = cast("Callable[..., None]", _send_guarded())
        client.meta.events.register("before-send.s3", handler)
    return client


def choose_part_bytes(size_bytes: int) -> int:
    """Return how large the parts of an object must be, for them not to be too many."""
    # An encrypted file is a little larger; a tenth of the parts stays free for that.
    least = math.ceil(size_bytes / (MOST_PARTS * 9 // 10))
    return max(PART_BYTES, least)


class ObjectWriter:
    """An object that is written piece by piece and appears as a whole or not at all.

    Invariants: at most one part is held in memory.
    """

    def __init__(
        self, client: "S3Client", bucket: str, key: str, *, part_bytes: int
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._part_bytes = part_bytes
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._waiting = bytearray()

    def write(self, piece: bytes) -> int:
        """Take the next piece, and upload a part when there is enough for one."""
        self._waiting += piece
        while len(self._waiting) >= self._part_bytes:
            self._upload_part(bytes(self._waiting[: self._part_bytes]))
            del self._waiting[: self._part_bytes]
        return len(piece)

    def flush(self) -> None:
        """Do nothing: a part that is too small would be refused."""

    def commit(self) -> None:
        """Let the object appear."""
        if self._upload_id is None:
            self._client.put_object(
                Bucket=self._bucket, Key=self._key, Body=bytes(self._waiting)
            )
            return
        if self._waiting:
            self._upload_part(bytes(self._waiting))
        self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
        )

    def abort(self) -> None:
        """Remove the parts that were uploaded."""
        if self._upload_id is not None:
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._upload_id
            )

    def _upload_part(self, content: bytes) -> None:
        if self._upload_id is None:
            begun = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=self._key
            )
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        uploaded = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=content,
        )
        self._parts.append({"PartNumber": number, "ETag": uploaded["ETag"]})


def iter_object(client: "S3Client", bucket: str, key: str) -> Iterator[bytes]:
    """Yield the content of an object, piece by piece."""
    body = client.get_object(Bucket=bucket, Key=key)["Body"]
    try:
        yield from body.iter_chunks(READ_BYTES)
    finally:
        body.close()


def abort_uploads(client: "S3Client", bucket: str, key: str) -> int:
    """Remove the parts that a killed writer of a key left behind.

    Returns:
        How many unfinished uploads there were.
    """
    count = 0
    for found, upload_id in _iter_uploads(client, bucket, key):
        client.abort_multipart_upload(Bucket=bucket, Key=found, UploadId=upload_id)
        count += 1
    return count


def count_uploads(client: "S3Client", bucket: str, key: str) -> int:
    """Return how many unfinished uploads of a key there are."""
    return sum(1 for _ in _iter_uploads(client, bucket, key))


def _iter_uploads(
    client: "S3Client", bucket: str, key: str
) -> Iterator[tuple[str, str]]:
    pages = client.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, Prefix=key
    )
    for page in pages:
        for upload in page.get("Uploads", []):
            if upload["Key"] == key:  # another one may begin with the same letters
                yield upload["Key"], upload["UploadId"]


def status_of(error: ClientError) -> int:
    """Return the HTTP status of a store's refusal, 0 if it has none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _send_guarded() -> Callable[..., AWSResponse]:
    session = _GuardedSession()

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        try:
            return session.send(request)
        except HTTPClientError as error:
            # The libraries in between wrap whatever is raised while connecting.
            raise _find_refusal(error) or error from error

    return send


def _find_refusal(error: BaseException) -> OutboundError | None:
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, OutboundError):
        inner = inner.__cause__ or inner.__context__
    return inner


class _GuardedConnection(AWSHTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _GuardedSecureConnection(AWSHTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _GuardedPool(AWSHTTPConnectionPool):
    ConnectionCls = _GuardedConnection


class _GuardedSecurePool(AWSHTTPSConnectionPool):
    ConnectionCls = _GuardedSecureConnection


class _GuardedSession(URLLib3Session):
    def __init__(self) -> None:
        super().__init__(proxies={}, timeout=READ_SECONDS)
        pools = {"http": _GuardedPool, "https": _GuardedSecurePool}
        self._manager.pool_classes_by_scheme = pools  # type: ignore[attr-defined]  # the stubs leave it out


def _connect(connection: AWSHTTPConnection | AWSHTTPSConnection) -> socket.socket:
    return open_connection(
        connection.host, connection.port, timeout_seconds=CONNECT_SECONDS
    )
