"""Commands about personal access tokens: create, list, revoke."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from bookbag.cli.output import JsonOption, clean, errors, present, results, tell_first
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
    as_json: JsonOption = False,
) -> None:
    """Make a token for a person and print it, this once, on standard output."""
    row, token = make_personal_token(
        _find_person(person),
        name=name,
        scopes=scope or TokenScope.values,
        days=days,
    )
    sentence = (
        f"Token {row.pk} of {row.person.full_name} expires "
        f"{row.expires_at:%Y-%m-%d %H:%M} UTC. It is shown this once."
    )
    tell_first(lambda: errors.print(clean(sentence)))
    document = {"token": token, **_describe(row)}
    present(document, lambda: results.print(token, markup=False))


@app.command("list")
def list_tokens(person: Person, as_json: JsonOption = False) -> None:
    """List a person's tokens that were not revoked."""
    tokens = list(list_personal_tokens(_find_person(person)))
    present(
        {"tokens": [_describe(token) for token in tokens]}, lambda: _tell_tokens(tokens)
    )


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(help="Its number, as list shows it.")],
    as_json: JsonOption = False,
) -> None:
    """Revoke a token: it opens nothing from now on."""
    token = revoke_personal_token(token_id)
    message = f"Token {token.pk} of {token.person.full_name} was revoked."
    present({"revoked": token.pk}, lambda: results.print(clean(message)))


def _find_person(login: str) -> User:
    person = find_user(login)
    if person is None:
        message = f"Found nobody called {login!r}, expected an address or a user name"
        raise GrantInvalidError(message)
    return person


def _describe(token: PersonalToken) -> dict[str, object]:
    return {
        "id": token.pk,
        "name": token.name,
        "ends_with": token.ends_with,
        "scopes": list(token.scopes),
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
    }


def _tell_tokens(tokens: Sequence[PersonalToken]) -> None:
    table = Table("Id", "Name", "Ends with", "Scopes", "Last used", "Expires", box=None)
    for token in tokens:
        used = token.last_used_at
        table.add_row(
            str(token.pk),
            clean(token.name),
            token.ends_with,
            " ".join(token.scopes),
            f"{used:%Y-%m-%d %H:%M}" if used else "never",
            f"{token.expires_at:%Y-%m-%d %H:%M}",
        )
    results.print(table)
