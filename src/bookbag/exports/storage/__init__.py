"""Where finished files lie: a port, and two places that it leads to."""

from bookbag.exports.storage.choosing import get_storage
from bookbag.exports.storage.local import LocalStorage
from bookbag.exports.storage.port import (
    STAGED,
    SigningStorage,
    Storage,
    StreamingStorage,
    Upload,
    delete_published,
    format_index_key,
    format_key,
    parse_key,
)

__all__ = [
    "STAGED",
    "LocalStorage",
    "SigningStorage",
    "Storage",
    "StreamingStorage",
    "Upload",
    "delete_published",
    "format_index_key",
    "format_key",
    "get_storage",
    "parse_key",
]
