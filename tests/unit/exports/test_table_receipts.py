"""The receipt of a table: what a check of the file and of its receipt finds."""

import hashlib
import json
from pathlib import Path

import pytest
from pytest_django import Settings

from bookbag.exports.errors import FileReceiptError, KeyFileError
from bookbag.exports.table_receipts import find_receipt_beside, seal_receipt
from bookbag.exports.verification import FileReport, verify_file
from bookbag.formats.receipt_keys import describe_public_key

CONTENT = b'first_name,email\r\n"Ada","ada@example.edu"\r\n'


@pytest.fixture(autouse=True)
def _key(settings: Settings, tmp_path: Path) -> None:
    settings.BOOKBAG_RECEIPT_KEY = tmp_path / "key.pem"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "users.csv"
    path.write_bytes(CONTENT)
    find_receipt_beside(path).write_bytes(
        seal_receipt(
            {
                "identifier": "it",
                "snapshot_at": "2026-11-28T10:00:00+00:00",
                "sha256": hashlib.sha256(CONTENT).hexdigest(),
                "rows": 1,
                "excluded": {"demo": 2},
            }
        )
    )
    return path


def codes(report: FileReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_a_table_that_nobody_changed_is_whole(table: Path) -> None:
    report = verify_file(table)

    assert report.is_ok
    assert report.counts == {"rows": 1, "excluded": 2}
    assert report.summary == (
        "1 rows, 2 left out by the rule 'demo'; as of 2026-11-28T10:00:00+00:00.\n"
        "WHOLE: every byte is as it was when the receipt was signed. Signature: valid."
    )


@pytest.mark.parametrize("at", [0, len(CONTENT) // 2, len(CONTENT) - 1])
def test_any_byte_that_changed_is_found(table: Path, at: int) -> None:
    changed = bytearray(CONTENT)
    changed[at] ^= 1
    table.write_bytes(changed)

    report = verify_file(table)

    assert codes(report) == ["changed"]
    assert "'users.csv' is not the file that the receipt is of" in report.summary + (
        report.findings[0].message
    )


@pytest.mark.parametrize(
    ("name", "value"), [("rows", 2), ("excluded", {}), ("sha256", "0" * 64)]
)
def test_a_receipt_that_somebody_changed_is_found(
    table: Path, name: str, value: object
) -> None:
    beside = find_receipt_beside(table)
    receipt = json.loads(beside.read_bytes())
    beside.write_text(json.dumps(receipt | {name: value}), encoding="utf-8")

    report = verify_file(table)

    assert codes(report) == ["file_receipt_invalid"]
    assert report.signature == "invalid"


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b"\xff", b'{"signature": 5}', b"[" * 100_000]
)
def test_what_is_no_receipt_is_named(table: Path, document: bytes) -> None:
    report = verify_file(table, receipt=document)

    assert codes(report) == ["file_receipt_invalid"]
    assert "Found no receipt" in report.findings[0].message


def test_a_receipt_of_another_server_needs_its_key(
    table: Path, settings: Settings, tmp_path: Path
) -> None:
    key = json.dumps(describe_public_key()).encode()
    settings.BOOKBAG_RECEIPT_KEY = tmp_path / "other.pem"

    assert codes(verify_file(table)) == ["signature"]
    assert verify_file(table, key).is_ok


def test_what_is_no_key_is_refused(table: Path) -> None:
    with pytest.raises(KeyFileError, match="expected an Ed25519 public key"):
        verify_file(table, b"no key")


def test_a_table_without_its_receipt_is_not_taken_for_whole(tmp_path: Path) -> None:
    alone = tmp_path / "groups.csv"
    alone.write_bytes(CONTENT)

    with pytest.raises(FileReceiptError, match=r"'groups.csv.receipt.json' beside"):
        verify_file(alone)
