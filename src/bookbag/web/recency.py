"""Asking again who somebody is, before the data of others leaves (ADR 0115)."""

import time
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.disclosures import holds_data_of_others
from bookbag.web.requests import get_person

SIGNED_IN_AT = "signed_in_at"
"""Where a session keeps when the person signed in, by whatever way."""


def check_recent_sign_in(
    request: HttpRequest, identifier: str, scope: ExportScope
) -> None:
    """Want a recent sign-in for an export that has others in it.

    Raises:
        ReauthenticationRequired: See ``require_recent_sign_in``.
        ImmediateHttpResponse: See there.
    """
    if holds_data_of_others(get_person(request), identifier, scope):
        require_recent_sign_in(request)


def require_recent_sign_in(request: HttpRequest) -> None:
    """Let go on who signed in lately; take others to prove themselves again.

    What they wanted to do is done afterwards.

    Raises:
        ReauthenticationRequired: If they have a password or a second factor to prove
            themselves with.
        ImmediateHttpResponse: If they sign in elsewhere, and have to do that again.
    """
    if _is_recent(request):
        return
    if get_adapter().get_reauthentication_methods(get_person(request)):
        raise ReauthenticationRequired
    text = _(
        "Sign in again to take out the data of others, then press the button again."
    )
    back = request.headers.get("Referer") or "/"
    logout(request)
    messages.info(request, text)
    raise ImmediateHttpResponse(redirect_to_login(_local_path(request, back)))


class ClientRedirectMiddleware:
    """Leads the whole window to a sign-in page, where a part of it had asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request that a part of a page made."""
        response = self._get_response(request)
        target = response.headers.get("Location", "")
        is_part = request.headers.get("HX-Request") == "true"
        if is_part and target.startswith("/accounts/"):
            return HttpResponseClientRedirect(target)
        return response


def _is_recent(request: HttpRequest) -> bool:
    moments = [
        float(record["at"])
        for record in get_authentication_records(request, request.user)
    ]
    moments.append(float(request.session.get(SIGNED_IN_AT, 0)))
    age_seconds = time.time() - max(moments)
    return age_seconds < settings.BOOKBAG_RECENT_SIGN_IN_MINUTES * 60


def _local_path(request: HttpRequest, address: str) -> str:
    own = f"{request.scheme}://{request.get_host()}"
    return address.removeprefix(own) if address.startswith(f"{own}/") else "/"
