"""What other people's scanners find in the code, and the licences of what it needs."""

import json
import re
import subprocess
import sys
from email.message import Message
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from docs import licences
from tests.architecture.sizes import ROOT


def scan(folder: Path) -> list[dict[str, object]]:
    """Return what bandit finds in a folder."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", str(folder), "-f", "json"]
    done = subprocess.run(  # noqa: S603 - a program of the development packages
        [*command, "-c", str(ROOT / "pyproject.toml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    report = json.loads(done.stdout)
    assert report["errors"] == []
    found: list[dict[str, object]] = report["results"]
    return found


def is_explained(finding: dict[str, object]) -> bool:
    """Answer whether ruff knows the finding by its number, and a line excuses it."""
    lines = Path(str(finding["filename"])).read_text(encoding="utf-8").splitlines()
    number = str(finding["test_id"]).removeprefix("B")
    places = finding["line_range"]
    assert isinstance(places, list)
    excuse = re.compile(rf"# noqa: (\w+, )*S{number}\b")
    return any(excuse.search(lines[place - 1]) for place in places)


def test_every_finding_of_bandit_is_excused_where_it_stands() -> None:
    found = scan(ROOT / "src")

    unexplained = [
        f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}"
        for one in found
        if not is_explained(one)
    ]
    assert unexplained == []
    assert len(found) >= 10


def test_a_new_finding_is_seen(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("import os\nos.system(input())\n")

    (finding,) = scan(tmp_path)

    assert finding["test_id"] == "B605"
    assert not is_explained(finding)


def test_what_is_installed_has_licences_that_somebody_looked_at() -> None:
    page = licences.render_licences()

    assert page.count("\n| ") >= 70
    assert "| django | BSD-3-Clause |" in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT OR Apache-2.0", True),
        ("(MIT OR GPL-3.0-only) AND BSD-2-Clause", False),
        ("BSD License; Other/Proprietary License", False),
        ("unknown", False),
    ],
)
def test_every_part_of_a_licence_has_to_be_allowed(text: str, expected: bool) -> None:
    assert licences.is_allowed(text) is expected


def test_another_licence_ends_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    known = distribution("django")
    metadata = Message()
    metadata["Name"], metadata["License-Expression"] = "thing", "Proprietary-1.0"
    monkeypatch.setattr(
        Distribution, "metadata", property(lambda _self: metadata), raising=True
    )
    monkeypatch.setattr(licences, "iter_installed", lambda: iter([("thing", known)]))

    with pytest.raises(licences.UnknownLicenceError, match=r"thing \(Proprietary-1.0"):
        licences.render_licences()
