"""The options of the commands about exports."""

from pathlib import Path
from typing import Annotated

import typer

from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.states import ExportState

What = Annotated[
    str,
    typer.Argument(
        help="An identifier of the catalogue, or the id of an earlier request.",
        autocompletion=lambda: sorted(get_catalogue()),
    ),
]
OneExport = Annotated[
    str, typer.Argument(help="Only this one, with all that is known of it.")
]
Workspace = Annotated[
    str, typer.Option(help="Its name or slug, where there are several.")
]
Course = Annotated[str, typer.Option(help="Its name or number.")]
Assignment = Annotated[str, typer.Option(help="Its name or number.")]
Student = Annotated[str, typer.Option(help="User name or e-mail address.")]
Project = Annotated[str, typer.Option(help="Its number.")]
Choices = Annotated[
    list[str] | None,
    typer.Option(help="A choice, as NAME=VALUE; may be given several times."),
]
Purpose = Annotated[
    str, typer.Option(help="What it is for; those whose data it is can read it.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="A file or folder to save to.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Also where something else lies.")
]
Unpack = Annotated[
    Path | None, typer.Option(help="Also unpack the archive, safely, to a new folder.")
]
Watch = Annotated[
    bool | None, typer.Option(help="Show how far it is; by default on a terminal.")
]
Detach = Annotated[
    bool, typer.Option("--detach", help="Only ask for it; wait for nothing.")
]
Key = Annotated[
    Path | None, typer.Option(help="Public key to check with, if not the server's own.")
]
State = Annotated[ExportState | None, typer.Option(help="Only those in this state.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many.")]
Cancel = Annotated[bool, typer.Option("--cancel", help="Cancel the one that is named.")]
As = Annotated[
    str,
    typer.Option(
        "--as",
        help="In whose name, on this machine: an e-mail address or user name; by "
        "default the only owner or admin of the workspace.",
    ),
]
Server = Annotated[
    str | None,
    typer.Option(
        help="The address of a server to ask instead of this machine's database; by "
        "default that of BOOKBAG_SERVER."
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="A file that holds the token for the server, - for standard input; by "
        "default the token is that of BOOKBAG_TOKEN."
    ),
]
