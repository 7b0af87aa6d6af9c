"""The storage that the settings name."""

import functools
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bookbag.exports.storage.local import LocalStorage
from bookbag.exports.storage.objects import ObjectStorage
from bookbag.exports.storage.port import Storage
from bookbag.outbound.object_addresses import parse_bucket_address
from bookbag.outbound.s3 import make_s3_client


def get_storage() -> Storage:
    """Return the storage that ``BOOKBAG_STORAGE_URL`` names.

    Raises:
        ImproperlyConfigured: If the address names no storage that Bookbag knows.
    """
    url = settings.BOOKBAG_STORAGE_URL
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme != "s3":
        message = f"Found storage scheme {parts.scheme!r}, expected file or s3"
        raise ImproperlyConfigured(message)
    return _make_object_storage(
        url,
        settings.BOOKBAG_STORAGE_ACCESS_KEY,
        settings.BOOKBAG_STORAGE_SECRET_KEY,
        settings.BOOKBAG_VAR / "staging",
    )


@functools.lru_cache(maxsize=8)
def _make_object_storage(
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
