"""The completeness receipt: what was expected, and what became of each of it.

The roster is the source of truth. For every student x assignment the receipt says
``present``, ``empty``, ``excluded`` or ``failed``, and the four numbers add up to what
was expected, always. It names the SHA-256 of the manifest, so that its signature
covers every file.

Source: ``docs/formats/archive.md``.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bagkit.errors import ReceiptError

FORMAT = "bookbag-receipt/1"
SIGNATURE_FORMAT = "bookbag-receipt-signature/1"
MAX_COUNT = (1 << 63) - 1
"""More files, bytes or rows no archive has."""
_NO_RECEIPT = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class CellState(StrEnum):
    """What became of one student's workspace for one assignment."""

    PRESENT = "present"
    EMPTY = "empty"
    EXCLUDED = "excluded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCell:
    """One student x assignment.

    Units: bytes of content before compression.
    """

    assignment: str
    username: str
    folder: str
    """Path below ``data/`` in the archive; empty when nothing is there."""
    state: CellState
    files: int = 0
    bytes: int = 0
    problems: int = 0
    reason: str = ""
    """The rule or the reason code, when it is not there."""
    digest: str = ""
    """SHA-256 of its manifest lines, paths relative to its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTable:
    """One table of the archive."""

    name: str
    path: str
    """Path below the bag's top folder."""
    rows: int
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Rows that a rule left out, by rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSeal:
    """The bytes of the archive before the receipt's own member.

    The manifest covers content alone; the seal covers modes, times and the container
    too, so that the receipt's signature does.

    Units: bytes from the start of the archive.
    """

    bytes: int
    """Where the receipt's local file header starts."""
    sha256: str
    """Digest of everything before it."""
    directory_sha256: str
    """Digest of the central directory's records of the members before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The whole account of one archive."""

    identifier: str
    title: str
    generator: str
    snapshot_at: str
    """ISO 8601, UTC."""
    cells: tuple[ReceiptCell, ...]
    tables: tuple[ReceiptTable, ...]
    problems: Mapping[str, int]
    """Rows of ``problems.csv`` by reason code."""
    manifest_sha256: str
    """Digest of ``manifest-sha256.txt``."""
    seal: ArchiveSeal
    """What the archive was, byte for byte, when the receipt was made."""
    pseudonymised_for: str = ""
    """The purpose whose pseudonyms stand in place of people, if so."""
    encrypted_with: str = ""
    """What the whole file was encrypted with before anybody got it, if so."""
    circle: str = ""
    """Whom alone pseudonyms and scan are about, when not everybody."""
    identities: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What a scan of the files found: ``replaced`` by kind, ``found`` by place, and
    files that were ``unsearched`` by reason; empty without a scan."""

    @property
    def expected(self) -> int:
        """Students x assignments."""
        return len(self.cells)

    @property
    def present(self) -> int:
        """Workspaces with at least one file."""
        return self._count(CellState.PRESENT)

    @property
    def empty(self) -> int:
        """Workspaces without a file, or never started."""
        return self._count(CellState.EMPTY)

    @property
    def excluded(self) -> int:
        """Workspaces that a rule left out."""
        return self._count(CellState.EXCLUDED)

    @property
    def failed(self) -> int:
        """Workspaces that could not be read."""
        return self._count(CellState.FAILED)

    @property
    def file_count(self) -> int:
        """Files and links of all workspaces."""
        return sum(cell.files for cell in self.cells)

    @property
    def payload_bytes(self) -> int:
        """Bytes in all workspaces' files."""
        return sum(cell.bytes for cell in self.cells)

    @property
    def problem_count(self) -> int:
        """Rows of ``problems.csv``."""
        return sum(self.problems.values())

    def to_json(self) -> bytes:
        """Return the canonical document: sorted keys, no blanks, UTF-8."""
        rules = Counter(
            cell.reason for cell in self.cells if cell.state is CellState.EXCLUDED
        )
        document: dict[str, object] = {
            "format": FORMAT,
            "identifier": self.identifier,
            "title": self.title,
            "generator": self.generator,
            "snapshot_at": self.snapshot_at,
            "manifest_sha256": self.manifest_sha256,
            "seal": asdict(self.seal),
            "workspaces": {
                "expected": self.expected,
                "present": self.present,
                "empty": self.empty,
                "excluded": self.excluded,
                "failed": self.failed,
            },
            "rules": dict(rules),
            "totals": {
                "files": self.file_count,
                "bytes": self.payload_bytes,
                "problems": self.problem_count,
            },
            "problems": dict(self.problems),
            "tables": [asdict(table) for table in self.tables],
            "cells": [asdict(cell) for cell in self.cells],
        }
        if self.pseudonymised_for:
            document["pseudonymised_for"] = self.pseudonymised_for
        if self.encrypted_with:
            document["encrypted_with"] = self.encrypted_with
        if self.circle:
            document["circle"] = self.circle
        if self.identities:
            document["identities"] = {k: dict(v) for k, v in self.identities.items()}
        return encode_canonically(document)

    @classmethod
    def from_json(cls, document: bytes) -> "Receipt":
        """Read a receipt and check its arithmetic.

        Raises:
            ReceiptError: If it is no receipt, or a number in it contradicts another.
        """
        try:
            values = json.loads(document)
            receipt = cls(
                identifier=values["identifier"],
                title=values["title"],
                generator=values["generator"],
                snapshot_at=values["snapshot_at"],
                cells=tuple(
                    ReceiptCell(**{**cell, "state": CellState(cell["state"])})
                    for cell in values["cells"]
                ),
                tables=tuple(ReceiptTable(**table) for table in values["tables"]),
                problems=values["problems"],
                manifest_sha256=values["manifest_sha256"],
                seal=ArchiveSeal(**values["seal"]),
                pseudonymised_for=values.get("pseudonymised_for", ""),
                encrypted_with=values.get("encrypted_with", ""),
                circle=values.get("circle", ""),
                identities=values.get("identities", {}),
            )
            _check_kinds(receipt)
            canonical = receipt.to_json()
        except _NO_RECEIPT as error:
            message = f"Found no receipt, expected {FORMAT}: {type(error).__name__}"
            raise ReceiptError(message) from error
        if canonical != document:
            message = "Found a receipt whose numbers do not add up"
            raise ReceiptError(message)
        return receipt

    def _count(self, state: CellState) -> int:
        return sum(cell.state is state for cell in self.cells)


