"""The files of deploy/ start what there is, with settings that there are."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bookbag.cli.app import app
from bookbag.config.environment import SETTINGS
from bookbag.web.probes import ALIVE, READY
from tests import services
from tests.architecture.sizes import ROOT

DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
OUR_COMMAND = re.compile(
    r'bookbag(?:"?,)? "?([a-z]+)((?:"?,? "?--[a-z-]+(?:=[^\s",]*)?)*)'
)


def read_documents() -> Iterator[Any]:
    for path in (*DEPLOY.glob("*.yaml"), *DEPLOY.glob("kubernetes/*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def read_commands(path: Path) -> list[tuple[str, list[str]]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    started = [line for line in lines if re.search(r"command:|ExecStart|^CMD", line)]
    found = [OUR_COMMAND.search(line) for line in started]
    return [(match[1], re.findall(r"--[a-z-]+", match[2])) for match in found if match]


def test_every_setting_in_them_exists() -> None:
    known = {setting.name for setting in SETTINGS}
    named = {
        name
        for path in FILES
        for name in re.findall(
            r"\b(?:BOOKBAG|DATABASE)_[A-Z_]+[A-Z]\b", path.read_text()
        )
    }

    assert "BOOKBAG_SECRET_KEY" in named
    assert named - known == set()


def test_every_command_in_them_exists_with_its_options() -> None:
    group = typer.main.get_command(app)
    seen = set()
    for path in FILES:
        for name, options in read_commands(path):
            command = group.commands[name]  # type: ignore[attr-defined]  # a group
            known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
            assert set(options) <= known, path
            seen.add(name)

    assert seen == {"serve", "worker", "migrate"}


def test_probes_ask_what_answers() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)

    assert f"path: {ALIVE}" in text
    assert f"path: {READY}" in text


def test_they_are_whole_documents() -> None:
    documents = list(read_documents())

    kinds = {document.get("kind", "compose") for document in documents}
    assert kinds == {"compose", "ConfigMap", "Deployment", "Service"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_finds_no_fault(unit: Path, tmp_path: Path) -> None:
    program = services.require_program("systemd-analyze")
    copy = tmp_path / unit.name
    # The program lies elsewhere on this machine; everything else is judged as it is.
    copy.write_text(unit.read_text().replace("/opt/bookbag/bin/bookbag", "/bin/true"))

    judged = subprocess.run(  # noqa: S603 - a program of the machine
        [program, "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert [line for line in judged.stderr.splitlines() if unit.name in line] == []
