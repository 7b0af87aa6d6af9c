"""Workspaces on a store are packed into the same archives as from a disk."""

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bagkit.archive import (
    BagPlan,
    BagResult,
    EarlierWork,
    ExpectedWorkspace,
    Limits,
    PlainReading,
    verify_archive,
    write_bag,
    write_plain,
    write_tarball,
)
from bagkit.archive.splitting import check_limits, split_plan
from bagkit.errors import LimitExceededError, SourceAwayError
from bagkit.packing import workspace
from bagkit.packing.digesting import digest_workspace
from bagkit.trees.tree import TreeOpener
from bookbag.trees import objects
from bookbag.trees.locating import OPENER
from bookbag.trees.metadata import FOLDER_TIME_NS
from bookbag.trees.objects import Listing
from bookbag.trees.reading import StoredObject, describe_object
from tests.functional.sites import find_ports
from tests.integration.trees.uploading import (
    Describe,
    as_rclone,
    say_nothing,
    upload_folder,
)
from tests.stores import ACCESS_KEY, SECRET, StoreServer
from tests.unit.packing.bags import expect, make_plan, rows_of
from tests.unit.packing.inline import InlinePool

STUDENTS = ("ada", "bob", "cleo")
LARGE = random.Random(5).randbytes(3 << 20) + bytes(3 << 20)  # noqa: S311 - no secret
"""Over the size that is read whole; its second half gets smaller."""


def fill(root: Path, seed: int) -> None:
    """Write what a workspace may hold, but for what no store can hold."""
    (root / "src" / "deep").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / ".hidden").write_text("dot")
    (root / "src" / "main.py").write_text(f"print({seed})\n" * 50)
    (root / "src" / "run.sh").write_text("#!/bin/sh\n")
    (root / "src" / "run.sh").chmod(0o755)
    (root / "src-notes.txt").write_text("sorts before the folder's own files")
    (root / "src" / "deep" / "Ünï cödé + 100%.txt").write_text("umlauts")
    (root / "big.bin").write_bytes(LARGE)
    (root / "nothing").write_bytes(b"")
    (root / "link").symlink_to("src/main.py")
    (root / "src" / "up").symlink_to("../.hidden")
    (root / "away").symlink_to("/etc/passwd")
    for number in range(40):
        (root / "src" / "deep" / f"{number}.txt").write_text(f"{seed} {number}" * 99)
    for path in [*root.rglob("*"), root]:
        moment = 1_700_000_000_123_456_789 + seed * 10**9
        if path.is_dir() and not path.is_symlink():
            # SeaweedFS keeps no metadata of folders, so they have what is assumed.
            path.chmod(0o755)
            moment = FOLDER_TIME_NS
        os.utime(path, ns=(moment, moment), follow_symlinks=False)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("work")
    folders = {name: home / name for name in STUDENTS}
    for seed, folder in enumerate(folders.values()):
        folder.mkdir()
        fill(folder, seed)
    return folders


@pytest.fixture(scope="module")
def bucket(store_server: StoreServer, work: dict[str, Path]) -> str:
    name = store_server.make_bucket()
    for student, folder in work.items():
        upload_folder(store_server, name, f"kept/{student}", folder)
    return name


def make_opener(
    server: StoreServer, bucket: str, port: int | None = None
) -> TreeOpener:
    endpoint = server.endpoint_url if port is None else f"http://127.0.0.1:{port}"
    return TreeOpener(
        name=OPENER,
        options={
            "url": f"s3://{bucket}/kept?endpoint={endpoint}",
            "access_key": ACCESS_KEY,
            "secret": SECRET,
        },
    )


@pytest.fixture
def opener(store_server: StoreServer, bucket: str) -> TreeOpener:
    return make_opener(store_server, bucket)


def at_store(bucket: str, *students: str) -> list[ExpectedWorkspace]:
    return [
        ExpectedWorkspace(
            assignment="lab1", username=name, root=f"s3://{bucket}/kept/{name}"
        )
        for name in students or STUDENTS
    ]


