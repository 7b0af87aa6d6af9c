"""Passes to files: addresses that authorise themselves, for a short time.

For programs whose last step is a bare download. A pass is signed, so nobody can make
one; it names the person whose right is looked up again when it is used (ADR 0111).
"""

from uuid import UUID

from django.conf import settings
from django.core import signing

from bookbag.domain.people.models import User
from bookbag.exports.errors import LinkExpiredError, LinkNotFoundError
from bookbag.exports.models import Export
from bookbag.exports.selectors import get_export

SALT = "bookbag.exports.pass"


def issue_pass(export: Export, person: User) -> str:
    """Return a pass to an export's file, good for ``BOOKBAG_PASS_SECONDS``."""
    return signing.dumps([export.pk.hex, person.pk], salt=SALT)


def open_pass(text: str) -> tuple[Export, User]:
    """Return the export that a pass is for, and the person whose right it uses.

    Raises:
        LinkNotFoundError: If it is no pass, its time is over, or the person may not
            have the export any more. All look the same.
        LinkExpiredError: If the export's file is there no more.
    """
    lifetime: int = settings.BOOKBAG_PASS_SECONDS
    try:
        export_hex, person_key = signing.loads(text, salt=SALT, max_age=lifetime)
        person = User.objects.get(pk=person_key)
        export = get_export(person, UUID(export_hex))
    except (signing.BadSignature, User.DoesNotExist, Export.DoesNotExist) as error:
        raise LinkNotFoundError from error
    if not export.is_downloadable:
        raise LinkExpiredError(export.pk)
    return export, person
