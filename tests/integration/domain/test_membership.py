"""Who may change whom in a workspace, and what a group may be called."""

import pytest
from pytest_django import Settings

from bookbag.domain.people.errors import (
    InvalidNameError,
    NameTakenError,
    NotAMemberError,
    OwnerNeededError,
)
from bookbag.domain.people.groups import add_to_group, delete_group, make_group
from bookbag.domain.people.membership import (
    NewMember,
    add_members,
    change_member,
    set_member_status,
)
from bookbag.domain.people.models import (
    Group,
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.member_lists import read_member_list
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return factories.make_member(workspace, "owner", role=MemberRole.OWNER)


@pytest.fixture
def admin(workspace: Workspace) -> User:
    return factories.make_member(workspace, "admin", role=MemberRole.ADMIN)


def membership(person: User) -> Member:
    return Member.objects.get(user=person)


def change(actor: User, person: User, role: str, seat_type: str = "Full") -> None:
    member = membership(person)
    change_member(actor=actor, member=member, role=role, seat_type=seat_type)


def test_people_are_added_once(workspace: Workspace) -> None:
    there = factories.make_member(workspace, "there")
    people = [
        NewMember(email="THERE@example.edu"),
        NewMember(email="new@example.edu", role=MemberRole.STAFF, seat_type="Basic"),
        NewMember(email="there@other.example"),
    ]

    added = add_members(workspace, people)

    assert (added.added_count, added.existing_count) == (2, 1)
    assert membership(there).role == MemberRole.MEMBER
    new = User.objects.get(email="new@example.edu")
    assert (membership(new).role, membership(new).seat_type) == ("Staff", "Basic")
    assert not new.has_usable_password()
    assert User.objects.get(email="there@other.example").username == "there2"


def test_nobody_is_added_when_one_cannot_be(workspace: Workspace) -> None:
    people = [
        NewMember(email="a@b.example"),
        NewMember(email="c@d.example", role="Owner"),
    ]

    with pytest.raises(OwnerNeededError):
        add_members(workspace, people)

    assert not Member.objects.filter(workspace=workspace).exists()


def test_an_admin_changes_members_but_no_owner(owner: User, admin: User) -> None:
    other = factories.make_member(membership(admin).workspace)

    change(admin, other, MemberRole.STAFF, "Basic")

    assert membership(other).role == MemberRole.STAFF
    with pytest.raises(OwnerNeededError, match="Only an owner"):
        change(admin, owner, MemberRole.MEMBER)
    with pytest.raises(OwnerNeededError, match="Only an owner"):
        change(admin, admin, MemberRole.OWNER)
    with pytest.raises(OwnerNeededError, match="Only an owner"):
        set_member_status(
            actor=admin, member=membership(owner), status=MemberStatus.DEACTIVATED
        )


def test_the_last_owner_stays(owner: User, admin: User) -> None:
    with pytest.raises(OwnerNeededError, match="the last"):
        change(owner, owner, MemberRole.MEMBER)
    with pytest.raises(OwnerNeededError, match="the last"):
        set_member_status(
            actor=owner, member=membership(owner), status=MemberStatus.DEACTIVATED
        )

    change(owner, admin, MemberRole.OWNER)
    change(owner, owner, MemberRole.MEMBER)

    assert membership(owner).role == MemberRole.MEMBER


def test_a_seat_type_is_one_of_the_settings(
    owner: User, admin: User, settings: Settings
) -> None:
    settings.BOOKBAG_SEAT_TYPES = ["Desk"]

    change(owner, admin, MemberRole.ADMIN, "Full")  # what they have may stay
    change(owner, admin, MemberRole.ADMIN, "Desk")

    with pytest.raises(InvalidNameError, match="expected one of Desk"):
        change(owner, admin, MemberRole.ADMIN, "Full")
    with pytest.raises(InvalidNameError, match="Found role 'King'"):
        change(owner, admin, "King")


@pytest.mark.parametrize("name", ["", "  ", "a, b", "x" * 201])
def test_a_group_has_a_plain_name(workspace: Workspace, name: str) -> None:
    with pytest.raises(InvalidNameError):
        make_group(workspace, name)


def test_the_name_of_a_deleted_group_is_free_again(workspace: Workspace) -> None:
    first = make_group(workspace, "Sales")
    with pytest.raises(NameTakenError):
        make_group(workspace, "SALES")

    delete_group(first)
    make_group(workspace, "sales")

    assert Group.objects.count() == 2


def test_only_members_come_into_a_group(workspace: Workspace, admin: User) -> None:
    group = make_group(workspace, "Sales", [admin.email.upper()])
    stranger = factories.make_member(factories.make_workspace())

    with pytest.raises(NotAMemberError, match=stranger.email):
        add_to_group(group, [stranger.email])

    assert add_to_group(group, [admin.email]) == 0
    assert group.members.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "a@x.example b@x.example",
        "a@x.example,\nb@x.example;",
        "email\na@x.example\nb@x.example",
        "First Name;E-mail;email\nA;x;a@x.example\nB;y;b@x.example",
    ],
)
def test_people_are_pasted_in_several_ways(text: str) -> None:
    people = read_member_list(text)

    assert [person.email for person in people] == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "Found nobody"),
        ("a@x.example\nb", 2, "Found 'b', expected an e-mail address"),
        ("a@x.example\nA@x.example", 2, "again, expected each once"),
        ("email,role\na@x.example,Owner", 2, "Found role 'Owner', expected Admin"),
        ("email,seat_type\na@x.example,Sofa", 2, "Found seat type 'Sofa'"),
        ("email,role\na@x.example", 2, "Found 1 fields, expected 2"),
    ],
)
def test_each_line_that_is_pasted_is_checked(
    text: str, line: int | None, message: str
) -> None:
    with pytest.raises(LoadFaultsError) as caught:
        read_member_list(text)

    assert caught.value.faults[0].line == line
    assert message in caught.value.faults[0].message
