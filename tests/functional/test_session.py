"""Every command, in one session of a shell."""

import os
import re
import subprocess
import sys
from pathlib import Path

import typer

from bookbag.cli.app import app
from tests.functional.sites import Site
from tests.services import require_program

SCRIPT = Path(__file__).with_name("session.sh")
ELSEWHERE = {"demo"}
"""What ``.ci/smoke`` runs, because it takes as long as all the others."""


def test_every_command_works_in_a_session(empty_site: Site) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    require_program("curl")

    done = subprocess.run(  # noqa: S603 - our own script
        [require_program("bash"), str(SCRIPT)],
        cwd=empty_site.folder,
        env=empty_site.environment | {"PATH": path, "PORT": str(empty_site.port)},
        capture_output=True,
        text=True,
        check=False,
    )

    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    assert done.stdout.splitlines()[-1] == "== done"
    assert done.stdout.count("WHOLE: every") == 7, shown


def test_the_session_has_every_command() -> None:
    group = typer.main.get_command(app)
    known = set(group.commands)  # type: ignore[attr-defined]  # a group, as app has commands
    script = SCRIPT.read_text(encoding="utf-8")

    named = set(re.findall(r"\bbookbag ([a-z]+)", script))

    assert known - named == ELSEWHERE
