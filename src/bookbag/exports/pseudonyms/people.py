"""Who the people of a workspace or course are, and everything that they are called."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Q

from bagkit.identities import Identity, IdentityDictionary, IdentityKind
from bookbag.domain.courses.models import Course
from bookbag.domain.lti.models import LaunchedPerson
from bookbag.domain.people.models import Member, User, Workspace

MAIL_HOST = "pseudonym.invalid"
"""No mail can go there (RFC 2606)."""
Called = tuple[int, str, str, str, str]
"""Key, user name, address, first and last name."""


def format_address(pseudonym: str) -> str:
    """Return what stands for the e-mail address of a person."""
    return f"{pseudonym}@{MAIL_HOST}"


def list_people(
    workspace: Workspace, course: Course | None, *, alone: User | None = None
) -> list[Called]:
    """Return everybody who can occur in an export, with their names.

    Members count, and whoever is or was enrolled or did something in a course.

    Args:
        workspace: Where the export is of.
        course: Only people of this course.
        alone: Only this person.
    """
    if alone is not None:
        is_there = Q(pk=alone.pk)
    elif course is None:
        is_there = Q(memberships__workspace=workspace) | Q(
            enrolments__course__workspace=workspace
        )
    else:
        is_there = Q(enrolments__course=course) | Q(projects__assignment__course=course)
    names = ("pk", "username", "email", "first_name", "last_name")
    found = User.objects.filter(is_there).order_by("pk").distinct()
    return list(found.values_list(*names))


def make_dictionary(
    workspace: Workspace, people: Iterable[Called], pseudonyms: Mapping[int, str]
) -> IdentityDictionary:
    """Return all that some people are called, with the pseudonym of each.

    Args:
        workspace: Its systems and platforms have ids of their own for people.
        people: Who they are.
        pseudonyms: By a person's key.
    """
    ids = _find_ids(workspace, pseudonyms)
    return IdentityDictionary(
        identity
        for person in people
        for identity in _iter_identities(person, pseudonyms[person[0]], ids)
    )


def _iter_identities(
    person: Called, pseudonym: str, ids: Mapping[int, list[str]]
) -> Iterator[Identity]:
    key, username, email, first, last = person
    yield Identity(IdentityKind.USERNAME, username, pseudonym)
    yield Identity(IdentityKind.EMAIL, email, format_address(pseudonym))
    if first and last:
        for spelt in (f"{first} {last}", f"{last}, {first}", f"{last} {first}"):
            yield Identity(IdentityKind.FULL_NAME, spelt, pseudonym)
        for spelt in (f"{first}{mark}{last}" for mark in "._-"):
            yield Identity(IdentityKind.FULL_NAME, spelt, pseudonym)
    yield Identity(IdentityKind.NAME, first, pseudonym)
    yield Identity(IdentityKind.NAME, last, pseudonym)
    for text in ids.get(key, ()):
        yield Identity(IdentityKind.ID, text, pseudonym)


def _find_ids(
    workspace: Workspace, pseudonyms: Mapping[int, str]
) -> dict[int, list[str]]:
    ids: dict[int, list[str]] = defaultdict(list)
    members = Member.objects.filter(workspace=workspace).exclude(external_id="")
    launched = LaunchedPerson.objects.filter(
        Q(platform__workspace=workspace) | Q(consumer_key__workspace=workspace)
    )
    for rows in (
        members.values_list("user_id", "external_id"),
        launched.values_list("user_id", "subject"),
    ):
        for key, text in rows:
            if key in pseudonyms:
                ids[key].append(text)
    return ids
