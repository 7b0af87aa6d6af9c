"""Who sends a file to a browser: the object store, nginx, or this server itself.

Whoever calls has checked the right to the export (ADR 0107).
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from bookbag.exports.downloads import send_file
from bookbag.exports.models import Export
from bookbag.exports.storage import SigningStorage, Storage


def hand_over_file(
    request: HttpRequest, export: Export, storage: Storage
) -> HttpResponseBase:
    """Answer a browser's GET or HEAD for an export's file.

    From an object store the browser fetches it itself, by an address that is signed
    for this file and works for a short time. Programs are answered by ``send_file``:
    many would follow the redirect with their token in their hands.

    Raises:
        Http404: If the storage has the file no more.
    """
    if not isinstance(storage, SigningStorage) or request.method != "GET":
        return send_file(request, export, storage)
    address = storage.sign_address(
        export.storage_key,
        file_name=export.file_name,
        media_type=export.media_type,
        seconds=settings.BOOKBAG_SIGNED_LINK_SECONDS,
    )
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
