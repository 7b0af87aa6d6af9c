"""Exports that only their recipient can read: encrypted before they are published.

Source: ADR 0120.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import pyrage

from bookbag.exports.catalogue.definition import Product
from bookbag.exports.errors import EncryptionFailedError
from bookbag.formats.age_files import MEDIA_TYPE, SUFFIX, encrypt_stream


def encrypt_product(product: Product, staged: Path, recipient: str) -> Product:
    """Encrypt a staged file in its place, and return what it is now.

    Args:
        product: What was staged.
        staged: The file; afterwards it is encrypted, and the plain one is gone.
        recipient: Of age; nobody else can read it, this server included.

    Raises:
        EncryptionFailedError: If it could not be done.
    """
    target = staged.with_name(f"{staged.name}{SUFFIX}")
    try:
        with staged.open("rb") as source, _open_private(target).open("wb") as sink:
            encrypt_stream(source, sink, recipient)
    except (pyrage.EncryptError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise EncryptionFailedError from error
    target.replace(staged)
    with staged.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return replace(
        product,
        file_name=f"{product.file_name}{SUFFIX}",
        media_type=MEDIA_TYPE,
        sha256=sha256,
        size_bytes=staged.stat().st_size,
    )


def _open_private(path: Path) -> Path:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path
