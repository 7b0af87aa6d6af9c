"""Many members at once, in few statements: added, or brought in line with a list."""

import itertools
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import (
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)

Value = TypeVar("Value")
LOOKUP_ROWS = 2_000
"""Values in one lookup; databases limit the parameters of a statement."""
NAME_CHARACTERS = 140
NUMBERED_TRIES = 5
CHANGED = ("role", "seat_type", "status", "external_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMember:
    """Somebody who is to be a member; what is empty is left as it is."""

    email: str
    first_name: str = ""
    last_name: str = ""
    role: str = ""
    seat_type: str = ""
    status: str = ""
    external_id: str = ""


@dataclass(slots=True, kw_only=True)
class MemberOutcome:
    """What became of one of them."""

    member: Member | None = None
    is_new: bool = False
    changes: set[str] = field(default_factory=set)
    fault: str = ""
    """Why nothing was done, when nothing was."""


@transaction.atomic
def upsert_members(
    workspace: Workspace,
    wanted: Sequence[WantedMember],
    *,
    is_changing: bool = True,
) -> list[MemberOutcome]:
    """Add members, and change those who are there; one outcome for each, in order.

    A member is known by the external id, or else by the address. An account that is
    there stays as it is: who administers a workspace changes memberships, not people.
    Owners are made and changed one by one, by an owner.

    Args:
        workspace: The tenant.
        wanted: Who is to be a member, each once.
        is_changing: Whether those who are members already are changed.
    """
    known = _KnownMembers(workspace, wanted, is_changing=is_changing)
    outcomes = [known.decide(person) for person in wanted]
    new = [
        (person, outcome)
        for person, outcome in zip(wanted, outcomes, strict=True)
        if outcome.is_new
    ]
    users = find_or_make_users([person for person, _ in new])
    for person, outcome in new:
        if outcome.member is not None:
            outcome.member.user = users[person.email.lower()]
    made = [outcome.member for _, outcome in new if outcome.member is not None]
    Member.objects.bulk_create(made, batch_size=LOOKUP_ROWS)
    changed = [o.member for o in outcomes if o.changes and not o.is_new and o.member]
    if changed:
        Member.objects.bulk_update(changed, CHANGED, batch_size=LOOKUP_ROWS)
    record(workspace.pk, *_describe(outcomes))
    return outcomes


class _KnownMembers:
    """The members whom a list is about, and what each of them is to become."""

    def __init__(
        self,
        workspace: Workspace,
        wanted: Sequence[WantedMember],
        *,
        is_changing: bool,
    ) -> None:
        self._workspace = workspace
        self._is_changing = is_changing
        self._seats: list[str] = settings.BOOKBAG_SEAT_TYPES
        self._seen: set[str] = set()
        members = Member.objects.filter(workspace=workspace).select_related("user")
        emails = [person.email.lower() for person in wanted]
        keys = [person.external_id for person in wanted if person.external_id]
        self._by_email: dict[str, Member] = {}
        self._by_key: dict[str, Member] = {}
        # As ``find_user``: somebody may have an address as the user name.
        for column in ("username", "email"):
            keyed = members.annotate(key=Lower(f"user__{column}"))
            for part in in_parts(emails):
                for named in keyed.filter(key__in=part):
                    self._by_email[getattr(named.user, column).lower()] = named
        for part in in_parts(keys):
            for member in members.filter(external_id__in=part):
                self._by_key[member.external_id] = member

    def decide(self, person: WantedMember) -> MemberOutcome:
        """Return what becomes of one of the list; new ones have no user yet."""
        fault = self._find_fault(person)
        if fault:
            return MemberOutcome(fault=fault)
        by_email = self._by_email.get(person.email.lower())
        member = self._by_key.get(person.external_id) or by_email
        if member is None:
            return self._make(person)
        if by_email is not None and by_email.pk != member.pk:
            found = (
                f"Found {person.external_id!r} of another member than {person.email}"
            )
            return MemberOutcome(fault=f"{found}, expected the same")
        values = {name: getattr(person, name) for name in CHANGED}
        given = values.items() if self._is_changing else ()
        changes = {n for n, v in given if v and v != getattr(member, n)}
        if member.role == MemberRole.OWNER and changes & {"role", "status"}:
            return MemberOutcome(fault=f"Found an owner, expected none: {person.email}")
        for name in changes:
            setattr(member, name, values[name])
        return MemberOutcome(member=member, changes=changes)

    def _make(self, person: WantedMember) -> MemberOutcome:
        member = Member(
            workspace=self._workspace,
            role=person.role or MemberRole.MEMBER,
            seat_type=person.seat_type or self._seats[0],
            status=person.status or MemberStatus.ACTIVE,
            external_id=person.external_id,
        )
        return MemberOutcome(member=member, is_new=True)

    def _find_fault(self, person: WantedMember) -> str:
        names = {person.email.lower(), *filter(None, [f"#{person.external_id}"])} - {
            "#"
        }
        if names & self._seen:
            return f"Found {person.email} again, expected each once"
        self._seen |= names
        if person.role == MemberRole.OWNER:
            return f"Found the role Owner, which cannot be given here: {person.email}"
        if person.seat_type and person.seat_type not in self._seats:
            expected = ", ".join(self._seats)
            return f"Found seat type {person.seat_type!r}, expected one of {expected}"
        return ""


def find_or_make_users(people: Collection[WantedMember]) -> dict[str, User]:
    """Return the users of some addresses, by them in lower case; make who is new."""
    found: dict[str, User] = {}
    lowered = User.objects.annotate(key=Lower("email"))
    for part in in_parts([person.email.lower() for person in people]):
        found |= {user.email.lower(): user for user in lowered.filter(key__in=part)}
        # As ``find_user``: somebody may have an address as the user name.
        named = User.objects.annotate(key=Lower("username")).filter(key__in=part)
        found = {user.username.lower(): user for user in named} | found
    missing = {p.email.lower(): p for p in people if p.email.lower() not in found}
    names = _name_users(list(missing.values()))
    made = {
        key: User(
            username=name,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            password=make_password(None),  # nobody can sign in with one never set
        )
        for (key, person), name in zip(missing.items(), names, strict=True)
    }
    User.objects.bulk_create(made.values(), batch_size=LOOKUP_ROWS)
    return found | made


def _name_users(people: Sequence[WantedMember]) -> list[str]:
    """Return a user name that is free for each, by what stands before the @."""
    bases = [_base_name(person) for person in people]
    names, taken = list(bases), _find_taken(bases)
    waiting = list(range(len(bases)))
    for number in itertools.count(2):
        still = []
        for index in waiting:
            if names[index].lower() in taken:
                still.append(index)
            taken.add(names[index].lower())
        if not still:
            return names
        for index in still:
            # Numbers first, as people expect; what is popular gets letters.
            is_popular = number > NUMBERED_TRIES
            suffix = secrets.token_hex(4) if is_popular else str(number)
            names[index] = f"{bases[index]}{suffix}"
        taken |= _find_taken([names[index] for index in still])
        waiting = still
    raise AssertionError  # counting never ends


def _base_name(person: WantedMember) -> str:
    named = f"{person.first_name}.{person.last_name}".lower().strip(".")
    base = person.email.partition("@")[0] or slugify(named) or "person"
    return base[:NAME_CHARACTERS]


def _find_taken(names: Sequence[str]) -> set[str]:
    lowered = [name.lower() for name in names]
    users = User.objects.annotate(key=Lower("username"))
    return {
        key.lower()
        for part in in_parts(lowered)
        for key in users.filter(Q(key__in=part)).values_list(F("key"), flat=True)
    }


def _describe(outcomes: Iterable[MemberOutcome]) -> Iterator[Deed]:
    for outcome in outcomes:
        member = outcome.member
        if member is None or not (outcome.is_new or outcome.changes):
            continue
        act = Act.MEMBER_ADDED if outcome.is_new else Act.MEMBER_CHANGED
        if outcome.changes == {"status"}:
            is_active = member.status == MemberStatus.ACTIVE
            act = Act.MEMBER_REACTIVATED if is_active else Act.MEMBER_DEACTIVATED
        yield Deed(
            act=act,
            target=member.user.username,
            target_key=member.user_id,
            detail=f"as {member.role}, {member.seat_type}, {member.status}"
            if outcome.changes
            else f"as {member.role}",
        )


def in_parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Yield values in parts that fit one statement."""
    for start in range(0, len(values), LOOKUP_ROWS):
        yield values[start : start + LOOKUP_ROWS]
