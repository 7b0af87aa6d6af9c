"""The receipt of a file that is no bag: a table, a cartridge, a project's ZIP.

Such a file cannot carry its receipt, so the receipt is a file of its own, which lies
beside it under the same name with ``.receipt.json`` at the end.

Source: ``docs/formats/tables.md``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bagkit.errors import ReceiptError
from bagkit.receipt import check_signature, encode_canonically, sign_receipt
from bookbag.exports.errors import FileReceiptError
from bookbag.formats.receipt_keys import load_receipt_key

RECEIPT_FORMAT = "bookbag-table-receipt/1"
RECEIPT_SUFFIX = ".receipt.json"
_NO_RECEIPT = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReceipt:
    """What a receipt says of one file."""

    sha256: str
    rows: int
    excluded: Mapping[str, int]
    """Rows that a rule left out, by rule."""
    snapshot_at: str
    """ISO 8601, UTC."""
    signer: Ed25519PublicKey
    """Whose signature it bears; whether to trust it is for the caller to say."""

    @property
    def sentence(self) -> str:
        """What is in the file, and what is not."""
        out = ", ".join(
            f"{count:,} left out by the rule {rule!r}"
            for rule, count in self.excluded.items()
        )
        return f"{self.rows:,} rows, {out or 'none left out'}; as of {self.snapshot_at}"


def seal_receipt(content: Mapping[str, object]) -> bytes:
    """Return the signed receipt of a file, from what it says of it."""
    receipt = {"format": RECEIPT_FORMAT, **content}
    signature = sign_receipt(encode_canonically(receipt), load_receipt_key())
    return encode_canonically({**receipt, "signature": signature.decode()})


def open_receipt(document: bytes) -> TableReceipt:
    """Read a receipt and check that nobody changed it since it was signed.

    Raises:
        FileReceiptError: If it is no such receipt, or its signature is not of it.
    """
    try:
        values = json.loads(document)
        signature = values.pop("signature").encode()
        found = values["format"]
        receipt = TableReceipt(
            sha256=values["sha256"],
            rows=int(values["rows"]),
            excluded={rule: int(count) for rule, count in values["excluded"].items()},
            snapshot_at=values["snapshot_at"],
            signer=check_signature(encode_canonically(values), signature),
        )
    except ReceiptError as error:
        raise FileReceiptError(str(error)) from error
    except _NO_RECEIPT as error:
        message = f"Found no receipt, expected {RECEIPT_FORMAT}: {type(error).__name__}"
        raise FileReceiptError(message) from error
    if found != RECEIPT_FORMAT:
        message = f"Found a receipt of format {found!r}, expected {RECEIPT_FORMAT}"
        raise FileReceiptError(message)
    return receipt


def lies_beside(document: bytes) -> bool:
    """Answer whether a receipt is of a file that cannot carry it."""
    try:
        return bool(json.loads(document)["format"] == RECEIPT_FORMAT)
    except _NO_RECEIPT:
        return False


def find_receipt_beside(path: Path) -> Path:
    """Return where the receipt of a file lies, whether it is there or not."""
    return path.with_name(path.name + RECEIPT_SUFFIX)
