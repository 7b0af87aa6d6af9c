"""The written files of the project, for tests that read them."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sizes import ROOT

FOLDERS = ("src", "tests", "docs", ".ci")
ROOT_FILES = (
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "pyproject.toml",
    "requirements.lock",
    ".pre-commit-config.yaml",
    ".gitignore",
)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def iter_written_files() -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that people or generators wrote."""
    paths = [ROOT / name for name in ROOT_FILES]
    for folder in FOLDERS:
        paths += sorted(path for path in (ROOT / folder).rglob("*") if path.is_file())
    for path in paths:
        if "__pycache__" in path.parts:
            continue
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image


def iter_pages() -> Iterator[Path]:
    """Yield the path of every page of the documentation, the README among them."""
    yield ROOT / "README.md"
    yield ROOT / "CHANGELOG.md"
    yield from sorted((ROOT / "docs").rglob("*.md"))


def read_prose(path: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def list_anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", read_prose(path), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
        for title in titles
    }
