"""Changing groups: making, filling and deleting them."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.errors import (
    InvalidNameError,
    NameTakenError,
    NotAMemberError,
)
from bookbag.domain.people.models import (
    Group,
    GroupMember,
    GroupRole,
    Member,
    Workspace,
)

NAME_CHARACTERS = 200


@transaction.atomic
def make_group(workspace: Workspace, name: str, emails: Iterable[str] = ()) -> Group:
    """Make a group of some members.

    Raises:
        InvalidNameError: If the name is empty, too long or has a comma.
        NameTakenError: If a group of the workspace has the name.
        NotAMemberError: If somebody is not a member of the workspace.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARACTERS or "," in name:
        message = f"Found {name[:60]!r}, expected a name of 1 to 200 without a comma"
        raise InvalidNameError(message)
    try:
        with transaction.atomic():
            group = Group.objects.create(workspace=workspace, name=name)
    except IntegrityError as error:
        message = f"A group called {name!r} is there already."
        raise NameTakenError(message) from error
    record(workspace.pk, describe_group(Act.GROUP_ADDED, group))
    add_to_group(group, emails)
    return group


@transaction.atomic
def add_to_group(group: Group, emails: Iterable[str]) -> int:
    """Add members by their addresses; who is in the group stays as they are.

    Returns:
        How many were added.

    Raises:
        NotAMemberError: If somebody is not a member of the workspace.
    """
    added = []
    for email in emails:
        members = Member.objects.filter(workspace=group.workspace_id)
        found = members.filter(user__email__iexact=email).select_related("user")
        member = found.first()
        if member is None:
            message = f"Found {email!r}, expected the address of a member"
            raise NotAMemberError(message)
        _, is_new = GroupMember.objects.get_or_create(group=group, member=member)
        if is_new:
            added.append(member.user.username)
    if added:
        record(group.workspace_id, describe_group(Act.GROUP_FILLED, group, added))
    return len(added)


@transaction.atomic
def set_group_role(membership: GroupMember, role: str) -> None:
    """Make somebody an admin of the group, or an ordinary member again.

    Raises:
        InvalidNameError: If there is no such role.
    """
    if role not in GroupRole.values:
        message = f"Found role {role!r}, expected one of {', '.join(GroupRole.values)}"
        raise InvalidNameError(message)
    membership.role = role
    membership.save(update_fields=["role"])
    changed = [membership.member.user.username, role]
    deed = describe_group(Act.GROUP_CHANGED, membership.group, changed)
    record(membership.group.workspace_id, deed)


@transaction.atomic
def leave_group(membership: GroupMember) -> None:
    """Take somebody out of a group; they stay a member of the workspace."""
    gone = [membership.member.user.username]
    deed = describe_group(Act.GROUP_LEFT, membership.group, gone)
    membership.delete()
    record(membership.group.workspace_id, deed)


@transaction.atomic
def delete_group(group: Group) -> None:
    """Delete a group; its members stay members of the workspace."""
    group.deleted_at = timezone.now()
    group.save(update_fields=["deleted_at"])
    record(group.workspace_id, describe_group(Act.GROUP_DELETED, group))


def describe_group(act: Act, group: Group, words: Iterable[str] = ()) -> Deed:
    """Return an act that was done to a group."""
    return Deed(
        act=act, target=group.name, target_key=group.pk, detail=", ".join(words)
    )
