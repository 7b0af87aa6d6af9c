"""The commands ``export`` and ``exports``."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import typer
from rich.table import Column, Table

from bookbag.cli.archives import describe_report, tell_report, tell_unpacked
from bookbag.cli.errors import ExportNotFoundError, UsageError
from bookbag.cli.exits import ExitStatus
from bookbag.cli.exporting import options
from bookbag.cli.exporting.choosing import Asked, open_source
from bookbag.cli.exporting.saving import Place, SavedFile, find_broken, save_file
from bookbag.cli.exporting.watching import wait_for
from bookbag.cli.output import (
    JsonOption,
    clean,
    errors,
    note,
    present,
    results,
    warn,
)
from bookbag.cli.sources import ExportSource, SeenExport, Wanted
from bookbag.exports.naming import ScopeNames
from bookbag.exports.states import ExportState
from bookbag.exports.wording import format_size


def export(
    context: typer.Context,
    what: options.What,
    workspace: options.Workspace = "",
    course: options.Course = "",
    assignment: options.Assignment = "",
    student: options.Student = "",
    project: options.Project = "",
    option: options.Choices = None,
    purpose: options.Purpose = "",
    output: options.Output = None,
    overwrite: options.Overwrite = False,
    unpack: options.Unpack = None,
    watch: options.Watch = None,
    detach: options.Detach = False,
    key: options.Key = None,
    as_: options.As = "",
    server: options.Server = None,
    token_file: options.TokenFile = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for an export, wait until it is ready, save its file, and verify it.

    The same command again joins an export that runs and goes on with a download that
    broke off; with the id of an export it saves that one. What can be asked for stands
    in the catalogue, what was asked for in `bookbag exports`.
    """
    names = ScopeNames(
        workspace=workspace,
        course=course,
        assignment=assignment,
        student=student,
        project=project,
    )
    wanted = Wanted(
        identifier=what, names=names, options=_read_options(option), purpose=purpose
    )
    place = Place(
        output=output,
        overwrites=overwrite,
        key=None if key is None else key.read_bytes(),
        unpack_to=unpack,
    )
    shows = errors.is_terminal if watch is None else watch
    asked = Asked(server=server, token_file=token_file, login=as_)
    with open_source(context.obj, asked) as source:
        seen = _begin(source, wanted, place)
        if detach:
            _present_asked(seen)
            return
        seen = _wait(source, seen, shows=shows)
        saved = save_file(source, seen, place, wanted.describe(), shows=shows)
    _present_saved(seen, saved)
    if seen.problem_count:
        raise typer.Exit(ExitStatus.WITH_PROBLEMS)


def exports(
    context: typer.Context,
    export_id: options.OneExport = "",
    state: options.State = None,
    limit: options.Limit = 20,
    cancel: options.Cancel = False,
    as_: options.As = "",
    server: options.Server = None,
    token_file: options.TokenFile = None,
    as_json: JsonOption = False,
) -> None:
    """List the exports that were asked for, the newest first."""
    if cancel and not export_id:
        raise UsageError("Found no id of an export, expected one with --cancel")
    asked = Asked(server=server, token_file=token_file, login=as_)
    with open_source(context.obj, asked, works=False) as source:
        if cancel:
            found = [source.cancel(export_id)]
        elif export_id:
            found = [source.look(export_id)]
        else:
            found = source.list_exports(state=state or "", limit=limit)
    document = {"exports": [seen.describe() for seen in found]}
    tell = _tell_one if export_id else _tell_list
    present(document, lambda: tell(found))


def _begin(source: ExportSource, wanted: Wanted, place: Place) -> SeenExport:
    if _is_id(wanted.identifier):
        return source.look(wanted.identifier)
    broken = find_broken(place, wanted.describe())
    if broken is not None:
        with suppress(ExportNotFoundError):
            seen = source.look(broken)
            if seen.state == ExportState.READY:
                note("Going on with the download that broke off.")
                return seen
    return source.request(wanted)


def _wait(source: ExportSource, seen: SeenExport, *, shows: bool) -> SeenExport:
    try:
        return wait_for(source, seen, shows=shows)
    except KeyboardInterrupt:
        note(f"The export goes on; `bookbag export {seen.id}` waits for it again.")
        raise


def _is_id(what: str) -> bool:
    with suppress(ValueError):
        return str(UUID(what)) == what.lower()
    return False


def _read_options(given: Sequence[str] | None) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for text in given or ():
        name, separator, value = text.partition("=")
        if not separator or not name or name in chosen:
            message = f"Found the option {text!r}, expected NAME=VALUE, each name once"
            raise UsageError(message)
        chosen[name] = value
    return chosen


def _present_asked(seen: SeenExport) -> None:
    sentence = f"{seen.id} {seen.identifier} of {seen.scope_name} is {seen.state}."
    present({"export": seen.describe()}, lambda: results.print(clean(sentence)))


def _present_saved(seen: SeenExport, saved: SavedFile) -> None:
    unpacked = saved.unpacked
    document = {
        "export": seen.describe(),
        "file": str(saved.path),
        "receipt_file": None if saved.receipt_path is None else str(saved.receipt_path),
        "verification": describe_report(saved.report),
        "unpacked": None
        if unpacked is None
        else {"folder": str(unpacked.folder), **unpacked.counts},
    }
    present(document, lambda: _tell_saved(seen, saved))


def _tell_saved(seen: SeenExport, saved: SavedFile) -> None:
    size = format_size(saved.path.stat().st_size)
    results.print(clean(f"Saved {saved.path} ({size}, SHA-256 {seen.sha256})"))
    tell_report(saved.report)
    if saved.unpacked is not None:
        tell_unpacked(saved.unpacked)
    if seen.problem_count:
        warn(f"{seen.problem_count} things could not be read; its receipt says which.")


def _tell_list(found: Sequence[SeenExport]) -> None:
    first = [Column("Id", no_wrap=True), Column("Asked for", no_wrap=True)]
    table = Table(*first, "What", "Of", "State", "Size", box=None, pad_edge=False)
    for seen in found:
        size = "" if seen.size_bytes is None else format_size(seen.size_bytes)
        table.add_row(
            seen.id,
            f"{seen.requested_at:%Y-%m-%d %H:%M}",
            seen.identifier,
            clean(seen.scope_name),
            _describe_state(seen),
            size,
        )
    results.print(table)


def _tell_one(found: Sequence[SeenExport]) -> None:
    for seen in found:
        for name, value in seen.describe().items():
            if value not in (None, ""):
                results.print(f"{name:17} {clean(str(value))}")


def _describe_state(seen: SeenExport) -> str:
    if seen.state == ExportState.READY and seen.problem_count:
        return f"ready, {seen.problem_count} problems"
    if seen.state == ExportState.RUNNING and seen.bytes_total:
        return f"running, {100 * seen.bytes_done // seen.bytes_total} %"
    return seen.state
