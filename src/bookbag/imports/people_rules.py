"""What a roster may say about people; the same rules for every kind of roster."""

import re
import unicodedata
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.domain.people.models import User
from bookbag.formats.texts import show_text
from bookbag.imports.faults import FaultList, match_key
from bookbag.imports.plan import PlannedEnrolment, PlannedPerson, Roster

_USERNAME = re.compile(r"[\w.@+-]+")
USERNAME_LIMIT = User._meta.get_field("username").max_length or 150
EMAIL_LIMIT = User._meta.get_field("email").max_length or 254
NAME_LIMITS = {
    "first_name": User._meta.get_field("first_name").max_length or 150,
    "last_name": User._meta.get_field("last_name").max_length or 150,
}


class RosterBuilder:
    """Takes people one by one and reports what contradicts an earlier one.

    Invariants: one builder for one roster, used by one thread.
    """

    def __init__(self, path: Path, faults: FaultList) -> None:
        self.path = path
        self.faults = faults
        self.people: dict[str, PlannedPerson] = {}
        """By what their names have in common (``match_key``)."""
        self.emails: dict[str, PlannedPerson] = {}
        """By e-mail, in lower case."""
        self.enrolments: dict[tuple[str, EnrolmentRole], PlannedEnrolment] = {}
        """By person and role."""
        self.mentioned: set[str] = set()
        """Every user name seen, so that one fault does not cause a second."""

    def add(
        self,
        person: PlannedPerson,
        role: EnrolmentRole,
        *,
        is_read_only: bool = False,
    ) -> None:
        """Add a person in a role, or the faults that forbid it."""
        person = _compose(person)
        self.mentioned.add(match_key(person.username))
        problems = [
            *find_person_problems(person),
            *self._contradictions(person, role),
        ]
        for problem in problems:
            self.faults.add(self.path, problem, line=person.line)
        if problems:
            return
        key = match_key(person.username)
        person = self.people.setdefault(key, person)
        if person.email:
            self.emails.setdefault(person.email.lower(), person)
        self.enrolments[key, role] = PlannedEnrolment(
            username=person.username, role=role, is_read_only=is_read_only
        )

    def build(
        self, *, origin: str, is_complete: bool = True, course_name: str = ""
    ) -> Roster:
        """Return the roster of all people who were added without a fault."""
        return Roster(
            origin=origin,
            is_complete=is_complete,
            people=tuple(self.people.values()),
            enrolments=tuple(self.enrolments.values()),
            mentioned=frozenset(self.mentioned),
            course_name=course_name,
        )

    def _contradictions(self, person: PlannedPerson, role: EnrolmentRole) -> list[str]:
        key = match_key(person.username)
        same = self.people.get(key)
        username = show_text(person.username)
        if same is not None and (key, role) in self.enrolments:
            return [
                f"Found user name '{username}' again as {role.value}, expected it "
                f"once; first on line {same.line}"
            ]
        if same is not None and _details(same) != _details(person):
            return [
                f"Found user name '{username}' with another name or e-mail address "
                f"than on line {same.line}, expected the same"
            ]
        twin = self.emails.get(person.email.lower()) if person.email else None
        if twin is not None and twin is not same:
            return [
                f"Found the e-mail address of '{show_text(twin.username)}' on line "
                f"{twin.line} again, expected one person for each address"
            ]
        return []


def _compose(person: PlannedPerson) -> PlannedPerson:
    """Return the person with names in NFC, as forms and databases expect them."""
    return PlannedPerson(
        username=unicodedata.normalize("NFC", person.username),
        email=unicodedata.normalize("NFC", person.email),
        first_name=unicodedata.normalize("NFC", person.first_name),
        last_name=unicodedata.normalize("NFC", person.last_name),
        path=person.path,
        line=person.line,
    )


def _details(person: PlannedPerson) -> tuple[str, str, str]:
    return person.email.lower(), person.first_name, person.last_name


def find_person_problems(person: PlannedPerson) -> list[str]:
    """Return what keeps a person from being known here, whoever names them."""
    return [
        *_username_problems(person.username),
        *_email_problems(person.email),
        *_name_problems(person),
    ]


def _username_problems(username: str) -> list[str]:
    if not username:
        return ["Found no user name, expected one"]
    if len(username) > USERNAME_LIMIT:
        return [f"User name is {len(username)} characters, limit is {USERNAME_LIMIT}"]
    # A user name becomes the name of a folder in archives.
    if username in {".", ".."} or not _USERNAME.fullmatch(username):
        return [
            f"Found user name '{show_text(username)}', expected letters, digits and "
            "@ . + - _ only"
        ]
    return []


def _email_problems(email: str) -> list[str]:
    if not email:
        return []
    if len(email) > EMAIL_LIMIT:
        return [f"E-mail address is {len(email)} characters, limit is {EMAIL_LIMIT}"]
    try:
        validate_email(email)
    except ValidationError:
        return ["Found an e-mail address that is not valid, expected name@host"]
    return []


def _name_problems(person: PlannedPerson) -> list[str]:
    lengths = {
        "first_name": len(person.first_name),
        "last_name": len(person.last_name),
    }
    return [
        f"{column} is {length} characters, limit is {NAME_LIMITS[column]}"
        for column, length in lengths.items()
        if length > NAME_LIMITS[column]
    ]
