"""Download links: opaque tokens, of which only the digest is kept."""

from django.urls import reverse
from django.utils import timezone

from bookbag.domain.access.opaque import digest_token, make_token
from bookbag.domain.people.models import User
from bookbag.exports.errors import LinkError, LinkExpiredError, LinkNotFoundError
from bookbag.exports.history import note_refusal
from bookbag.exports.models import DownloadLink, Export
from bookbag.exports.selectors import may_access
from bookbag.exports.services import record_opening
from bookbag.exports.states import ExportState


def issue_link(export: Export, person: User) -> str:
    """Issue a link for one person and return its token, which is kept nowhere.

    Links that were issued to the same person before are revoked: a mail that is
    tried again makes a new one, and the one that may have been lost must not live.

    Raises:
        LinkError: If the export has no file yet.
    """
    if export.expires_at is None:
        message = f"Found an export that is {export.state}, expected one that is ready"
        raise LinkError(message)
    token = make_token()
    live = DownloadLink.objects.filter(
        export=export, person=person, revoked_at__isnull=True
    )
    live.update(revoked_at=timezone.now())
    DownloadLink.objects.create(
        export=export,
        person=person,
        token_digest=digest_token(token),
        expires_at=export.expires_at,
    )
    return token


def open_link(token: str, person: User) -> Export:
    """Return the export behind a link, for the person it was issued to.

    Nothing is consumed: a link may be opened as often as one likes until it expires.

    Raises:
        LinkNotFoundError: If there is no such link, it was revoked, it is somebody
            else's, or the person's right has ended. All look the same.
        LinkExpiredError: If the link was this person's and has expired.
    """
    link = (
        DownloadLink.objects.select_related("export__workspace", "export__course")
        .filter(token_digest=digest_token(token))
        .first()
    )
    if link is None:
        raise LinkNotFoundError
    export = link.export
    is_theirs = link.revoked_at is None and link.person_id == person.pk
    if not is_theirs or not may_access(person, export):
        note_refusal(export, person)
        raise LinkNotFoundError
    if export.state != ExportState.READY or link.expires_at <= timezone.now():
        raise LinkExpiredError(export.pk)
    record_opening(person=person, export=export)
    return export


def format_link_path(token: str) -> str:
    """Return the path of a link's page."""
    return reverse("link", kwargs={"token": token})