def plan_for(opener: TreeOpener, workspaces: list[ExpectedWorkspace]) -> BagPlan:
    return replace(make_plan(workspaces), opener=opener)


def test_an_archive_is_byte_for_byte_that_of_the_disk(
    work: dict[str, Path], bucket: str, opener: TreeOpener, tmp_path: Path
) -> None:
    from_disk = write_bag(make_plan(expect(dict(work))), tmp_path / "disk.zip")

    from_store = write_bag(plan_for(opener, at_store(bucket)), tmp_path / "store.zip")

    assert from_store.sha256 == from_disk.sha256
    assert from_store.file_count == 3 * 49
    assert verify_archive(tmp_path / "store.zip").is_ok


@pytest.mark.parametrize("describe", [as_rclone, say_nothing])
def test_modes_and_times_are_those_that_are_kept(
    work: dict[str, Path], store_server: StoreServer, tmp_path: Path, describe: Describe
) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o751)
    os.utime(folder / "run.sh", (1_700_000_000, 1_700_000_000))
    bucket = store_server.make_bucket()
    before = int(time.time())
    upload_folder(store_server, bucket, "kept/ada", folder, describe)
    opener = make_opener(store_server, bucket)

    write_bag(plan_for(opener, at_store(bucket, "ada")), tmp_path / "a.zip")

    listed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", LIST_MEMBER, str(tmp_path / "a.zip")],
        capture_output=True,
        check=True,
    )
    mode, seconds = json.loads(listed.stdout)
    if describe is as_rclone:
        assert (mode, seconds) == (0o751, 1_700_000_000)
    else:
        assert mode == 0o644
        assert before - 2 <= seconds <= time.time() + 2


