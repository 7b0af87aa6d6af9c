"""``python -m bagkit``: pack, verify, list and unpack without a server."""

import base64
import json
import os
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from bagkit.__main__ import main
from bagkit.archive import index_of
from bagkit.errors import ReceiptError
from bagkit.packing import workspace
from bagkit.receipt import read_public_key
from tests.factories_files import write_work
from tests.unit.packing.bags import KEY, expect, write
from tests.unit.packing.inline import InlinePool

RAW = KEY.public_key().public_bytes_raw()
PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
SPELLINGS = {
    "json": json.dumps({"key": base64.b64encode(RAW).decode(), "pem": PEM.decode()}),
    "pem": PEM.decode(),
    "base64": base64.b64encode(RAW).decode() + "\n",
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    for student in ("amara", "bo"):
        path = write_work(folder / "lab" / student) / "main.py"
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def test_what_is_packed_verifies_lists_and_unpacks(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, folder = tmp_path / "it.zip", tmp_path / "out"

    statuses = [
        main(arguments)
        for arguments in (
            ["pack", str(course), str(archive)],
            ["verify", str(archive)],
            ["list", str(archive)],
            ["unpack", str(archive), str(folder)],
        )
    ]

    said = capsys.readouterr().out
    assert statuses == [0, 0, 0, 0]
    assert "WHOLE: every file is there" in said
    assert "course/data/workspaces/lab/amara/main.py" in said
    unpacked = folder / "course/data/workspaces/lab/amara/main.py"
    assert unpacked.read_bytes() == (course / "lab/amara/main.py").read_bytes()


def test_a_second_archive_copies_unless_everything_is_to_be_read(
    course: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Files that were written a moment ago are not reused; here they count as old.
    monkeypatch.setattr(workspace, "UNSETTLED_NS", 0)
    monkeypatch.setattr("bagkit.archive.bag.PackingPool", InlinePool)
    time.sleep(0.02)
    first, second, third = (tmp_path / f"{n}.zip" for n in "123")
    main(["pack", str(course), str(first), "--keep-index"])
    again = ["--reuse", str(first)]
    main(["pack", str(course), str(second), *again])
    main(["pack", str(course), str(third), *again, "--verify-all"])

    said = capsys.readouterr().out.splitlines()
    assert index_of(first).exists()
    assert ["(6 copied" in line for line in said] == [False, True, False]
    assert first.read_bytes() == second.read_bytes() == third.read_bytes()


@pytest.mark.parametrize("document", SPELLINGS.values(), ids=SPELLINGS)
def test_an_archive_of_another_server_verifies_with_its_key(
    course: Path, tmp_path: Path, document: str
) -> None:
    archive, key = tmp_path / "it.zip", tmp_path / "key"
    write(archive, expect({"amara": course / "lab/amara"}))
    key.write_text(document)

    assert main(["verify", str(archive), "--key", str(key)]) == 0


def test_another_key_is_found_out(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, key = tmp_path / "it.zip", tmp_path / "key"
    main(["pack", str(course), str(archive)])
    key.write_bytes(PEM)

    assert main(["verify", str(archive), "--key", str(key)]) == 1
    assert "signature: Found a receipt whose signature is absent" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("document", [b"", b"{}", b"nothing", b"[1]", b"\xff" * 40])
def test_what_is_no_key_is_refused(document: bytes) -> None:
    with pytest.raises(ReceiptError, match="expected an Ed25519 public key"):
        read_public_key(document)


def test_a_missing_folder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(tmp_path / "none"), str(tmp_path / "it.zip")]) == 2
    assert "none" in capsys.readouterr().err
