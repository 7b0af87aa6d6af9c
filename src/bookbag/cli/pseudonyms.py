"""Commands about pseudonyms: whose keys there are, and destroying one."""

from typing import Annotated

import typer
from rich.table import Table

from bookbag.cli.output import JsonOption, clean, present, results
from bookbag.exports.naming import find_workspace
from bookbag.exports.pseudonyms.models import PseudonymKey
from bookbag.exports.purposes import destroy_key, list_purposes

app = typer.Typer(
    help="List and destroy the keys of pseudonymised exports.", no_args_is_help=True
)
Workspace = Annotated[
    str, typer.Option(help="Name or slug of the workspace, where there are several.")
]


@app.command("list")
def list_keys(workspace: Workspace = "", as_json: JsonOption = False) -> None:
    """List the purposes that pseudonyms were made for."""
    keys = list(list_purposes(find_workspace(workspace)))
    present({"purposes": [_describe(key) for key in keys]}, lambda: _tell(keys))


@app.command()
def destroy(
    purpose: Annotated[str, typer.Argument(help="The purpose, as list shows it.")],
    workspace: Workspace = "",
    is_sure: Annotated[
        bool, typer.Option("--yes", help="Do it without asking; it is for ever.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Destroy the key of a purpose: nobody can tell whose its pseudonyms are."""
    found = find_workspace(workspace)
    if not is_sure:
        typer.confirm(f"Destroy the key of {purpose!r} for ever?", abort=True)
    removed = destroy_key(found, purpose)
    document = {"destroyed": purpose, "removed_files": removed}
    message = f"The key of {purpose!r} is destroyed; {removed} files were removed."
    present(document, lambda: results.print(clean(message)))


def _describe(key: PseudonymKey) -> dict[str, object]:
    ended = key.destroyed_at
    return {
        "purpose": key.purpose,
        "made_at": key.made_at.isoformat(),
        "destroyed_at": None if ended is None else ended.isoformat(),
    }


def _tell(keys: list[PseudonymKey]) -> None:
    table = Table("Purpose", "Made", "Key")
    for key in keys:
        ended = key.destroyed_at
        state = "kept, sealed" if ended is None else f"destroyed {ended:%Y-%m-%d}"
        table.add_row(clean(key.purpose), f"{key.made_at:%Y-%m-%d}", state)
    results.print(table)