def _check_kinds(receipt: Receipt) -> None:
    """Refuse a text where a number belongs, or the other way round.

    Raises:
        ValueError: If there is one, or the time is none with an offset.
    """
    if not all(isinstance(text, str) for text in _iter_texts(receipt)):
        raise ValueError("texts")
    for count in _iter_counts(receipt):
        if type(count) is not int or not 0 <= count <= MAX_COUNT:
            raise ValueError("counts")
    if datetime.fromisoformat(receipt.snapshot_at).tzinfo is None:
        raise ValueError("snapshot_at")


def _iter_texts(receipt: Receipt) -> Iterator[object]:
    seal = receipt.seal
    yield from (receipt.identifier, receipt.title, receipt.generator)
    yield from (receipt.manifest_sha256, seal.sha256, seal.directory_sha256)
    for cell in receipt.cells:
        yield from (cell.assignment, cell.username, cell.folder, cell.reason)
        yield cell.digest
    for table in receipt.tables:
        yield from (table.name, table.path)


def _iter_counts(receipt: Receipt) -> Iterator[object]:
    yield receipt.seal.bytes
    yield from receipt.problems.values()
    for cell in receipt.cells:
        yield from (cell.files, cell.bytes, cell.problems)
    for table in receipt.tables:
        yield table.rows
        yield from table.excluded.values()


def encode_canonically(document: Mapping[str, object]) -> bytes:
    """Return a document as JSON that has one spelling: sorted, no blanks, UTF-8."""
    text = json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode()


def sign_receipt(document: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the text of ``receipt.sig`` for a receipt.

    Shape: three lines: the format, ``key:`` and ``signature:``, both in base64.
    """
    return _format_signature(key.public_key().public_bytes_raw(), key.sign(document))


def check_signature(document: bytes, signature: bytes) -> Ed25519PublicKey:
    """Return the key that signed a receipt.

    Whether that key is to be trusted is for the caller to say.

    Raises:
        ReceiptError: If the text is no signature, or it is not of this receipt.
    """
    try:
        _head, key_line, signature_line = signature.decode("ascii").splitlines()
        key = base64.b64decode(key_line.removeprefix("key: "), validate=True)
        signed = base64.b64decode(
            signature_line.removeprefix("signature: "), validate=True
        )
        public = Ed25519PublicKey.from_public_bytes(key)
        public.verify(signed, document)
    except (ValueError, InvalidSignature) as error:
        message = "Found a signature that is not of this receipt: 'receipt.sig'"
        raise ReceiptError(message) from error
    # Base64 and line ends can be spelled in several ways; only ours is accepted.
    if signature != _format_signature(key, signed):
        message = f"Found another format, expected {SIGNATURE_FORMAT}: 'receipt.sig'"
        raise ReceiptError(message)
    return public


def read_public_key(document: bytes) -> Ed25519PublicKey:
    """Return the public key of a file that a server's operator has kept or sent.

    Args:
        document: What ``/.well-known/bookbag-receipt-key.json`` gives, a public key in
            PEM, or the raw key in base64.

    Raises:
        ReceiptError: If it is none of these.
    """
    try:
        if b"BEGIN PUBLIC KEY" in document and not document.lstrip().startswith(b"{"):
            key = load_pem_public_key(document)
            if isinstance(key, Ed25519PublicKey):
                return key
        else:
            is_page = document.lstrip().startswith(b"{")
            text = json.loads(document)["key"] if is_page else document.strip()
            raw = base64.b64decode(text, validate=True)
            return Ed25519PublicKey.from_public_bytes(raw)
    except (*_NO_RECEIPT, UnsupportedAlgorithm):
        pass  # the one error below says what was expected
    message = "Found no key, expected an Ed25519 public key: JSON, PEM or base64"
    raise ReceiptError(message)


def _format_signature(public: bytes, signature: bytes) -> bytes:
    lines = (
        SIGNATURE_FORMAT,
        f"key: {base64.b64encode(public).decode()}",
        f"signature: {base64.b64encode(signature).decode()}",
    )
    return "".join(f"{line}\n" for line in lines).encode()
