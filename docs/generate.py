"""Writes the generated pages: ``python docs/generate.py [--check]``.

Exit status 1 says that pages were out of date; without ``--check`` they are now written
and only have to be committed.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Write every generated page that changed, or only name them.

    Returns:
        The exit status.
    """
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbag.config.settings")
    django.setup()
    # By name, because the pages import models, which need the line above.
    pages: dict[Path, str] = import_module("docs.pages").render_pages(ROOT)
    stale = [path for path, text in pages.items() if read_page(path) != text]
    for path in stale:
        if "--check" not in arguments:
            path.write_text(pages[path], encoding="utf-8")
        sys.stderr.write(f"Out of date: {path.relative_to(ROOT)}\n")
    if stale and "--check" not in arguments:
        sys.stderr.write("The pages are written now; look at them and commit them.\n")
    return 1 if stale else 0


def read_page(path: Path) -> str:
    """Return a page's text, or nothing where there is no page yet."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
