"""Waiting for an export, with a bar for whoever watches."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from bookbag.cli.errors import (
    CancelledExportError,
    ExpiredExportError,
    FailedExportError,
    NotReadyError,
)
from bookbag.cli.output import errors
from bookbag.cli.sources import ExportSource, SeenExport
from bookbag.exports.states import ACTIVE_STATES, ExportState

LOOK_SECONDS = 0.3
SLOWEST_LOOK_SECONDS = 3.0
"""A long export is looked at less and less often, up to this."""


def wait_for(source: ExportSource, seen: SeenExport, *, shows: bool) -> SeenExport:
    """Wait until an export has ended, and return it when it is ready.

    Args:
        source: What makes it.
        seen: The export.
        shows: Whether to show how far it is.

    Raises:
        NotReadyError: If it ended without a file.
    """
    wait = LOOK_SECONDS
    with _show_phases(shows=shows) as update:
        seen = source.look(seen.id)
        while seen.state in ACTIVE_STATES:
            update(seen)
            time.sleep(max(wait, seen.ask_again_seconds))
            wait = min(wait * 1.1, SLOWEST_LOOK_SECONDS)
            seen = source.look(seen.id)
        update(seen)
    check_ready(seen)
    return seen


def check_ready(seen: SeenExport) -> None:
    """Refuse an export that has no file.

    Raises:
        NotReadyError: If it failed, was cancelled, has expired, or has not ended.
    """
    if seen.state == ExportState.READY:
        return
    what = f"export {seen.id}"
    if seen.state == ExportState.FAILED:
        raise FailedExportError(f"{seen.failure_sentence or 'It failed'} ({what})")
    if seen.state == ExportState.CANCELLED:
        raise CancelledExportError(f"Somebody cancelled the {what}")
    if seen.state == ExportState.EXPIRED:
        message = f"The {what} has expired and its file was removed; ask for a new one"
        raise ExpiredExportError(message)
    raise NotReadyError(f"Found the {what} {seen.state}, expected it ready")


@contextmanager
def show_transfer(
    name: str, size_bytes: int | None, *, shows: bool
) -> Iterator[Callable[[int], None]]:
    """Show how much of a file has arrived; the caller tells the bytes so far."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with _make_bar(*columns, shows=shows) as bar:
        task = bar.add_task(name, total=size_bytes)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def _show_phases(*, shows: bool) -> Iterator[Callable[[SeenExport], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[members]}"),
        TimeRemainingColumn(),
    )
    with _make_bar(*columns, shows=shows) as bar:
        task = bar.add_task("waiting", total=None, members="")

        def update(seen: SeenExport) -> None:
            # Progress is noted now and then, and its last note is before the end.
            is_ready = seen.state == ExportState.READY
            done = seen.members_total if is_ready else seen.members_done
            bar.update(
                task,
                description=seen.phase or seen.state,
                completed=seen.bytes_total if is_ready else seen.bytes_done,
                total=seen.bytes_total or None,
                members=f"{done:,} of {seen.members_total:,}"
                if seen.members_total
                else "",
            )

        yield update


def _make_bar(*columns: object, shows: bool) -> Progress:
    # Transient, so that a screen keeps results; without a terminal only its last
    # state is printed, as a line.
    return Progress(
        *columns,  # type: ignore[arg-type]  # columns, as rich calls them
        console=errors,
        disable=not shows,
        transient=errors.is_terminal,
    )
