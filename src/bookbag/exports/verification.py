"""Checking a downloaded file against its receipt, for faces that may not."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bagkit.archive import VerificationReport, verify_archive
from bagkit.archive.verifier import Finding, SignatureState
from bagkit.errors import ReceiptError
from bagkit.receipt import read_public_key
from bookbag.exports.errors import FileReceiptError, KeyFileError
from bookbag.exports.table_receipts import (
    find_receipt_beside,
    open_receipt,
)
from bookbag.formats.age_files import is_encrypted
from bookbag.formats.receipt_keys import load_receipt_public_key


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What a check of one file found."""

    findings: tuple[Finding, ...]
    signature: str
    summary: str
    """The outcome in a sentence or two."""
    counts: Mapping[str, int]
    """The numbers of the receipt, as far as it could be read."""

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong and the signature is by the key that counts."""
        return not self.findings


def verify_file(
    path: Path,
    key: bytes | None = None,
    receipt: bytes | None = None,
    *,
    name: str = "",
) -> FileReport:
    """Verify a file against this server's own receipt key, or another one's.

    Args:
        path: A ZIP archive, the folder that it was unpacked to, or a table.
        key: The public key of the server that made it, as it publishes it.
        receipt: The receipt of a file that cannot carry it; by default the one that
            lies beside it.
        name: What it is called where it was made, if it is called otherwise here: it
            tells archives from tables.

    Raises:
        KeyFileError: If that is no public key.
        FileReceiptError: If it is a table and there is no receipt.
        OSError: If a file cannot be read.
    """
    if path.is_file() and is_encrypted(path):
        message = (
            f"Found a file that is encrypted with age, expected it decrypted: "
            f"{path.name!r}; run age --decrypt first"
        )
        raise FileReceiptError(message)
    public = load_receipt_public_key() if key is None else _read_key(key)
    beside = find_receipt_beside(path)
    if receipt is None and beside.is_file():
        receipt = beside.read_bytes()
    if receipt is not None:
        return _verify_with_receipt(path, receipt, public)
    report = verify_archive(path, public_key=public)
    is_archive = path.is_dir() or (name or path.name).endswith(".zip")
    if report.receipt is None and not is_archive:
        message = (
            f"Found no receipt, expected it as {beside.name!r} beside the file; an "
            "export's page has it under “Receipt”"
        )
        raise FileReceiptError(message)
    return _describe_archive(report)


def _read_key(document: bytes) -> Ed25519PublicKey:
    try:
        return read_public_key(document)
    except ReceiptError as error:
        raise KeyFileError(str(error)) from error


def _describe_archive(report: VerificationReport) -> FileReport:
    receipt = report.receipt
    names = ("expected", "present", "empty", "excluded", "failed")
    counts = {} if receipt is None else {name: getattr(receipt, name) for name in names}
    if receipt is not None:
        counts |= {
            "files": receipt.file_count,
            "bytes": receipt.payload_bytes,
            "problems": receipt.problem_count,
        }
    return FileReport(
        findings=report.findings,
        signature=report.signature,
        summary=report.summary,
        counts=counts,
    )


def _verify_with_receipt(
    path: Path, document: bytes, key: Ed25519PublicKey
) -> FileReport:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        receipt = open_receipt(document)
    except FileReceiptError as error:
        finding = Finding(code=error.code, message=str(error))
        return _describe_table((finding,), SignatureState.INVALID, "", {})
    is_ours = receipt.signer.public_bytes_raw() == key.public_bytes_raw()
    state = SignatureState.VALID if is_ours else SignatureState.OTHER_KEY
    findings = []
    if sha256 != receipt.sha256:
        message = (
            f"Found SHA-256 {sha256}, expected {receipt.sha256}: {path.name!r} is not "
            "the file that the receipt is of"
        )
        findings.append(Finding(code="changed", message=message))
    if not is_ours:
        message = f"Found a receipt whose signature is {state}, expected a valid one"
        findings.append(Finding(code="signature", message=message))
    counts = {"rows": receipt.rows, "excluded": sum(receipt.excluded.values())}
    return _describe_table(tuple(findings), state, f"{receipt.sentence}.\n", counts)


def _describe_table(
    findings: tuple[Finding, ...],
    signature: SignatureState,
    sentence: str,
    counts: Mapping[str, int],
) -> FileReport:
    verdict = (
        f"NOT WHOLE: {len(findings)} things are wrong."
        if findings
        else "WHOLE: every byte is as it was when the receipt was signed."
    )
    return FileReport(
        findings=findings,
        signature=signature,
        summary=f"{sentence}{verdict} Signature: {signature}.",
        counts=counts,
    )