LIST_MEMBER = """
import json, struct, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    (found,) = [i for i in archive.infolist() if i.filename.endswith("run.sh")]
seconds = struct.unpack("<l", found.extra[found.extra.index(b"UT") + 5:][:4])[0]
print(json.dumps([found.external_attr >> 16 & 0o777, seconds]))
"""


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that were written a moment ago count as old."""
    monkeypatch.setattr(workspace, "UNSETTLED_NS", -(10**10))
    monkeypatch.setattr("bagkit.archive.bag.PackingPool", InlinePool)


@pytest.mark.usefixtures("settled")
def test_what_did_not_change_is_copied_without_reading_it(
    work: dict[str, Path], store_server: StoreServer, tmp_path: Path
) -> None:
    bucket = store_server.make_bucket()
    upload_folder(store_server, bucket, "kept/ada", work["ada"])
    opener = make_opener(store_server, bucket)
    plan = plan_for(opener, at_store(bucket, "ada"))

    def run(name: str, earlier: Path | None = None) -> BagResult:
        kept = EarlierWork(reuse=earlier, keeps_index=True)
        return write_bag(plan, tmp_path / name, earlier=kept)

    run("1.zip")
    same = run("2.zip", tmp_path / "1.zip")
    body = work["ada"].joinpath("src/main.py").read_bytes().replace(b"0", b"1")
    store_server.client.put_object(
        Bucket=bucket, Key="kept/ada/src/main.py", Body=body, Metadata=KEPT
    )
    changed = run("3.zip", tmp_path / "2.zip")
    fresh = run("4.zip")

    # Links are read each time: the listing does not say that they are links.
    assert (same.reused_count, changed.reused_count) == (47, 46)
    assert changed.sha256 == fresh.sha256


KEPT = {"mode": str(0o100644), "mtime": "1700000000.123456789"}


def test_names_that_no_file_can_have_are_problems() -> None:
    listing = Listing()
    for below in ("fine.txt", "a/./b", "../up", "x//y", "both", "both/inner", "m/"):
        listing.add(make_object(below), below)
    listing.end()

    assert sorted(b"/".join(path) for path in listing.unusable) == [
        b"../up",
        b"a/./b",
        b"both",
        b"x//y",
    ]
    assert [path for path, _ in listing.iter_in_order()] == [(), (b"both",), (b"m",)]


def make_object(key: str) -> StoredObject:
    return StoredObject(key=key, size_bytes=1, tag="t", modified_seconds=1)


def test_what_is_missing_or_elsewhere_fails_and_says_so(
    bucket: str, opener: TreeOpener, tmp_path: Path
) -> None:
    elsewhere = ExpectedWorkspace(
        assignment="lab1", username="eve", root="s3://another/kept/eve"
    )
    workspaces = [*at_store(bucket, "nobody"), elsewhere]

    write_bag(plan_for(opener, workspaces), tmp_path / "a.zip")

    rows = rows_of(tmp_path / "a.zip", "problems")
    assert [row["reason"] for row in rows] == [
        "workspace-missing",
        "workspace-unreadable",
    ]


def test_a_project_is_the_same_zip_tar_and_digest(
    work: dict[str, Path], bucket: str, opener: TreeOpener, tmp_path: Path
) -> None:
    address = f"s3://{bucket}/kept/ada"

    for folder in ((), (b"src",), (b"src", b"deep")):
        made = [
            write_plain(
                root, folder, tmp_path / "a", top="t", max_file_bytes=10**9,
                reading=PlainReading(opener=opener),
            )
            for root in (work["ada"], address)
        ]  # fmt: skip
        assert made[0] == made[1]
    tars = [
        write_tarball(
            root, tmp_path / "t", max_file_bytes=10**9,
            reading=PlainReading(opener=opener),
        )
        for root in (work["ada"], address)
    ]  # fmt: skip
    digests = [digest_workspace(str(r), "t/", opener) for r in (work["ada"], address)]

    assert tars[0] == tars[1]
    assert digests[0] == digests[1]


def test_limits_and_parts_count_what_lies_on_the_store(
    work: dict[str, Path], bucket: str, opener: TreeOpener
) -> None:
    plan = plan_for(opener, at_store(bucket))

    parts = split_plan(plan, 7 << 20)

    assert [len(part.workspaces) for part in parts] == [1, 1, 1]
    with pytest.raises(LimitExceededError):
        check_limits(replace(plan, limits=Limits(max_files=100)))


def test_a_store_that_is_away_ends_the_attempt(
    store_server: StoreServer, bucket: str, tmp_path: Path
) -> None:
    (port,) = find_ports(1)
    opener = make_opener(store_server, bucket, port)

    with pytest.raises(SourceAwayError):
        write_bag(plan_for(opener, at_store(bucket)), tmp_path / "a.zip")

    assert not (tmp_path / "a.zip").exists()


def test_a_store_that_is_killed_in_mid_listing_ends_an_attempt_that_is_gone_on_with(
    work: dict[str, Path], store_server: StoreServer, bucket: str, opener: TreeOpener,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bagkit.archive.bag.PackingPool", InlinePool)
    monkeypatch.setattr(objects, "LISTED_KEYS", 20)
    (tmp_path / "store").mkdir()
    target = tmp_path / "a.zip"
    with StoreServer(tmp_path / "store") as dying:
        dying.client.create_bucket(Bucket=bucket)
        for name in ("ada", "bob"):
            upload_folder(dying, bucket, f"kept/{name}", work[name])

        def kill_at_the_second_page(key: str, **facts: Any) -> StoredObject:
            if key.startswith("kept/bob/src"):
                dying.process.kill()
            return describe_object(key, **facts)

        monkeypatch.setattr(objects, "describe_object", kill_at_the_second_page)
        with pytest.raises(SourceAwayError):
            write_bag(plan_for(make_opener(dying, bucket), at_store(bucket)), target)
    monkeypatch.undo()

    resumed = write_bag(plan_for(opener, at_store(bucket)), target)
    undisturbed = write_bag(plan_for(opener, at_store(bucket)), tmp_path / "b.zip")

    assert resumed.sha256 == undisturbed.sha256
