"""The catalogue: which exports there are, what each is about, and what it takes."""

from django.http import HttpRequest
from ninja import Schema

from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ExportDefinition
from bookbag.exports.scopes import NEEDED

resource = Resource("Catalogue")


class OptionOut(Schema):
    """One thing that may be chosen."""

    name: str
    default: str
    expected: str
    """What it takes, in words."""


class DefinitionOut(Schema):
    """One export that can be asked for."""

    identifier: str
    title: str
    scope_kind: str
    scope_needs: list[str]
    """The parts of ``scope`` that name what it is about."""
    sends_mail: bool
    options: list[OptionOut]


class CatalogueOut(Schema):
    """Every export of this server."""

    items: list[DefinitionOut]


@resource.endpoint(
    "GET",
    "/catalogue",
    scope=TokenScope.EXPORTS_READ,
    answers={200: CatalogueOut},
)
def list_catalogue(request: HttpRequest) -> CatalogueOut:
    """List the exports that can be asked for, with their options."""
    return CatalogueOut(items=[_present(entry) for entry in get_catalogue().values()])


def _present(entry: ExportDefinition) -> DefinitionOut:
    return DefinitionOut(
        identifier=entry.identifier,
        title=str(entry.get_title()),
        scope_kind=entry.scope_kind.value,
        scope_needs=list(NEEDED[entry.scope_kind]),
        sends_mail=entry.sends_mail,
        options=[
            OptionOut(name=name, default=option.default, expected=option.expected)
            for name, option in entry.options.items()
        ],
    )
