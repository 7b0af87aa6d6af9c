"""Recording who signs in and out, whichever page they do it on."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from bookbag.domain.activity.recording import record_sign_in, record_sign_out
from bookbag.domain.people.models import User
from bookbag.web.addresses import find_client_address

SIGNED_IN_FROM = "signed_in_from"
"""Where a session keeps the address that the person signed in from."""


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Record a sign-in; what is done in the session comes from the same address."""
    address = find_client_address(request)
    request.session[SIGNED_IN_FROM] = address
    record_sign_in(
        user_id=user.pk,
        session_key=request.session.session_key or "",
        ip_address=address,
    )


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Record that somebody signed out, unless nobody was signed in."""
    if user is not None:
        record_sign_out(
            user_id=user.pk,
            session_key=request.session.session_key or "",
            ip_address=find_client_address(request),
        )
