"""The storage that the settings name."""

from collections.abc import Callable
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from bookbag.exports.storage.local import LocalStorage
from bookbag.exports.storage.port import Storage


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
    # By name: its library takes as long to import as all of Bookbag does.
    make = cast(
        "Callable[..., Storage]",
        import_string("bookbag.exports.storage.objects.make_object_storage"),
    )
    return make(
        url,
        settings.BOOKBAG_STORAGE_ACCESS_KEY,
        settings.BOOKBAG_STORAGE_SECRET_KEY,
        settings.BOOKBAG_VAR / "staging",
    )
