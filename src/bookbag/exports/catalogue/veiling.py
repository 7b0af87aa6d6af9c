"""Exports in which nobody is named: what of the catalogue they change."""

from collections.abc import Mapping

from bagkit.identities import ScanRules
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from bookbag.exports.catalogue.options import (
    ENCRYPT_TO,
    IDENTITIES,
    IGNORE,
    PSEUDONYMISE,
    REPLACE,
)
from bookbag.exports.errors import OptionsError
from bookbag.exports.pseudonyms.keys import make_code, open_key
from bookbag.exports.pseudonyms.people import list_people, make_dictionary
from bookbag.exports.pseudonyms.veil import Veil


def open_veil(context: ProductionContext) -> Veil | None:
    """Return the pseudonyms that an export is to have, or None for names.

    Raises:
        KeyDestroyedError: If the key of its purpose is no more.
        PseudonymCollisionError: If two people would have one pseudonym.
    """
    purpose = context.options.get(PSEUDONYMISE, "")
    if not purpose:
        return None
    return Veil(context.scope.workspace, context.scope.course, purpose)


def check_scan(_scope: ExportScope, options: Mapping[str, str]) -> None:
    """Refuse to replace people in files without pseudonyms to replace them with.

    Raises:
        OptionsError: If it is so.
    """
    if options[IDENTITIES] == REPLACE and not options[PSEUDONYMISE]:
        message = f"Found no purpose, expected one in option {PSEUDONYMISE!r}"
        raise OptionsError(f"{message}: option {IDENTITIES!r} is {REPLACE!r}")


def plan_scan(context: ProductionContext, veil: Veil | None) -> ScanRules | None:
    """Return whom to look for in the files of an archive, or None for nobody."""
    choice = context.options.get(IDENTITIES, IGNORE)
    if choice == IGNORE:
        return None
    if veil is not None:
        dictionary = veil.dictionary
    else:
        workspace, course = context.scope.workspace, context.scope.course
        people = list_people(workspace, course)
        dictionary = make_dictionary(workspace, people, {p[0]: "" for p in people})
    return ScanRules.of(dictionary, is_replacing=choice == REPLACE)


def name_export(context: ProductionContext) -> str:
    """Return what an export calls itself: by its own id one would find who it is of."""
    purpose = context.options.get(PSEUDONYMISE, "")
    if not purpose:
        return context.export_id
    key = open_key(context.scope.workspace, purpose)
    return make_code(key, "export", context.export_id)


def describe_veil(context: ProductionContext) -> Mapping[str, object]:
    """Return what a receipt says of pseudonyms, and of encryption."""
    purpose = context.options.get(PSEUDONYMISE, "")
    is_encrypted = bool(context.options.get(ENCRYPT_TO))
    return {
        **({"pseudonymised_for": purpose} if purpose else {}),
        **({"encrypted_with": "age"} if is_encrypted else {}),
    }
