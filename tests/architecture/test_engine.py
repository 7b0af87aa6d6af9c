"""The engine is usable alone: no framework, no database, no network."""

import importlib
import os
import pkgutil
import subprocess
import sys
from types import FunctionType, ModuleType

import pytest

import bagkit

ALONE = """
import importlib, pkgutil, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
        sys.exit(f"{event}: {arguments}")

sys.addaudithook(refuse)
import bagkit
for module in pkgutil.walk_packages(bagkit.__path__, "bagkit."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
unwanted = ("bookbag", "django", "huey", "redis", "psycopg", "sqlite3", "typer")
print(sorted(name for name in unwanted if name in sys.modules))
"""


def _iter_packages() -> list[ModuleType]:
    found = pkgutil.walk_packages(bagkit.__path__, "bagkit.")
    names = [module.name for module in found if module.ispkg]
    return [bagkit, *(importlib.import_module(name) for name in names)]


def test_it_loads_no_framework_and_opens_no_socket() -> None:
    # Measuring coverage in a process of its own would load sqlite3 there.
    environment = {n: v for n, v in os.environ.items() if "COV" not in n}

    alone = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", ALONE],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert (alone.returncode, alone.stdout, alone.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("package", _iter_packages(), ids=lambda p: p.__name__)
def test_its_public_names_are_there_and_documented(package: ModuleType) -> None:
    names = getattr(package, "__all__", [])
    public = [getattr(package, name) for name in names]

    silent = [
        thing
        for thing in public
        if isinstance(thing, type | FunctionType) and not thing.__doc__
    ]

    assert (sorted(names), silent) == (sorted(set(names)), [])
