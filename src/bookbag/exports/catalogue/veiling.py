"""Exports in which nobody is named: what of the catalogue they change."""

from collections.abc import Mapping

from bagkit.identities import ScanRules
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from bookbag.exports.catalogue.options import (
    CIRCLE,
    ENCRYPT_TO,
    EVERYBODY,
    IDENTITIES,
    IGNORE,
    PSEUDONYMISE,
    REPLACE,
    SUBJECT,
)
from bookbag.exports.catalogue.rights import may_export_everybody
from bookbag.exports.errors import OptionsError
from bookbag.exports.pseudonyms.keys import make_code, open_key
from bookbag.exports.pseudonyms.people import list_people, make_dictionary
from bookbag.exports.pseudonyms.veil import Veil
from bookbag.exports.rows import Cover


def open_veil(context: ProductionContext) -> Veil | None:
    """Return the pseudonyms that an export is to have, or None for names.

    Raises:
        KeyDestroyedError: If the key of its purpose is no more.
        PseudonymCollisionError: If two people would have one pseudonym.
    """
    purpose = context.options.get(PSEUDONYMISE, "")
    if not purpose:
        return None
    scope = context.scope
    return Veil(scope.workspace, scope.course, purpose, alone=_find_alone(context))


def cover_text(cover: Cover | None, text: str) -> str:
    """Return a text as an export may show it."""
    return text if cover is None else cover.cover_text(text)


def cover_username(cover: Cover | None, person: User) -> str:
    """Return what an export calls a person in names of files."""
    return person.username if cover is None else cover.name_person(person.pk)


def tells_of_others(scope: ExportScope, options: Mapping[str, str]) -> bool:
    """Answer whether an export about one person tells who else is there.

    It does where everybody is covered or looked for: whoever writes a name into a file
    then learns whether somebody is called so, and by which pseudonym.
    """
    is_asked = options.get(PSEUDONYMISE) or options.get(IDENTITIES, IGNORE) != IGNORE
    is_wide = options.get(CIRCLE, EVERYBODY) == EVERYBODY
    return scope.subject is not None and bool(is_asked) and is_wide


def may_have_circle(
    person: User, scope: ExportScope, options: Mapping[str, str]
) -> bool:
    """Answer whether the person may know all whom an export covers or looks for."""
    is_told = tells_of_others(scope, options)
    return not is_told or may_export_everybody(person, scope)


def check_scan(options: Mapping[str, str]) -> None:
    """Refuse to replace people in files without pseudonyms to replace them with.

    Raises:
        OptionsError: If it is so.
    """
    if options.get(IDENTITIES) == REPLACE and not options[PSEUDONYMISE]:
        message = "Found no purpose for pseudonyms, expected one: people who are named"
        raise OptionsError(f"{message} in files are to get them ({PSEUDONYMISE!r})")


def plan_scan(context: ProductionContext, veil: Veil | None) -> ScanRules | None:
    """Return whom to look for in the files of an archive, or None for nobody."""
    choice = context.options.get(IDENTITIES, IGNORE)
    if choice == IGNORE:
        return None
    if veil is not None:
        dictionary = veil.dictionary
    else:
        workspace, course = context.scope.workspace, context.scope.course
        people = list_people(workspace, course, alone=_find_alone(context))
        dictionary = make_dictionary(workspace, people, {p[0]: "" for p in people})
    return ScanRules.of(dictionary, is_replacing=choice == REPLACE)


def name_circle(context: ProductionContext) -> str:
    """Return what a receipt calls who alone is covered; nothing for everybody."""
    is_alone = context.options.get(CIRCLE) == SUBJECT
    is_told = context.options.get(PSEUDONYMISE) or context.options.get(IDENTITIES)
    return SUBJECT if is_alone and is_told else ""


def _find_alone(context: ProductionContext) -> User | None:
    return context.scope.subject if name_circle(context) else None


def name_export(context: ProductionContext) -> str:
    """Return what an export calls itself: by its own id one would find who it is of."""
    purpose = context.options.get(PSEUDONYMISE, "")
    if not purpose:
        return context.export_id
    key = open_key(context.scope.workspace, purpose)
    return make_code(key, "export", context.export_id)


def describe_veil(context: ProductionContext) -> Mapping[str, object]:
    """Return what a receipt says of pseudonyms, and of encryption."""
    circle = name_circle(context)
    purpose = context.options.get(PSEUDONYMISE, "")
    is_encrypted = bool(context.options.get(ENCRYPT_TO))
    return {
        **({"pseudonymised_for": purpose} if purpose else {}),
        **({"circle": circle} if circle else {}),
        **({"encrypted_with": "age"} if is_encrypted else {}),
    }
