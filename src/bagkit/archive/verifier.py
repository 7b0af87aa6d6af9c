"""Verifying an archive: bag, receipt, links and signature.

The bag and the receipt are checked by the very script that archives carry, so that the
two can never come to different ends; what needs a library is added here.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bagkit.archive.carried import verify as carried
from bagkit.archive.sealed import find_seal_faults
from bagkit.errors import ReceiptError
from bagkit.receipt import Receipt, check_signature


class SignatureState(StrEnum):
    """What can be said of a receipt's signature."""

    VALID = "valid"
    OTHER_KEY = "signed by another key"
    INVALID = "invalid"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with an archive."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What a verification found."""

    findings: tuple[Finding, ...]
    receipt: Receipt | None
    signature: SignatureState

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong and a signature is by the key that was given."""
        return not self.findings

    @property
    def summary(self) -> str:
        """The outcome in a sentence or two."""
        if self.receipt is None:
            return f"NOT WHOLE: {len(self.findings)} things are wrong."
        r = self.receipt
        sums = (
            f"{r.expected} workspaces expected = {r.present} present + {r.empty} empty "
            f"+ {r.excluded} excluded + {r.failed} failed; {r.file_count:,} files, "
            f"{r.payload_bytes:,} bytes, {r.problem_count} problems."
        )
        verdict = (
            f"NOT WHOLE: {len(self.findings)} things are wrong."
            if self.findings
            else "WHOLE: every file is there and unchanged, and the sums add up."
        )
        return f"{sums}\n{verdict} Signature: {self.signature}."


def verify_archive(
    source: Path, *, public_key: Ed25519PublicKey | None = None
) -> VerificationReport:
    """Verify an archive, or the folder that one was unpacked to.

    Args:
        source: The ZIP or the bag's folder.
        public_key: The key that must have signed the receipt; None accepts the key
            that the archive names, which shows only that nobody changed it since.

    Raises:
        OSError: If the file cannot be read at all.
    """
    findings: list[Finding] = []
    if not source.is_dir():
        source.open("rb").close()
    try:
        bag = (
            carried.Folder(str(source))
            if source.is_dir()
            else carried.Archive(str(source))
        )
    except Exception as error:  # the standard library raises many kinds, OSError too
        message = f"Found no archive: {type(error).__name__}: {error}"
        finding = Finding(code="not-an-archive", message=message)
        return VerificationReport(
            findings=(finding,), receipt=None, signature=SignatureState.ABSENT
        )
    faults, _document = carried.check(bag)
    findings += [Finding(code="bag", message=fault) for fault in faults]
    receipt, state = None, SignatureState.ABSENT
    try:
        document = carried.read(bag, "receipt.json")
        receipt = Receipt.from_json(document)
        if "receipt.sig" in bag.listed:
            signer = check_signature(document, carried.read(bag, "receipt.sig"))
            is_known = public_key is None or _is_same(signer, public_key)
            state = SignatureState.VALID if is_known else SignatureState.OTHER_KEY
    except ReceiptError as error:
        state = SignatureState.INVALID
        findings.append(Finding(code=error.code, message=str(error)))
    except Exception as error:
        message = f"Found no receipt: {type(error).__name__}: {error}"
        findings.append(Finding(code="bad_receipt", message=message))
    if receipt is not None and not source.is_dir():
        findings += [
            Finding(code="seal", message=fault)
            for fault in find_seal_faults(source, receipt)
        ]
    if public_key is not None and state is not SignatureState.VALID:
        message = f"Found a receipt whose signature is {state}, expected a valid one"
        findings.append(Finding(code="signature", message=message))
    return VerificationReport(
        findings=tuple(findings), receipt=receipt, signature=state
    )


def _is_same(one: Ed25519PublicKey, other: Ed25519PublicKey) -> bool:
    return one.public_bytes_raw() == other.public_bytes_raw()
