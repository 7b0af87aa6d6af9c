"""Where finished files lie: a port, and two places that it leads to."""

from bookbag.exports.storage.choosing import get_storage
from bookbag.exports.storage.local import LocalStorage
from bookbag.exports.storage.port import (
    STAGED,
    RangeUpload,
    SharedStorage,
    SigningStorage,
    Storage,
    StreamingStorage,
    Upload,
    UploadPlace,
    delete_published,
    format_index_key,
    format_key,
    parse_key,
)

__all__ = [
    "STAGED",
    "LocalStorage",
    "RangeUpload",
    "SharedStorage",
    "SigningStorage",
    "Storage",
    "StreamingStorage",
    "Upload",
    "UploadPlace",
    "delete_published",
    "format_index_key",
    "format_key",
    "get_storage",
    "parse_key",
]
