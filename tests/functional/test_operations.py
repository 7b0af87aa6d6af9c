"""What the page for operators tells people to do works as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import services
from tests.architecture.sizes import ROOT
from tests.functional.sites import Site, stop, wait_until


def run_as_told(site: Site, step: str, backup: Path) -> str:
    """Run the commands that the page gives for a step, and return what they print."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = re.search(rf"<!-- run: {step} -->\s+```sh\n(.*?)```", text, re.DOTALL)
    assert told is not None
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - the page's own commands
        ["/bin/sh", "-euc", told[1]],
        env=site.environment | {"BACKUP": str(backup), "PATH": programs},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_backup_of_a_running_site_comes_back(
    empty_site: Site, tmp_path: Path
) -> None:
    services.require_program("sqlite3")
    empty_site.load_sample(students=2)
    worker = empty_site.start("worker")
    export_id = empty_site.request_export()
    state = (
        f"SELECT state FROM exports_export WHERE id = '{export_id.replace('-', '')}'"  # noqa: S608
    )
    wait_until(lambda: empty_site.query(state) == [("ready",)], "the export")

    run_as_told(empty_site, "backup", tmp_path)
    stop(worker)
    shutil.rmtree(empty_site.folder / "var")
    printed = run_as_told(empty_site, "restore", tmp_path)

    assert "OK Rows, files and mails fit together." in printed
    (archive,) = (empty_site.folder / "var/exports/published").glob("*.zip")
    verified = empty_site.run("verify", str(archive))
    assert "Signature: valid" in verified.stdout
