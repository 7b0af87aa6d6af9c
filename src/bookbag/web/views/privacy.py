"""*Privacy*: whose pseudonyms there are keys for, for a workspace's admins."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookbag.exports.errors import PurposeNotFoundError
from bookbag.exports.purposes import destroy_key, list_purposes
from bookbag.web.requests import find_administered_workspace, get_person


@require_safe
@login_required
def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    """List the purposes that exports were pseudonymised for."""
    workspace = find_administered_workspace(request, slug)
    context = {"workspace": workspace, "purposes": list_purposes(workspace)}
    return render(request, "web/privacy.html", context)


@require_POST
@login_required
def destroy(request: HttpRequest, slug: str) -> HttpResponse:
    """Destroy the key of a purpose whose name was typed."""
    workspace = find_administered_workspace(request, slug)
    purpose = request.POST.get("purpose", "")
    if request.POST.get("typed", "").strip() != purpose:
        messages.error(request, _("Nothing was destroyed: the name was not typed."))
        return redirect("privacy", slug=slug)
    try:
        destroy_key(workspace, purpose, person=get_person(request))
    except PurposeNotFoundError as error:
        messages.error(request, str(error))
    else:
        text = _("The key of “%(purpose)s” is destroyed.")
        messages.success(request, text % {"purpose": purpose})
    return redirect("privacy", slug=slug)
