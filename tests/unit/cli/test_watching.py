"""Waiting for an export, and the status that each end of it has."""

import json

import pytest

from bookbag.cli import output
from bookbag.cli.errors import NotReadyError
from bookbag.cli.exits import EXIT_STATUSES, MEANINGS, ExitStatus, exit_status
from bookbag.cli.exporting import watching
from bookbag.cli.exporting.watching import wait_for
from tests.fakes.exports import FakeSource, make_seen


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0)


def test_it_waits_until_the_export_is_ready() -> None:
    source = FakeSource("queued", "running", "running", "ready")

    seen = wait_for(source, make_seen(state="queued"), shows=False)

    assert (seen.state, source.states) == ("ready", ["ready"])


@pytest.mark.parametrize(
    ("state", "status", "sentence"),
    [
        ("failed", ExitStatus.EXPORT_FAILED, "The disk is full (export "),
        ("cancelled", ExitStatus.EXPORT_CANCELLED, "Somebody cancelled the export "),
        ("expired", ExitStatus.EXPORT_EXPIRED, "ask for a new one"),
    ],
)
def test_each_end_has_a_status_of_its_own(
    state: str, status: ExitStatus, sentence: str
) -> None:
    with pytest.raises(NotReadyError) as caught:
        wait_for(FakeSource("running", state), make_seen(), shows=False)

    assert exit_status(caught.value) == status
    assert sentence in str(caught.value)


def test_progress_is_for_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    wait_for(FakeSource("running", "ready"), make_seen(), shows=True)
    shown = capsys.readouterr()
    wait_for(FakeSource("running", "ready"), make_seen(), shows=False)

    assert "ready" in shown.err
    assert (shown.out, *capsys.readouterr()) == ("", "", "")


def test_the_bar_is_full_when_the_export_is_ready(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = FakeSource("running", "ready")
    source.progress = {"bytes_total": 10, "bytes_done": 5, "members_total": 4}

    wait_for(source, make_seen(), shows=True)

    assert "100% 4 of 4" in capsys.readouterr().err


def test_every_status_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitStatus)
    assert set(EXIT_STATUSES.values()) < set(ExitStatus)


def test_the_most_exact_class_decides_the_status() -> None:
    kinds = list(EXIT_STATUSES)

    hidden = [
        (later.__name__, earlier.__name__)
        for place, later in enumerate(kinds)
        for earlier in kinds[:place]
        if issubclass(later, earlier)
    ]

    assert hidden == []


def test_names_cannot_write_over_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    output.results.print(output.clean("\x1b[2J\x07[red]x[/red]\udcff é"))

    assert capsys.readouterr().out == "\\x1b[2J\\x07[red]x[/red]\\udcff é\n"


def test_an_error_for_programs_has_a_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_choice", output._Choice(is_json=True))

    output.print_error(NotReadyError("It is not"), ExitStatus.EXPORT_FAILED)

    assert json.loads(capsys.readouterr().err)["error"] == {
        "code": "export_without_file",
        "message": "It is not",
        "exit": 6,
        "faults": [],
    }
