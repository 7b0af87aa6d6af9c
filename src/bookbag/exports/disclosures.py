"""Who exported whose data: what a person may know of exports that contained them.

Source: GDPR, article 15; FERPA, record of disclosures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from bookbag.domain.courses.models import Enrolment
from bookbag.domain.people.models import Member, User
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ExportScope, People
from bookbag.exports.models import Export, ExportRequester
from bookbag.exports.states import ExportState

LISTED = 200
FINISHED = (ExportState.READY, ExportState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One time that somebody took data out in which the person is."""

    title: str
    """The kind of export."""
    scope_name: str
    """What it was about."""
    person: User
    """Who asked for it."""
    asked_at: datetime
    purpose: str


def list_without_people() -> list[str]:
    """Return the exports of the catalogue that name nobody."""
    catalogue = get_catalogue().items()
    return [name for name, entry in catalogue if entry.people is People.NOWHERE]


def holds_data_of_others(person: User, identifier: str, scope: ExportScope) -> bool:
    """Answer whether an export has other people in it than the one who asks."""
    if identifier in list_without_people():
        return False
    return scope.subject is None or scope.subject.pk != person.pk


def list_disclosures(person: User) -> list[Disclosure]:
    """Return the exports that contained a person, the newest first.

    An export of a course contains who had been enrolled when it was finished, also who
    was removed before: the receipt names them. An export of a workspace contains its
    members. Exports of other people alone do not count, nor what the person took out
    of their own.
    """
    enrolled = Enrolment.objects.filter(
        user=person, course=OuterRef("course"), enrolled_at__lte=OuterRef("finished_at")
    )
    member = Member.objects.filter(
        user=person,
        workspace=OuterRef("workspace"),
        joined_at__lte=OuterRef("finished_at"),
    )
    is_of_course = Q(course__isnull=False, subject__isnull=True) & Exists(enrolled)
    is_of_workspace = Q(course__isnull=True, subject__isnull=True) & Exists(member)
    contained = Export.objects.filter(
        is_of_course | is_of_workspace | Q(subject=person), state__in=FINISHED
    ).exclude(identifier__in=list_without_people())
    asked = ExportRequester.objects.filter(export__in=contained).exclude(
        export__subject=person, person=person
    )
    related = asked.select_related("export", "person").order_by("-asked_at", "-pk")
    return list(_describe(related[:LISTED]))


def _describe(asked: Iterable[ExportRequester]) -> Iterable[Disclosure]:
    catalogue = get_catalogue()
    for request in asked:
        export = request.export
        entry = catalogue.get(export.identifier)
        yield Disclosure(
            title=entry.get_title() if entry else export.identifier,
            scope_name=export.scope_name,
            person=request.person,
            asked_at=request.asked_at,
            purpose=request.purpose,
        )
