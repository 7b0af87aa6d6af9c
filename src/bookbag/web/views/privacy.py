"""*Privacy*: whose pseudonyms there are keys for, for a workspace's admins."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookbag.domain.people.models import Member
from bookbag.erasure.errors import ErasureError
from bookbag.erasure.services import check_erasure, erase_person
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


@require_POST
@login_required
def erase(request: HttpRequest, slug: str) -> HttpResponse:
    """Erase a member whose user name was typed twice."""
    workspace = find_administered_workspace(request, slug)
    name, actor = request.POST.get("person", "").strip(), get_person(request)
    members = Member.objects.filter(workspace=workspace).select_related("user")
    member = members.filter(user__username__iexact=name).first() if name else None
    if member is None or request.POST.get("typed", "").strip() != name:
        text = _("Nobody was erased: the same user name of a member, twice, is needed.")
        messages.error(request, text)
    elif member.user == actor:
        messages.error(request, _("Nobody can erase themselves."))
    else:
        _erase(request, member)
    return redirect("privacy", slug=slug)


def _erase(request: HttpRequest, member: Member) -> None:
    try:
        check_erasure(member.user, member.workspace)
        erased = erase_person(member.user, actor=get_person(request))
    except ErasureError as error:
        messages.error(request, str(error))
        return
    text = _(
        "Erased. The audit log says %(pseudonym)s; %(count)d exports were removed."
    )
    facts = {"pseudonym": erased.pseudonym, "count": erased.export_count}
    messages.success(request, text % facts)
    for folder in erased.kept_folders:
        note = _("Not kept by this server, and still there: %(folder)s")
        messages.warning(request, note % {"folder": folder})
    if erased.delivered_count:
        note = _("%(count)d copies were sent to delivery targets; delete them there.")
        messages.warning(request, note % {"count": erased.delivered_count})
