"""All that Bookbag keeps is for its own user alone, whatever the umask says.

Also what is staged, what a killed worker leaves, and what the next one makes of it.
"""

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.sites import ADMIN, WORKSPACE, Site, wait_until

CLAIMED = "SELECT id FROM exports_export WHERE state <> 'queued'"
READY = "SELECT id FROM exports_export WHERE state = 'ready'"


@pytest.fixture
def worked_site(tmp_path: Path) -> Iterator[Site]:
    """A site that did a bit of everything, and whose worker was killed in between."""
    before = os.umask(0o000)
    try:
        with Site(tmp_path, BOOKBAG_LOG_LEVEL="DEBUG") as site:
            site.load_sample(students=20)
            work(site, tmp_path)
            yield site
    finally:
        os.umask(before)


def work(site: Site, folder: Path) -> None:
    archive = folder / "snake.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("snake/main.py", "print('hiss')\n")
    site.succeed("import", str(archive), f"--user={ADMIN}", f"--workspace={WORKSPACE}")
    worker = site.start("worker")
    site.request_export()
    wait_until(lambda: bool(site.query(CLAIMED)), "the claim")
    worker.kill()
    worker.wait()
    check_modes(site)
    os.umask(0o022)  # what most systems have; the next worker goes on under it
    site.serve()
    wait_until(lambda: bool(site.query(READY)), "the export to be ready")
    wait_until(lambda: any(list_files(site, "mail")), "the mail")


def list_files(site: Site, name: str) -> list[Path]:
    return list((site.folder / "var" / name).glob("*"))


def check_modes(site: Site) -> set[str]:
    """Check everything below the var folder, and return what lies at its top.

    A copy of somebody's work keeps the modes that it came with, to come out as it
    was; the folder that it lies in is closed.
    """
    var = site.folder / "var"
    open_ones = {}
    for path in [var, *var.rglob("*")]:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            expected = 0o700 if stat.S_ISDIR(mode) else 0o600
            if stat.S_IMODE(mode) & ~expected and not is_closed(path, var):
                open_ones[str(path.relative_to(var))] = oct(stat.S_IMODE(mode))
    assert open_ones == {}
    return {path.name for path in var.iterdir()}


def is_closed(path: Path, var: Path) -> bool:
    """Answer whether a path is in a copy of work whose folder nobody else enters."""
    above = list(path.relative_to(var).parents)[:-1]
    if not above or above[-1] != Path("workspaces"):
        return False
    return any(stat.S_IMODE((var / p).stat().st_mode) == 0o700 for p in above[:-1])


def test_nobody_else_can_read_what_is_kept(worked_site: Site) -> None:
    found = check_modes(worked_site)

    assert {"bookbag.sqlite3", "exports", "mail", "workspaces", "secret-key"} <= found
    assert any(name.startswith("receipt") for name in found)
    assert any(name.startswith("queue") for name in found)
