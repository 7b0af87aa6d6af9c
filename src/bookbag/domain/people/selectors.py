"""Reading people: the members and groups of a workspace."""

import functools
import operator

from django.db.models import Count, Prefetch, Q, QuerySet

from bookbag.domain.people.models import (
    Group,
    GroupMember,
    Member,
    MemberStatus,
    User,
    Workspace,
)


def list_members(
    workspace: Workspace,
    *,
    search: str = "",
    role: str = "",
    seat_type: str = "",
    status: str = "",
) -> QuerySet[Member]:
    """Return the members of a workspace by name, each with ``group_memberships``.

    Args:
        workspace: The tenant.
        search: Words, each of which is part of a name or an address.
        role: Only members of this role.
        seat_type: Only members in this kind of seat.
        status: Only active or deactivated members.
    """
    chosen = {"role": role, "seat_type": seat_type, "status": status}
    members = Member.objects.filter(
        workspace=workspace, **{name: value for name, value in chosen.items() if value}
    )
    members = members.filter(match_person(search, "user"))
    in_groups = GroupMember.objects.filter(group__deleted_at__isnull=True)
    return (
        members.select_related("user")
        .prefetch_related(
            Prefetch("group_memberships", in_groups.select_related("group"))
        )
        .order_by("user__last_name", "user__first_name", "pk")
    )


def list_active_people(workspace: Workspace) -> QuerySet[User]:
    """Return the people who may use a workspace."""
    active = Member.objects.filter(workspace=workspace, status=MemberStatus.ACTIVE)
    return User.objects.filter(pk__in=active.values("user"), is_active=True)


def match_person(search: str, field: str) -> Q:
    """Return the condition that each word is part of a person's name or address.

    Args:
        search: Words; none at all match everybody.
        field: The field that leads to the person.
    """
    names = ("first_name", "last_name", "username", "email")
    matched = Q()
    for word in search.split():
        alternatives = (Q((f"{field}__{name}__icontains", word)) for name in names)
        matched &= functools.reduce(operator.or_, alternatives)
    return matched


def list_groups(workspace: Workspace, search: str = "") -> QuerySet[Group]:
    """Return the groups of a workspace by name, each with ``member_count``."""
    groups = Group.objects.filter(workspace=workspace, deleted_at__isnull=True)
    if search:
        groups = groups.filter(name__icontains=search)
    return groups.annotate(member_count=Count("members")).order_by("name", "pk")


def list_seat_types(workspace: Workspace) -> list[str]:
    """Return the kinds of seat that members of a workspace have."""
    seats = Member.objects.filter(workspace=workspace).values_list("seat_type")
    return sorted({seat for (seat,) in seats.distinct()})
