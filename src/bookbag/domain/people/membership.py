"""Changing who is a member of a workspace, as what, and in which seat."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal
from django.utils.text import slugify

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.errors import InvalidNameError, OwnerNeededError
from bookbag.domain.people.models import (
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.domain.people.upserting import WantedMember, upsert_members

member_added = Signal()
"""Sent in the transaction that adds somebody, with ``member`` and ``inviter``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody to add to a workspace."""

    email: str
    first_name: str = ""
    last_name: str = ""
    role: str = MemberRole.MEMBER
    seat_type: str = ""
    """Empty for the first of ``BOOKBAG_SEAT_TYPES``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedMembers:
    """What adding people did."""

    added_count: int
    existing_count: int
    """Those who were members already, deactivated ones included; nothing about them
    was changed."""


@transaction.atomic
def add_members(
    workspace: Workspace, people: Iterable[NewMember], *, inviter: User | None = None
) -> AddedMembers:
    """Add people to a workspace; who has an account already keeps it as it is.

    Args:
        workspace: The tenant.
        people: Whom to add.
        inviter: Who adds them and wants them to be told; a load tells nobody.

    Raises:
        OwnerNeededError: If somebody is to become an owner; owners are made one by
            one, by an owner.
        InvalidNameError: If a seat type is not one of the setting's.
    """
    wanted: dict[str, WantedMember] = {}
    listed = list(people)
    for person in listed:
        if person.role == MemberRole.OWNER:
            message = (
                f"Found the role Owner, which cannot be given here: {person.email}"
            )
            raise OwnerNeededError(message)
        found = WantedMember(
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            role=person.role,
            seat_type=_check_seat(person.seat_type),
        )
        wanted.setdefault(person.email.lower(), found)
    outcomes = upsert_members(workspace, list(wanted.values()), is_changing=False)
    added = [outcome.member for outcome in outcomes if outcome.is_new]
    for member in added if inviter is not None else ():
        member_added.send(sender=Member, member=member, inviter=inviter)
    return AddedMembers(added_count=len(added), existing_count=len(listed) - len(added))


@transaction.atomic
def change_member(*, actor: User, member: Member, role: str, seat_type: str) -> None:
    """Give a member another role or seat.

    Args:
        actor: Who does it: an owner or admin of the workspace.
        member: Who gets it.
        role: One of ``MemberRole``.
        seat_type: One of ``BOOKBAG_SEAT_TYPES``, or the one that they have.

    Raises:
        OwnerNeededError: If somebody who is no owner makes or unmakes one, or the
            workspace would have no active owner any more.
        InvalidNameError: If there is no such role or seat type.
    """
    if role not in MemberRole.values:
        message = f"Found role {role!r}, expected one of {', '.join(MemberRole.values)}"
        raise InvalidNameError(message)
    if MemberRole.OWNER in (role, member.role) and role != member.role:
        _check_owner(actor, member.workspace)
    if role != MemberRole.OWNER:
        _keep_one_owner(member)
    before = f"{member.role}, {member.seat_type}"
    member.role = role
    if seat_type != member.seat_type:
        member.seat_type = _check_seat(seat_type)
    member.save(update_fields=["role", "seat_type"])
    change = f"{before} → {member.role}, {member.seat_type}"
    deed = _describe(Act.MEMBER_CHANGED, member, change)
    record(member.workspace_id, deed, person=actor)


@transaction.atomic
def set_member_status(*, actor: User, member: Member, status: MemberStatus) -> None:
    """Deactivate a member, who then may do nothing here, or reactivate them.

    Raises:
        OwnerNeededError: If somebody who is no owner does it to one, or the workspace
            would have no active owner any more.
    """
    if member.role == MemberRole.OWNER:
        _check_owner(actor, member.workspace)
    if status == MemberStatus.DEACTIVATED:
        _keep_one_owner(member)
    member.status = status
    member.save(update_fields=["status"])
    is_active = status == MemberStatus.ACTIVE
    act = Act.MEMBER_REACTIVATED if is_active else Act.MEMBER_DEACTIVATED
    record(member.workspace_id, _describe(act, member), person=actor)


def make_user(person: NewMember) -> User:
    """Return a new user with a user name that is free, and no password yet."""
    named = f"{person.first_name}.{person.last_name}".lower().strip(".")
    base = person.email.partition("@")[0] or slugify(named) or "person"
    base = base[:140]
    username, number = base, 1
    while User.objects.filter(username__iexact=username).exists():
        number += 1
        username = f"{base}{number}"
    user = User(
        username=username,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
    )
    user.set_unusable_password()
    user.save()
    return user


def _describe(act: Act, member: Member, detail: str = "") -> Deed:
    return Deed(
        act=act, target=member.user.username, target_key=member.user_id, detail=detail
    )


def _check_seat(seat_type: str) -> str:
    known: list[str] = settings.BOOKBAG_SEAT_TYPES
    seat_type = seat_type or known[0]
    if seat_type not in known:
        message = f"Found seat type {seat_type!r}, expected one of {', '.join(known)}"
        raise InvalidNameError(message)
    return seat_type


def _active_owners(workspace: Workspace) -> "list[int]":
    owners = Member.objects.select_for_update().filter(
        workspace=workspace, role=MemberRole.OWNER, status=MemberStatus.ACTIVE
    )
    return list(owners.values_list("user_id", flat=True))


def _check_owner(actor: User, workspace: Workspace) -> None:
    if actor.pk not in _active_owners(workspace):
        message = "Only an owner of the workspace can change who its owners are."
        raise OwnerNeededError(message)


def _keep_one_owner(member: Member) -> None:
    if _active_owners(member.workspace) == [member.user_id]:
        message = (
            f"The workspace needs an owner, and {member.user.full_name} is the last."
        )
        raise OwnerNeededError(message)
