"""Commands about personal access tokens: create, list, revoke."""

from typing import Annotated

import typer
from rich.table import Table

from bookbag.cli.output import errors, results
from bookbag.domain.access.errors import GrantInvalidError
from bookbag.domain.access.models import PersonalToken
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.access.tokens import (
    DEFAULT_DAYS,
    list_personal_tokens,
    make_personal_token,
    revoke_personal_token,
)
from bookbag.domain.people.models import User
from bookbag.domain.people.services import find_user

app = typer.Typer(
    help="Make, list and revoke personal access tokens.", no_args_is_help=True
)

Person = Annotated[
    str, typer.Argument(help="The person's e-mail address or user name.")
]


@app.command()
def create(
    person: Person,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "Command line",
    scope: Annotated[
        list[TokenScope] | None,
        typer.Option(help="What it may be used for; every scope by default."),
    ] = None,
    days: Annotated[int, typer.Option(help="Days until it expires.")] = DEFAULT_DAYS,
) -> None:
    """Make a token for a person and print it, this once, on standard output."""
    row, token = make_personal_token(
        _find_person(person),
        name=name,
        scopes=scope or TokenScope.values,
        days=days,
    )
    errors.print(
        f"Token {row.pk} of {row.person.full_name} expires "
        f"{row.expires_at:%Y-%m-%d %H:%M} UTC. It is shown this once.",
        markup=False,
    )
    results.print(token, markup=False)


@app.command("list")
def list_tokens(person: Person) -> None:
    """List a person's tokens that were not revoked."""
    table = Table("Id", "Name", "Ends with", "Scopes", "Last used", "Expires", box=None)
    for token in list_personal_tokens(_find_person(person)):
        table.add_row(*_describe(token))
    results.print(table)


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(help="Its number, as list shows it.")],
) -> None:
    """Revoke a token: it opens nothing from now on."""
    token = revoke_personal_token(token_id)
    message = f"Token {token.pk} of {token.person.full_name} was revoked."
    results.print(message, markup=False)


def _find_person(login: str) -> User:
    person = find_user(login)
    if person is None:
        message = f"Found nobody called {login!r}, expected an address or a user name"
        raise GrantInvalidError(message)
    return person


def _describe(token: PersonalToken) -> tuple[str, ...]:
    used = token.last_used_at
    return (
        str(token.pk),
        token.name,
        token.ends_with,
        " ".join(token.scopes),
        f"{used:%Y-%m-%d %H:%M}" if used else "never",
        f"{token.expires_at:%Y-%m-%d %H:%M}",
    )
