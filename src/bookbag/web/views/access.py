"""*Access tokens* of a person, and *API clients* of a workspace."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bookbag.domain.access.clients import make_client, revoke_client
from bookbag.domain.access.errors import GrantInvalidError, TokenNotFoundError
from bookbag.domain.access.models import ServiceClient
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.access.tokens import (
    DEFAULT_DAYS,
    list_personal_tokens,
    make_personal_token,
    revoke_personal_token,
)
from bookbag.web.recency import require_recent_sign_in
from bookbag.web.requests import find_administered_workspace, get_person

DAYS_CHOICES = (7, 30, 90, 180, 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """What a form asks for."""

    name: str = ""
    scopes: Sequence[str] = ()
    days: int = DEFAULT_DAYS


def _read_choices(request: HttpRequest) -> _Choices:
    days = request.POST.get("days", "")
    return _Choices(
        name=request.POST.get("name", ""),
        scopes=request.POST.getlist("scope"),
        days=int(days) if days.isascii() and days.isdecimal() else DEFAULT_DAYS,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """List a person's tokens, and make one; it stands in this answer alone."""
    chosen = _read_choices(request)
    context: dict[str, object] = {}
    if request.method == "POST":
        require_recent_sign_in(request)
        try:
            _row, context["new_token"] = make_personal_token(
                get_person(request),
                name=chosen.name,
                scopes=chosen.scopes,
                days=chosen.days,
            )
        except GrantInvalidError as error:
            context["fault"] = str(error)
    most = settings.BOOKBAG_TOKEN_DAYS
    context |= {
        "chosen": chosen if "fault" in context else _Choices(),
        "days_choices": [days for days in DAYS_CHOICES if days <= most] or [most],
        "scope_choices": TokenScope.choices,
        "tokens": list_personal_tokens(get_person(request)),
    }
    return render(request, "web/tokens.html", context)


@require_POST
@login_required
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of the person's own."""
    try:
        token = revoke_personal_token(token_id, person=get_person(request))
    except TokenNotFoundError as error:
        raise Http404 from error
    text = _("%(name)s was revoked; it opens nothing any more.")
    messages.success(request, text % {"name": token.name})
    return redirect("tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def clients(request: HttpRequest, slug: str) -> HttpResponse:
    """List a workspace's clients, and make one; its secret is in this answer alone."""
    workspace = find_administered_workspace(request, slug)
    chosen = _read_choices(request)
    context: dict[str, object] = {"workspace": workspace}
    if request.method == "POST":
        require_recent_sign_in(request)
        try:
            context["new_client"], context["new_secret"] = make_client(
                workspace,
                name=chosen.name,
                scopes=chosen.scopes,
                created_by=get_person(request),
            )
        except GrantInvalidError as error:
            context["fault"] = str(error)
    found = ServiceClient.objects.filter(workspace=workspace, revoked_at__isnull=True)
    context |= {
        "chosen": chosen if "fault" in context else _Choices(),
        "scope_choices": TokenScope.choices,
        "clients": found.select_related("created_by"),
    }
    return render(request, "web/clients.html", context)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, client_pk: int) -> HttpResponse:
    """Revoke a client and every token that it got."""
    workspace = find_administered_workspace(request, slug)
    found = ServiceClient.objects.filter(workspace=workspace, revoked_at__isnull=True)
    client = get_object_or_404(found, pk=client_pk)
    revoke_client(client)
    text = _("%(name)s was revoked, with every token that it got.")
    messages.success(request, text % {"name": client.name})
    return redirect("clients", slug=slug)
