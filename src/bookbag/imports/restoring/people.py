"""The people of an archive: found by e-mail address, or made without any right.

Source: ADR 0085.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.db.models.functions import Lower

from bookbag.domain.courses.models import Enrolment, EnrolmentRole
from bookbag.domain.people.models import Member, MemberRole, User
from bookbag.formats.course_tables import ENROLMENTS
from bookbag.imports.people_rows import in_parts
from bookbag.imports.people_rules import find_person_problems
from bookbag.imports.plan import PlannedPerson
from bookbag.imports.restoring.batches import Batch
from bookbag.imports.restoring.ledger import Kind, Outcome
from bookbag.imports.restoring.rows import Row, list_differences
from bookbag.imports.restoring.run import RestoreRun

_NAMES = ("first_name", "last_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPerson:
    """Somebody, as a row of the archive names them."""

    username: str
    email: str
    first_name: str
    last_name: str
    row: int

    @property
    def key(self) -> str:
        """What two rows about the same person share."""
        return self.username.lower()


def find_person(row: Row) -> FoundPerson:
    """Return the person that a row names."""
    return FoundPerson(
        username=row.text("username"),
        email=row.text("email"),
        first_name=row.text("first_name"),
        last_name=row.text("last_name"),
        row=row.number,
    )


def restore_roster(run: RestoreRun) -> "PeopleRestorer":
    """Make the people, memberships and enrolments that are missing."""
    restorer = PeopleRestorer(run)
    rows = list(run.iter_rows(ENROLMENTS, Kind.ENROLMENTS))
    teachers = {
        row.text("username").lower()
        for row in rows
        if row.text("role") == EnrolmentRole.TEACHER and not row.values["removed_at"]
    }
    restorer.add([find_person(row) for row in rows], teachers)
    _restore_enrolments(run, rows)
    return restorer


class PeopleRestorer:
    """Finds or makes people, a list at a time.

    Invariants: a person who is here keeps everything; who is new can sign in only
    after choosing a password, and gets no role above Staff.
    """

    def __init__(self, run: RestoreRun) -> None:
        self._run = run
        self._refused: set[str] = set()
        self._emails: dict[str, str] = {}

    def add(self, people: Sequence[FoundPerson], teachers: set[str]) -> None:
        """Find or make people; who is known already is passed over.

        Args:
            people: In the order of the archive, a person perhaps more than once.
            teachers: Keys of those who teach; as members they become Staff.
        """
        fresh: dict[str, FoundPerson] = {}
        for person in people:
            if person.key not in self._run.people and person.key not in self._refused:
                fresh.setdefault(person.key, person)
        found = _find_by_email(list(fresh.values()))
        found |= self._find_without_email(list(fresh.values()))
        accepted = [p for p in fresh.values() if self._accept(p)]
        batch = Batch(User, is_dry=self._run.is_dry)
        taken = _find_taken([p.username for p in accepted if p.key not in found])
        for person in accepted:
            user = found.get(person.key)
            if user is None:
                user = self._make(person, taken)
                batch.add(user)
            else:
                self._compare(person, user)
            self._run.people[person.key] = user
        batch.flush()
        self._add_members([p.key for p in accepted], teachers)

    def _accept(self, person: FoundPerson) -> bool:
        problems = find_person_problems(
            PlannedPerson(
                username=person.username,
                email=person.email,
                first_name=person.first_name,
                last_name=person.last_name,
                path="",
                line=person.row,
            )
        )
        twin = self._emails.setdefault(person.email.lower() or person.key, person.key)
        if twin != person.key:
            problems.append(f"Found the e-mail address of '{twin}' again")
        if problems:
            self._refused.add(person.key)
            self._run.ledger.note(
                Kind.PEOPLE,
                Outcome.REFUSED,
                person.username,
                "; ".join(problems),
                person.row,
            )
        return not problems

    def _compare(self, person: FoundPerson, user: User) -> None:
        wanted: dict[str, object] = {name: getattr(person, name) for name in _NAMES}
        if user.username.lower() != person.key:
            wanted["username"] = person.username
        differences = list_differences(user, wanted)
        outcome = Outcome.DIFFERS if differences else Outcome.SAME
        self._run.ledger.note(
            Kind.PEOPLE, outcome, person.username, differences, person.row
        )

    def _make(self, person: FoundPerson, taken: set[str]) -> User:
        username, number = person.username, 1
        while username.lower() in taken:
            number += 1
            username = f"{person.username[:140]}{number}"
            if _find_taken([username]):
                taken.add(username.lower())
        taken.add(username.lower())
        self._run.newcomers.add(person.key)
        reason = "" if number == 1 else f"As '{username}': the user name is taken"
        self._run.ledger.note(
            Kind.PEOPLE, Outcome.CREATE, person.username, reason, person.row
        )
        return User(
            username=username,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            password=make_password(None),
        )

    def _find_without_email(self, people: Sequence[FoundPerson]) -> dict[str, User]:
        # A user name alone proves little, so only members who have no address either.
        names = [person.key for person in people if not person.email]
        members = User.objects.filter(memberships__workspace=self._run.workspace)
        return {
            user.username.lower(): user
            for part in in_parts(names)
            for user in members.annotate(name=Lower("username")).filter(
                name__in=part, email=""
            )
        }

    def _add_members(self, keys: Sequence[str], teachers: set[str]) -> None:
        run = self._run
        users = {key: run.people[key] for key in keys}
        ids = [user.pk for user in users.values() if user.pk is not None]
        members = Member.objects.filter(workspace=run.workspace)
        known = {
            pk
            for part in in_parts(ids)
            for pk in members.filter(user__in=part).values_list("user_id", flat=True)
        }
        batch = Batch(Member, is_dry=run.is_dry)
        for key, user in users.items():
            if user.pk in known and key not in run.newcomers:
                run.ledger.note(Kind.MEMBERS, Outcome.SAME, user.username)
                continue
            role = MemberRole.STAFF if key in teachers else MemberRole.MEMBER
            seat_type: str = settings.BOOKBAG_SEAT_TYPES[0]
            batch.add(
                Member(
                    workspace=run.workspace, user=user, role=role, seat_type=seat_type
                )
            )
            run.ledger.note(Kind.MEMBERS, Outcome.CREATE, user.username, f"As {role}")
        batch.flush()


def _find_by_email(people: Sequence[FoundPerson]) -> dict[str, User]:
    keys = {p.email.lower(): p.key for p in people if p.email}
    # SQLite lowers ASCII letters only, so addresses are also looked up as they are.
    wanted = sorted({*keys, *(p.email for p in people if p.email)})
    users = User.objects.annotate(address=Lower("email"))
    return {
        keys[user.email.lower()]: user
        for part in in_parts(wanted)
        for user in users.filter(address__in=part)
        if user.email.lower() in keys
    }


def _find_taken(usernames: Sequence[str]) -> set[str]:
    """Return which names are taken, in lower case: by a user name or an address."""
    wanted = sorted({*usernames, *(name.lower() for name in usernames)})
    return {
        name.lower()
        for part in in_parts(wanted)
        for user in User.objects.annotate(
            name=Lower("username"), address=Lower("email")
        ).filter(Q(name__in=part) | Q(address__in=part))
        for name in (user.username, user.email)
    }


def _restore_enrolments(run: RestoreRun, rows: Sequence[Row]) -> None:
    existing = (
        {(e.user_id, e.role): e for e in run.course.enrolments.all()}
        if run.course.pk
        else {}
    )
    batch = Batch(Enrolment, is_dry=run.is_dry)
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key, role = row.text("username").lower(), row.text("role")
        label = f"{row.text('username')} as {role}"
        reason = _find_fault(run, row, seen)
        if reason:
            run.refuse(Kind.ENROLMENTS, label, reason, row)
            continue
        seen.add((key, role))
        person = run.people[key]
        known = existing.get((person.pk, role)) if person.pk else None
        if known is not None:
            _compare_enrolment(run, known, row, label)
            continue
        batch.add(
            Enrolment(
                course=run.course,
                user=person,
                role=role,
                is_read_only=bool(row.values["is_read_only"]),
                enrolled_at=row.get_time("enrolled_at") or run.now,
                removed_at=row.get_time("removed_at"),
            )
        )
        run.ledger.note(Kind.ENROLMENTS, Outcome.CREATE, label, row=row.number)
    batch.flush()


def _find_fault(run: RestoreRun, row: Row, seen: set[tuple[str, str]]) -> str:
    key, role = row.text("username").lower(), row.text("role")
    if key not in run.people:
        return "The person is refused"
    if role not in EnrolmentRole.values:
        return f"Found role '{role[:40]}', expected {' or '.join(EnrolmentRole.values)}"
    if row.values["is_read_only"] and role != EnrolmentRole.TEACHER:
        return "Found a student who may only read, expected that of teachers"
    return "Found it twice, expected it once" if (key, role) in seen else ""


def _compare_enrolment(run: RestoreRun, known: Enrolment, row: Row, label: str) -> None:
    wanted: dict[str, object] = {"is_read_only": bool(row.values["is_read_only"])}
    if (known.removed_at is None) != (row.values["removed_at"] is None):
        wanted["removed_at"] = row.values["removed_at"]
    differences = list_differences(known, wanted)
    outcome = Outcome.DIFFERS if differences else Outcome.SAME
    run.ledger.note(Kind.ENROLMENTS, outcome, label, differences, row.number)
