"""The catalogue: one module for each export, found by being in this package."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace

from bookbag.exports.catalogue.definition import ExportDefinition
from bookbag.exports.catalogue.options import ENCRYPT_TO, choose_recipient
from bookbag.exports.errors import DefinitionNotFoundError


@functools.cache
def get_catalogue() -> Mapping[str, ExportDefinition]:
    """Return every export definition by its identifier.

    A module of this package belongs to the catalogue when it has a ``DEFINITION``.
    Every export can be encrypted to a recipient, and what can be done about people in
    it follows from what it says of them.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    definitions = [m.DEFINITION for m in modules if hasattr(m, "DEFINITION")]
    return {
        definition.identifier: replace(
            definition,
            options={
                **definition.options,
                **definition.people_options,
                ENCRYPT_TO: choose_recipient(),
            },
        )
        for definition in definitions
    }


def get_definition(identifier: str) -> ExportDefinition:
    """Return the export definition of an identifier.

    Raises:
        DefinitionNotFoundError: If the catalogue has none.
    """
    definition = get_catalogue().get(identifier)
    if definition is None:
        raise DefinitionNotFoundError(identifier)
    return definition
