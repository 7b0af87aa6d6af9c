"""Bringing users and members in line with a roster."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.db.models.functions import Lower

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.domain.people.models import Member, MemberRole, User, Workspace
from bookbag.formats.texts import show_text
from bookbag.imports.changes import KindChange, sync_rows
from bookbag.imports.errors import Fault, LoadFaultsError
from bookbag.imports.faults import match_key
from bookbag.imports.plan import CoursePlan, PlannedPerson

ValueT = TypeVar("ValueT", str, int)
LOOKUP_SIZE = 5_000
"""Values in one lookup; databases limit the parameters of a statement."""
_DETAILS = ("email", "first_name", "last_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedPeople:
    """The people of a plan as they are in the database."""

    users: Mapping[str, User]
    """By the plan's user name."""
    changes: tuple[KindChange, ...]
    """Of users and of members."""


def sync_people(plan: CoursePlan, workspace: Workspace) -> SyncedPeople:
    """Make and update the users of a plan, and make them members.

    A person who is known keeps the spelling of the user name, the password and every
    role in the workspace; what the roster leaves blank is left alone (ADR 0052).

    Raises:
        LoadFaultsError: If an e-mail address belongs to somebody else.
    """
    people = {person.username: person for person in plan.roster.people}
    existing = _find_users(list(people))
    _check_emails(people, existing)
    users = sync_rows(
        User,
        kind="users",
        existing=existing,
        wanted={name: _details(person) for name, person in people.items()},
        make=_make_user,
        before_update={"email": _free_emails},
    )
    members = _sync_members(plan, workspace, users.rows)
    return SyncedPeople(users=users.rows, changes=(users.change, members))


def _find_users(usernames: Sequence[str]) -> dict[str, User]:
    """Return the users that exist, by the plan's spelling of their names."""
    # SQLite lowers ASCII letters only, so names are also looked up as they are.
    spellings = {match_key(name): name for name in usernames}
    wanted = {*usernames, *(name.lower() for name in usernames)}
    return {
        spellings[key]: user
        for part in in_parts(sorted(wanted))
        for user in User.objects.annotate(key=Lower("username")).filter(key__in=part)
        if (key := match_key(user.username)) in spellings
    }


def _check_emails(
    people: Mapping[str, PlannedPerson], existing: Mapping[str, User]
) -> None:
    wanted = {p.email.lower(): p for p in people.values() if p.email}
    known = {user.pk: name for name, user in existing.items()}
    faults = []
    for part in in_parts(sorted(wanted)):
        holders = User.objects.annotate(key=Lower("email")).filter(key__in=part)
        for holder in holders.only("pk", "email", "username"):
            person = wanted.get(holder.email.lower())
            if person is None or known.get(holder.pk) == person.username:
                continue
            other = people.get(known.get(holder.pk, ""))
            if other is not None and other.email.lower() not in {
                "",
                holder.email.lower(),
            }:
                # The present holder gets another address by the same roster.
                continue
            message = (
                f"Found the e-mail address of user '{show_text(holder.username)}', "
                f"expected one that nobody else has, for '{person.username}'"
            )
            faults.append(Fault(path=person.path, line=person.line, message=message))
    if faults:
        raise LoadFaultsError(faults)


def _details(person: PlannedPerson) -> dict[str, object]:
    values = {name: getattr(person, name) for name in _DETAILS}
    return {name: value for name, value in values.items() if value}


def _make_user(username: str) -> User:
    # Nobody can sign in with a password that was never set.
    return User(username=username, password=make_password(None))


def _free_emails(users: Collection[User]) -> None:
    """Clear addresses that change, since two people may exchange theirs."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(email="")


def _sync_members(
    plan: CoursePlan, workspace: Workspace, users: Mapping[str, User]
) -> KindChange:
    teachers = set(plan.roster.usernames(EnrolmentRole.TEACHER))
    names = {user.pk: name for name, user in users.items()}
    existing = {
        names[member.user_id]: member
        for part in in_parts(sorted(names))
        for member in Member.objects.filter(workspace=workspace, user__in=part)
    }

    def make(username: str) -> Member:
        role = MemberRole.STAFF if username in teachers else MemberRole.MEMBER
        return Member(workspace=workspace, user=users[username], role=role)

    # No values are wanted of members who are there: their roles are not the roster's.
    return sync_rows(
        Member,
        kind="members",
        existing=existing,
        wanted={name: {} for name in users},
        make=make,
    ).change


def in_parts(values: Sequence[ValueT]) -> Iterator[list[ValueT]]:
    """Yield values in lists that are short enough for one lookup."""
    remaining = iter(values)
    while part := list(islice(remaining, LOOKUP_SIZE)):
        yield part
