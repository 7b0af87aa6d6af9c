"""Exports in which nobody is named: what of the catalogue they change."""

from collections.abc import Mapping

from bookbag.exports.catalogue.definition import ProductionContext
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.pseudonyms.keys import make_code, open_key
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


def name_export(context: ProductionContext) -> str:
    """Return what an export calls itself: by its own id one would find who it is of."""
    purpose = context.options.get(PSEUDONYMISE, "")
    if not purpose:
        return context.export_id
    key = open_key(context.scope.workspace, purpose)
    return make_code(key, "export", context.export_id)


def describe_veil(context: ProductionContext) -> Mapping[str, object]:
    """Return what a receipt says of the pseudonyms of an export."""
    purpose = context.options.get(PSEUDONYMISE, "")
    return {"pseudonymised_for": purpose} if purpose else {}
