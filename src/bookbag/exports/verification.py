"""Checking an archive's bytes, its bag and its receipt, for faces that may not."""

from pathlib import Path

from bagkit.archive import VerificationReport, verify_archive
from bagkit.receipt import read_public_key
from bookbag.formats.receipt_keys import load_receipt_public_key


def verify_file(path: Path, key_file: Path | None = None) -> VerificationReport:
    """Verify an archive against this server's own receipt key, or another one's.

    Args:
        path: A ZIP archive, or the folder that it was unpacked to.
        key_file: The public key of the server that made it.

    Raises:
        ReceiptError: If the file with the key holds none.
    """
    if key_file is None:
        return verify_archive(path, public_key=load_receipt_public_key())
    key = read_public_key(key_file.read_bytes())
    return verify_archive(path, public_key=key)
