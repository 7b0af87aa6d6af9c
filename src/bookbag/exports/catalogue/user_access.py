"""User access data: who signed in and out and opened which project of a course."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.activity.selectors import course_events, oldest_kept
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import (
    ExportScope,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.options import choose_day, choose_people, choose_zone
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import (
    Choices,
    RowsToRead,
    TableContent,
    define_table,
    read_content_of_rows,
)
from bookbag.exports.errors import OptionsError, ScopeError
from bookbag.exports.rows import Snapshot, compile_rows
from bookbag.formats.course_tables import make_access_schema

FIELDS = (
    "user__username user__email user__first_name user__last_name occurred_at "
    "access_type reported_name reported_role project_path ip_address"
)
RULE_OLD = "older-than-kept"
RULE_OTHERS = "not-asked-for"
SINCE, UNTIL, PEOPLE, ZONE = "since", "until", "people", "time_zone"
OPTIONS = {
    SINCE: choose_day(),
    UNTIL: choose_day(),
    PEOPLE: choose_people(),
    ZONE: choose_zone(),
}


def read_events(course: Course, snapshot_at: datetime) -> RowsToRead:
    """Return all access events of a course that are still kept."""
    old = AccessEvent.objects.filter(
        course=course, occurred_at__lt=oldest_kept(snapshot_at)
    )
    return RowsToRead(
        rows=course_events(course, snapshot_at),
        fields=FIELDS,
        left_out={RULE_OLD: old},
    )


def read_user_access(context: ProductionContext, snapshot: Snapshot) -> TableContent:
    """Return the access events that were asked for."""
    course = _get_course(context.scope)
    kept = read_events(course, context.snapshot_at)
    asked = replace(kept, rows=_narrow(kept.rows, course, context.options))
    zone = context.options.get(ZONE, "UTC")
    content = read_content_of_rows(
        snapshot, make_access_schema(zone), asked, file_stem=course.name
    )
    others = 0
    if asked.rows is not kept.rows:
        others = snapshot.count(compile_rows(kept.rows, FIELDS)) - content.row_count
    return replace(content, left_out={**content.left_out, RULE_OTHERS: others})


def check_choices(scope: ExportScope, options: Mapping[str, str]) -> None:
    """Refuse days in the wrong order and people who never were in the course.

    Raises:
        OptionsError: For either, naming what was found.
    """
    since, until = options[SINCE], options[UNTIL]
    if since and until and until < since:
        message = f"Found {until!r}, expected no earlier day than {since!r}: "
        raise OptionsError(f"{message}option {UNTIL!r}")
    known = _find_people(_get_course(scope), options[PEOPLE])
    unknown = [name for name in options[PEOPLE].split() if name not in known]
    if unknown:
        message = f"Found {unknown[0][:100]!r}, expected people of the course"
        raise OptionsError(f"{message}: option {PEOPLE!r}")


def _narrow(
    events: QuerySet[AccessEvent], course: Course, options: Mapping[str, str]
) -> QuerySet[AccessEvent]:
    zone = ZoneInfo(options.get(ZONE, "UTC"))
    if since := options.get(SINCE):
        first = datetime.combine(date.fromisoformat(since), time.min, zone)
        events = events.filter(occurred_at__gte=first.astimezone(UTC))
    if until := options.get(UNTIL):
        day_after = date.fromisoformat(until) + timedelta(days=1)
        end = datetime.combine(day_after, time.min, zone)
        events = events.filter(occurred_at__lt=end.astimezone(UTC))
    if people := options.get(PEOPLE):
        found = _find_people(course, people)
        events = events.filter(user__in=sorted(set(found.values())))
    return events


def _find_people(course: Course, names: str) -> dict[str, int]:
    """Return the keys of people of a course by user name and by e-mail address."""
    if not names:
        return {}
    enrolled = User.objects.filter(enrolments__course=course).distinct()
    known: dict[str, int] = {}
    for key, username, email in enrolled.values_list("pk", "username", "email"):
        known |= {username.lower(): key, email.lower(): key}
    return {name: known[name] for name in names.split() if name in known}


def _get_course(scope: ExportScope) -> Course:
    if scope.course is None:
        raise ScopeError("Found no course, expected one: user-access")
    return scope.course


DEFINITION = define_table(
    "user-access",
    ScopeKind.COURSE,
    lambda: str(_("User Access Data")),
    may_request=may_export_course,
    read=read_user_access,
    choices=Choices(options=OPTIONS, check=check_choices),
)
