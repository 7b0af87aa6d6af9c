"""``bookbag erase``: everything that the server keeps of a person."""

from typing import Annotated

import typer

from bookbag.cli.output import JsonOption, clean, errors, present, results, tell_first
from bookbag.domain.people.services import find_user
from bookbag.erasure.errors import ErasureError
from bookbag.erasure.services import Erasure, check_erasure, erase_person


def erase(
    person: Annotated[
        str, typer.Argument(help="The person's e-mail address or user name.")
    ],
    is_sure: Annotated[
        bool, typer.Option("--yes", help="Do it without asking; it is for ever.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase a person: rows, work, uploads, exports that hold them, names in the log."""
    found = find_user(person)
    if found is None:
        message = f"Found nobody called {person!r}, expected a name or an address"
        raise ErasureError(message)
    check_erasure(found)
    advice = "Have they taken their own data out (My data)? It cannot be undone."
    tell_first(lambda: errors.print(advice))
    if not is_sure:
        typer.confirm(f"Erase {found.username!r} for ever?", abort=True)
    erased = erase_person(found)
    document = {
        "pseudonym": erased.pseudonym,
        "rows": sum(erased.rows.values()),
        "exports": erased.export_count,
        "folders": erased.folder_count,
        "kept_folders": list(erased.kept_folders),
        "delivered_copies": erased.delivered_count,
        "log_entries": erased.entry_count,
    }
    present(document, lambda: _tell(erased))


def _tell(erased: Erasure) -> None:
    results.print(
        clean(
            f"Erased: {sum(erased.rows.values())} rows, {erased.export_count} exports, "
            f"{erased.folder_count} folders; {erased.entry_count} entries of the audit "
            f"log say {erased.pseudonym} now."
        )
    )
    for folder in erased.kept_folders:
        results.print(clean(f"Not ours, still there: {folder}"))
    if erased.delivered_count:
        count = erased.delivered_count
        results.print(f"{count} copies were sent to targets; delete them there.")
