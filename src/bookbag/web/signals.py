"""Recording who signs in and out, and who changes how they do, on whichever page."""

import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_changed,
    password_changed,
    password_reset,
    password_set,
)
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from allauth.socialaccount.signals import (
    social_account_added,
    social_account_removed,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from bookbag.domain.activity.recording import record_sign_in, record_sign_out
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record_everywhere
from bookbag.domain.people.models import User
from bookbag.web.addresses import find_client_address
from bookbag.web.middleware import SIGNED_IN_AS
from bookbag.web.recency import SIGNED_IN_AT

ACCOUNT_CHANGES = (
    (password_changed, "a new password"),
    (password_set, "a first password"),
    (password_reset, "a new password by a link in a mail"),
    (email_changed, "another e-mail address"),
    (authenticator_added, "a second factor added"),
    (authenticator_removed, "a second factor removed"),
    (authenticator_reset, "new recovery codes"),
    (social_account_added, "an organisation's sign-in connected"),
    (social_account_removed, "an organisation's sign-in disconnected"),
)
"""Changes of an account, and what the audit log says of them."""
SIGNED_IN_FROM = "signed_in_from"
"""Where a session keeps the address that the person signed in from."""


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Record a sign-in; what is done in the session comes from the same address."""
    address = find_client_address(request)
    request.session[SIGNED_IN_FROM] = address
    request.session[SIGNED_IN_AT] = time.time()
    request.session[SIGNED_IN_AS] = request.session.session_key
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


def note_account_change(signal: object, **facts: Any) -> None:
    """Record in each workspace of a person that they changed how they sign in."""
    login = facts.get("sociallogin") or facts.get("socialaccount")
    person: User = facts["user"] if login is None else login.user
    detail = next(words for known, words in ACCOUNT_CHANGES if known is signal)
    deed = Deed(
        act=Act.ACCOUNT_CHANGED,
        target=person.username,
        target_key=person.pk,
        detail=detail,
    )
    record_everywhere(person.memberships.values_list("workspace", flat=True), deed)


for _signal, _ in ACCOUNT_CHANGES:
    _signal.connect(note_account_change, dispatch_uid="audit")


@receiver(password_reset)
def note_verified_address(user: User, **_: Any) -> None:
    """Take an address as verified whose owner chose a password by a mail to it."""
    addresses = EmailAddress.objects.filter(user=user)
    if user.email and not addresses.filter(verified=True).exists():
        addresses.update_or_create(
            user=user,
            email=user.email,
            defaults={"verified": True, "primary": True},
        )
