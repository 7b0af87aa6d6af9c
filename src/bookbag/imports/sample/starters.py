"""The starter code of the sample's assignments: packages of the standard library."""

import sysconfig
from dataclasses import dataclass
from pathlib import Path

from bookbag.imports.errors import SampleSourceError

LEFT_OUT_FOLDERS = frozenset({"__pycache__", "test", "tests", "idlelib"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterAssignment:
    """One assignment of the sample course and what its students start from."""

    name: str
    """As people read it."""
    folder: str
    """The name of its folder under ``workspaces``."""
    module: str
    """The module of the course that it is in."""
    book_name: str
    """The book it reports, empty when it is project-based."""
    stack: str
    """The label of its stack."""
    packages: tuple[str, ...]
    """Packages of the standard library that make up the starter code."""


ASSIGNMENTS = (
    StarterAssignment(
        name="Reading JSON",
        folder="reading-json",
        module="Text in and out",
        book_name="",
        stack="Python 3.11",
        packages=("json", "html", "tomllib", "zoneinfo"),
    ),
    StarterAssignment(
        name="A Mail Program",
        folder="mail-program",
        module="Text in and out",
        book_name="",
        stack="Python 3.11",
        packages=("email", "http"),
    ),
    StarterAssignment(
        name="Event Loops (reading and exercises)",
        folder="event-loops",
        module="Things at once",
        book_name="Concurrency, a First Book",
        stack="Python with Jupyter 3.11",
        packages=("asyncio", "concurrent"),
    ),
)
STACKS = (("Python", "3.11"), ("Python with Jupyter", "3.11"))


def read_starter(packages: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of the packages by path, sorted, tests and caches left out.

    Raises:
        SampleSourceError: If this machine has none of them.
    """
    library = Path(sysconfig.get_path("stdlib"))
    files = {
        path.relative_to(library).as_posix(): path.read_bytes()
        for package in packages
        for path in sorted((library / package).rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and LEFT_OUT_FOLDERS.isdisjoint(path.relative_to(library).parts)
    }
    if not files:
        message = (
            f"Found none of the packages {', '.join(packages)}, expected them in "
            f"Python's standard library: '{library}'"
        )
        raise SampleSourceError(message)
    return files
