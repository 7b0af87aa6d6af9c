"""Sending to S3-compatible storage."""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from bookbag.deliveries.errors import (
    TargetAwayError,
    TargetSaysNoError,
    TargetUnsafeError,
)
from bookbag.deliveries.models import DeliveryTarget
from bookbag.outbound.errors import AddressRefusedError, HostNotFoundError
from bookbag.outbound.s3 import (
    ObjectWriter,
    abort_uploads,
    choose_part_bytes,
    count_uploads,
    iter_object,
    make_s3_client,
    status_of,
)

REFUSALS = (400, 401, 403, 404)
"""Statuses that say the same the next time."""


class S3Sender:
    """A connection to one bucket."""

    def __init__(self, target: DeliveryTarget, secret: str) -> None:
        self._bucket = target.bucket
        with _translated_errors():
            self._client = make_s3_client(
                endpoint_url=target.address,
                region=target.region,
                access_key=target.account,
                secret=secret,
                is_guarded=True,
            )

    def create_file(self, name: str, *, size_bytes: int) -> "_S3File":
        """Begin an object, and remove the parts that a killed attempt left."""
        with _translated_errors():
            # Not everybody who may write may list; then the store's own rules for
            # unfinished uploads have to do.
            with contextlib.suppress(ClientError):
                abort_uploads(self._client, self._bucket, name)
            part_bytes = choose_part_bytes(size_bytes)
            writer = ObjectWriter(
                self._client, self._bucket, name, part_bytes=part_bytes
            )
        return _S3File(writer)

    def iter_file(self, name: str) -> Iterator[bytes]:
        """Yield the content of an object."""
        with _translated_errors():
            yield from iter_object(self._client, self._bucket, name)

    def delete_file(self, name: str) -> None:
        """Delete an object."""
        with _translated_errors():
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def drop_unfinished(self, name: str, *, is_tried: bool = False) -> int:
        """Abort the uploads of an object; return how many there were."""
        with _translated_errors():
            if is_tried:
                return count_uploads(self._client, self._bucket, name)
            return abort_uploads(self._client, self._bucket, name)

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class _S3File:
    def __init__(self, writer: ObjectWriter) -> None:
        self._writer = writer

    def write(self, piece: bytes) -> int:
        with _translated_errors():
            return self._writer.write(piece)

    def flush(self) -> None:
        self._writer.flush()

    def commit(self) -> None:
        with _translated_errors():
            self._writer.commit()

    def abort(self) -> None:
        with _translated_errors():
            self._writer.abort()


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except AddressRefusedError as error:
        raise TargetUnsafeError(str(error)) from error
    except HostNotFoundError as error:
        raise TargetAwayError(str(error)) from error
    except ClientError as error:
        kind = TargetSaysNoError if status_of(error) in REFUSALS else TargetAwayError
        raise kind(_describe(error)) from error
    except (BotoCoreError, OSError, ValueError) as error:
        message = f"The store does not answer as one does: {error}"
        raise TargetAwayError(message) from error


def _describe(error: ClientError) -> str:
    said = error.response.get("Error", {})
    code, message = said.get("Code", "nothing"), said.get("Message", "")
    return f"The store refuses {error.operation_name}: {code}. {message}".strip()
