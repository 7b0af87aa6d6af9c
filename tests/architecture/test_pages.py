"""The documentation says what the code says."""

import re

import typer

from bagkit.receipt import CellState
from bookbag.cli.app import app
from bookbag.config.environment import SETTINGS
from bookbag.exports.outbox import OutboxState
from bookbag.exports.schedules.states import RunState, ScheduleState
from bookbag.exports.states import ExportEventKind, ExportState
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.imports.projects.states import ImportState
from docs.pages import ERROR_TREES, iter_tree, render_pages
from tests.architecture.documents import (
    iter_pages,
    iter_written_files,
    list_anchors,
    read_prose,
)
from tests.architecture.sizes import ROOT

NOT_FROM_THE_ENVIRONMENT = {"BOOKBAG_WAKE_UP", "BOOKBAG_QUEUE_PROBE"} | {
    "BOOKBAG_MAIL_FOLDER"
}
"""Settings of Django's that our code gives itself."""
OF_TESTS = "BOOKBAG_(TEST|REQUIRE|FAULT|BENCH)_"


def test_generated_pages_are_up_to_date() -> None:
    stale = [
        path.name
        for path, text in render_pages(ROOT).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]

    assert stale == [], "run make docs and commit"


def test_every_setting_that_is_named_anywhere_exists() -> None:
    known = {setting.name for setting in SETTINGS} | NOT_FROM_THE_ENVIRONMENT
    named = {
        (path, name)
        for path, text in iter_written_files()
        for name in re.findall(r"\bBOOKBAG_[A-Z_]+[A-Z]\b", text)
        if not re.match(OF_TESTS, name)
    }

    assert {(path, name) for path, name in named if name not in known} == set()


def test_every_command_that_the_pages_name_exists() -> None:
    group = typer.main.get_command(app)
    known = set(group.commands)  # type: ignore[attr-defined]  # a group, as app has commands
    named = {
        (page.name, name)
        for page in iter_pages()
        for name in re.findall(r"`bookbag ([a-z][a-z-]+)", page.read_text("utf-8"))
    }

    assert {(page, name) for page, name in named if name not in known} == set()


def test_the_glossary_has_every_state_and_every_code() -> None:
    glossary = (ROOT / "docs" / "reference" / "glossary.md").read_text("utf-8")
    states = [
        *(*ExportState, *ExportEventKind, *OutboxState, *CellState),
        *(*ScheduleState, *RunState, *ImportState, *EventKind),
    ]
    codes = [
        str(getattr(kind, "code", ""))
        for error in ERROR_TREES
        for kind in iter_tree(error)
    ]
    words = [str(state.value) for state in states] + codes

    assert [word for word in words if f"| `{word}` |" not in glossary] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in iter_pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", read_prose(page)):
            name, _, anchor = target.partition("#")
            path = (page.parent / name) if name else page
            if "://" in target or target.startswith("mailto:"):
                continue
            if not path.exists() or (anchor and anchor not in list_anchors(path)):
                broken.append((page.name, target))

    assert broken == []
