"""*Users* and *Groups*: who is a member of a workspace, as what, and with whom."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from bookbag.domain.people.errors import PeopleError
from bookbag.domain.people.groups import (
    add_to_group,
    delete_group,
    leave_group,
    make_group,
    set_group_role,
)
from bookbag.domain.people.membership import (
    add_members,
    change_member,
    set_member_status,
)
from bookbag.domain.people.models import (
    Group,
    GroupMember,
    GroupRole,
    Member,
    MemberRole,
    MemberStatus,
    Workspace,
)
from bookbag.domain.people.selectors import (
    list_groups,
    list_members,
    list_seat_types,
)
from bookbag.exports.invitations.inviting import invite_again
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.member_lists import read_member_list
from bookbag.web.lists import read_page
from bookbag.web.requests import find_administered_workspace, get_person

FILTERS = ("search", "role", "seat_type", "status")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def users(request: HttpRequest, slug: str) -> HttpResponse:
    """List the members of a workspace, and add some."""
    workspace = find_administered_workspace(request, slug)
    context: dict[str, object] = {"pasted": "", "faults": ()}
    if request.method == "POST":
        pasted = request.POST.get("people", "")
        faults = _add_people(request, workspace, pasted)
        if not faults:
            return redirect("users", slug=slug)
        context = {"pasted": pasted, "faults": faults}
    chosen = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = list_members(workspace, **chosen)
    context |= {
        "workspace": workspace,
        "page": read_page(request, found.select_related("user", "invitation")),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "roles": MemberRole.choices,
        "statuses": MemberStatus.choices,
        "seat_types": settings.BOOKBAG_SEAT_TYPES,
        "used_seat_types": list_seat_types(workspace),
    }
    return render(request, "web/users.html", context)


@require_POST
@login_required
def member(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Change a member's role and seat, or deactivate or reactivate them."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(Member, workspace=workspace, pk=member_id)
    actor = get_person(request)
    try:
        if "status" in request.POST:
            wants_active = request.POST["status"] == MemberStatus.ACTIVE
            status = MemberStatus.ACTIVE if wants_active else MemberStatus.DEACTIVATED
            set_member_status(actor=actor, member=found, status=status)
        else:
            change_member(
                actor=actor,
                member=found,
                role=request.POST.get("role", found.role),
                seat_type=request.POST.get("seat_type", found.seat_type),
            )
    except PeopleError as error:
        messages.error(request, str(error))
    else:
        text = _("%(name)s is up to date.") % {"name": found.user.full_name}
        messages.success(request, text)
    return redirect("users", slug=slug)


@require_POST
@login_required
def invite(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Send a new invitation to a member who cannot sign in yet."""
    workspace = find_administered_workspace(request, slug)
    related = Member.objects.select_related("user", "workspace", "invitation")
    found = get_object_or_404(related, workspace=workspace, pk=member_id)
    try:
        invite_again(actor=get_person(request), member=found)
    except PeopleError as error:
        messages.error(request, str(error))
    else:
        text = _("%(name)s gets a new invitation; links of earlier ones end.")
        messages.success(request, text % {"name": found.user.full_name})
    return redirect("users", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def groups(request: HttpRequest, slug: str) -> HttpResponse:
    """List the groups of a workspace, and add one."""
    workspace = find_administered_workspace(request, slug)
    context: dict[str, object] = {"faults": (), "name": "", "pasted": ""}
    if request.method == "POST":
        name, pasted = request.POST.get("name", ""), request.POST.get("people", "")
        try:
            group = make_group(workspace, name, _split_addresses(pasted))
        except PeopleError as error:
            context = {"faults": (str(error),), "name": name, "pasted": pasted}
        else:
            return redirect("group", slug=slug, group_id=group.pk)
    search = request.GET.get("search", "").strip()
    found = list_groups(workspace, search)
    context |= {
        "workspace": workspace,
        "page": read_page(request, found),
        "search": search,
        "chosen": {"search": search},
    }
    return render(request, "web/groups.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def group(request: HttpRequest, slug: str, group_id: int) -> HttpResponse:
    """Show a group's members, change them, or delete the group."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(
        Group, workspace=workspace, pk=group_id, deleted_at__isnull=True
    )
    if request.method == "POST":
        return _change_group(request, workspace, found)
    members = GroupMember.objects.filter(group=found).select_related("member__user")
    context = {
        "workspace": workspace,
        "group": found,
        "page": read_page(request, members),
        "roles": GroupRole.choices,
    }
    return render(request, "web/group.html", context)


def _change_group(
    request: HttpRequest, workspace: Workspace, found: Group
) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if action == "delete":
            delete_group(found)
            text = _("The group “%(name)s” was deleted; its members stay users.")
            messages.success(request, text % {"name": found.name})
            return redirect("groups", slug=workspace.slug)
        if action == "add":
            count = add_to_group(
                found, _split_addresses(request.POST.get("people", ""))
            )
            text = ngettext("%d member added.", "%d members added.", count) % count
            messages.success(request, text)
        else:
            key = request.POST.get("membership", "")
            in_group = GroupMember.objects.filter(group=found)
            membership = get_object_or_404(in_group, pk=key if key.isdecimal() else 0)
            if action == "remove":
                leave_group(membership)
            else:
                set_group_role(membership, request.POST.get("role", ""))
    except PeopleError as error:
        messages.error(request, str(error))
    return redirect("group", slug=workspace.slug, group_id=found.pk)


def _add_people(
    request: HttpRequest, workspace: Workspace, pasted: str
) -> tuple[str, ...]:
    inviter = get_person(request)
    try:
        added = add_members(workspace, read_member_list(pasted), inviter=inviter)
    except LoadFaultsError as error:
        return tuple(
            _("Line %(line)s: %(fault)s") % {"line": f.line, "fault": f.message}
            if f.line
            else f.message
            for f in error.faults
        )
    except PeopleError as error:
        return (str(error),)
    count = added.added_count
    text = ngettext("%d user added.", "%d users added.", count) % count
    if added.existing_count:
        already = ngettext(
            "%d was a user already.", "%d were users already.", added.existing_count
        )
        text = f"{text} {already % added.existing_count}"
    messages.success(request, text)
    return ()


def _split_addresses(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()
