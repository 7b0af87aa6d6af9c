"""*LTI*: a workspace's platforms and keys, and a course's settings for launches."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from bookbag.domain.lti import services
from bookbag.domain.lti.errors import RosterError
from bookbag.domain.lti.models import ConsumerKey, Platform
from bookbag.domain.lti.rosters import sync_roster
from bookbag.domain.lti.selectors import list_own_addresses
from bookbag.web.forms import PlatformForm
from bookbag.web.requests import find_administered_workspace, find_changed_course

NAME_CHARACTERS = 200


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a workspace's platforms and keys, and add a platform."""
    workspace = find_administered_workspace(request, slug)
    form = PlatformForm(
        request.POST or None, instance=Platform(workspace=workspace), prefix="platform"
    )
    if request.method == "POST" and form.is_valid():
        services.save_platform(form.save(commit=False))
        messages.success(request, _("The platform was added."))
        return redirect("lti", slug=slug)
    context = {
        "workspace": workspace,
        "own": list_own_addresses(),
        "form": form,
        "platforms": Platform.objects.filter(workspace=workspace),
        "keys": ConsumerKey.objects.filter(workspace=workspace),
        # Shown once: it is not kept in a form that could be shown again.
        "new_key": request.session.pop(f"lti-secret-{workspace.pk}", None),
    }
    return render(request, "web/lti.html", context)


@require_POST
@login_required
def delete_platform(request: HttpRequest, slug: str, platform_id: int) -> HttpResponse:
    """Delete a platform; its people stay users."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(Platform, workspace=workspace, pk=platform_id)
    services.delete_platform(found)
    messages.success(request, _("The platform was deleted; its people stay users."))
    return redirect("lti", slug=slug)


@require_POST
@login_required
def add_key(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a key of LTI 1.1; its secret is shown on the next page, once."""
    workspace = find_administered_workspace(request, slug)
    name = request.POST.get("name", "").strip()
    if not 0 < len(name) <= NAME_CHARACTERS:
        text = _("Found %(name)r, expected a name of 1 to 200 characters.")
        messages.error(request, text % {"name": name[:40]})
        return redirect("lti", slug=slug)
    key, secret = services.add_key(workspace, name)
    shown = {"key": key.key, "secret": secret}
    request.session[f"lti-secret-{workspace.pk}"] = shown
    return redirect("lti", slug=slug)


@require_POST
@login_required
def delete_key(request: HttpRequest, slug: str, key_id: int) -> HttpResponse:
    """Delete a key: launches that are signed with it are refused from now on."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(ConsumerKey, workspace=workspace, pk=key_id)
    services.delete_key(found)
    messages.success(request, _("The key was deleted."))
    return redirect("lti", slug=slug)


@require_POST
@login_required
def course_settings(request: HttpRequest, course_id: int) -> HttpResponse:
    """Open a course to launches or close it, and choose the kind of its URLs."""
    course = find_changed_course(request, course_id)
    services.change_course(
        course,
        is_enabled="is_enabled" in request.POST,
        has_constant_urls="has_constant_urls" in request.POST,
    )
    messages.success(request, _("The LTI settings were saved."))
    return redirect("course-admin", course_id=course.pk)


@require_POST
@login_required
def roster(request: HttpRequest, course_id: int) -> HttpResponse:
    """Bring a course's people in line with its platforms."""
    course = find_changed_course(request, course_id)
    try:
        change = sync_roster(course)
    except RosterError as error:
        messages.error(request, str(error))
        return redirect("course-admin", course_id=course.pk)
    text = ngettext(
        "%(new)s person enrolled, %(gone)s removed, %(same)s as before.",
        "%(new)s people enrolled, %(gone)s removed, %(same)s as before.",
        change.enrolled_count,
    )
    counts = {
        "new": change.enrolled_count,
        "gone": change.removed_count,
        "same": change.unchanged_count,
    }
    messages.success(request, text % counts)
    for skipped in change.skipped:
        messages.warning(request, skipped)
    return redirect("course-admin", course_id=course.pk)
