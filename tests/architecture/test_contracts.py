"""The contracts between layers hold, and the tests are laid out as they should be."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.sizes import ROOT

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_the_contracts_between_layers_hold() -> None:
    linted = subprocess.run(  # noqa: S603 - a program of the development packages
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout


def test_no_contract_is_silenced() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert "ignore_imports" not in settings


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}

    lacking = [folder for folder in folders if not (folder / "__init__.py").exists()]

    assert lacking == []


def test_every_file_of_tests_is_collected() -> None:
    others = {"__init__.py", "conftest.py"}
    misnamed = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in others
        and not path.name.startswith("test_")
        and "\ndef test_" in _read(path)
    ]

    assert misnamed == []


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
