"""The lock file pins everything, with hashes, and names no address."""

import re
import tomllib

from tests.architecture.sizes import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# One requirement goes over several lines, each but the last ending in a backslash.
REQUIREMENTS = [r for r in LOCK.replace("\\\n", " ").splitlines() if r.strip()]


def test_every_requirement_is_pinned_and_hashed() -> None:
    pinned = re.compile(
        r"[a-z0-9-]+(\[[a-z0-9, -]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}"
    )

    assert REQUIREMENTS
    assert [r.split()[0] for r in REQUIREMENTS if not pinned.match(r)] == []


def test_it_names_no_address() -> None:
    assert re.findall(r"\S*://\S*|--\w*index\S*|--find-links", LOCK) == []


def test_it_has_everything_that_the_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    locked = {re.split(r"[\[=]", r)[0] for r in REQUIREMENTS}

    names = {re.split(r"[\[<>=]", w)[0].lower() for w in wanted}

    assert sorted(names - locked) == []


def test_extras_stand_beside_the_version() -> None:
    # pip asks for the newest release of NAME[extra] when the lock pins only NAME, and
    # then refuses it for want of a hash: an install that worked breaks by itself.
    assert any(r.startswith("coverage[toml]==") for r in REQUIREMENTS)
    assert any(r.startswith("psycopg[binary]==") for r in REQUIREMENTS)
