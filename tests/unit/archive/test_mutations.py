"""Whatever is changed in an archive, verifying it says so."""

import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bagkit.archive import verify_archive
from bagkit.archive.verifier import SignatureState
from tests.factories_files import write_work
from tests.unit.packing.bags import KEY, TOP, expect, write

ROUNDS = 1000
FILE = f"{TOP}/data/workspaces/lab1/ada/main.py"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bag")
    ada, ben = write_work(home / "ada"), write_work(home / "ben", "other work")
    (ada / "link").symlink_to("main.py")
    write(home / "it.zip", expect({"ada": ada, "ben": ben, "cyd": None}))
    return home / "it.zip"


def is_whole(path: Path) -> bool:
    return verify_archive(path, public_key=KEY.public_key()).is_ok


def change_byte(content: bytearray, chooser: random.Random) -> None:
    content[chooser.randrange(len(content))] ^= chooser.randrange(1, 256)


def cut_bytes(content: bytearray, chooser: random.Random) -> None:
    start = chooser.randrange(len(content))
    del content[start : start + chooser.randrange(1, 100)]


def insert_bytes(content: bytearray, chooser: random.Random) -> None:
    start = chooser.randrange(len(content) + 1)
    content[start:start] = chooser.randbytes(chooser.randrange(1, 100))


def swap_ranges(content: bytearray, chooser: random.Random) -> None:
    length = chooser.randrange(1, 200)
    one, two = (chooser.randrange(len(content) - length) for _ in range(2))
    first, second = content[one : one + length], content[two : two + length]
    content[one : one + length], content[two : two + length] = second, first


CHANGES = (change_byte, cut_bytes, insert_bytes, swap_ranges)


def test_the_archive_itself_is_whole(archive: Path) -> None:
    report = verify_archive(archive, public_key=KEY.public_key())

    assert report.findings == ()
    assert report.signature is SignatureState.VALID


def test_a_thousand_random_changes_are_each_found(
    archive: Path, tmp_path: Path
) -> None:
    original = archive.read_bytes()
    chooser = random.Random(20261122)  # noqa: S311 - the same changes each time
    missed = []
    for number in range(ROUNDS):
        content = bytearray(original)
        change = CHANGES[number % len(CHANGES)]
        change(content, chooser)
        if content == original:
            continue
        (tmp_path / "it.zip").write_bytes(content)
        if is_whole(tmp_path / "it.zip"):
            missed.append((number, change.__name__))

    assert missed == []


Members = dict[str, tuple[zipfile.ZipInfo, bytes]]


def drop_file(members: Members) -> None:
    del members[FILE]


def add_file(members: Members) -> None:
    name = FILE.replace("main.py", "extra.py")
    members[name] = (zipfile.ZipInfo(name), b"extra")


def rename_file(members: Members) -> None:
    info, content = members.pop(FILE)
    info.filename = FILE.replace("main.py", "renamed.py")
    members[info.filename] = (info, content)


def swap_contents(members: Members) -> None:
    other = FILE.replace("ada", "ben")
    (one, first), (two, second) = members[FILE], members[other]
    members[FILE], members[other] = (one, second), (two, first)


def change_mode(members: Members) -> None:
    members[FILE][0].external_attr = 0o100777 << 16


def change_time(members: Members) -> None:
    members[FILE][0].date_time = (2001, 1, 1, 0, 0, 0)


def change_receipt(members: Members) -> None:
    name = f"{TOP}/receipt.json"
    document = json.loads(members[name][1])
    document["workspaces"]["present"] += 1
    content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    members[name] = (members[name][0], content)


def drop_signature(members: Members) -> None:
    del members[f"{TOP}/receipt.sig"]


def drop_problems(members: Members) -> None:
    del members[f"{TOP}/data/problems.csv"]


def repack_only(_members: Members) -> None:
    """The same members, packed by another program."""


@pytest.mark.parametrize(
    "change",
    [
        drop_file,
        add_file,
        rename_file,
        swap_contents,
        change_mode,
        change_time,
        change_receipt,
        drop_signature,
        drop_problems,
        repack_only,
    ],
)
def test_a_change_by_somebody_who_repacks_is_found(
    archive: Path, tmp_path: Path, change: Callable[[Members], None]
) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = {i.filename: (i, opened.read(i)) for i in opened.infolist()}
    change(members)
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as packed:
        for info, content in members.values():
            packed.writestr(info, content)

    assert not is_whole(tmp_path / "it.zip")


def test_another_servers_key_is_told_apart(archive: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key()

    report = verify_archive(archive, public_key=other)

    assert report.signature is SignatureState.OTHER_KEY
    assert [finding.code for finding in report.findings] == ["signature"]


def test_an_unpacked_bag_verifies_too(archive: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(archive, tmp_path / "out")
    link = tmp_path / "out" / TOP / "data/workspaces/lab1/ada/link"
    os.remove(link)  # noqa: PTH107 - Python's own unpacking made a file of it
    link.symlink_to("main.py")

    assert is_whole(tmp_path / "out" / TOP)
    (tmp_path / "out" / FILE).write_bytes(b"changed")
    assert not is_whole(tmp_path / "out" / TOP)
