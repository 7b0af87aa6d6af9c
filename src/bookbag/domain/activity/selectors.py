"""Reading activity: the events that belong to a course."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from bookbag.domain.activity.models import SIGN_IN_TYPES, AccessEvent
from bookbag.domain.courses.models import (
    AssignmentKind,
    Course,
    Enrolment,
    EnrolmentRole,
)


def oldest_kept(now: datetime) -> datetime:
    """Return when the oldest event may have happened that is still kept."""
    return now - timedelta(days=settings.BOOKBAG_ACCESS_DAYS)


def course_events(course: Course, now: datetime) -> QuerySet[AccessEvent]:
    """Return a course's events that are kept, oldest first.

    A log-in or log-out belongs to the course when the person was enrolled in it at that
    time. Each event carries ``reported_name``, the assignment's name or its book's, and
    ``reported_role``.
    """
    enrolments = Enrolment.objects.filter(
        Q(removed_at__isnull=True) | Q(removed_at__gte=OuterRef("occurred_at")),
        course=course,
        user=OuterRef("user"),
        enrolled_at__lte=OuterRef("occurred_at"),
    )
    teaching = enrolments.filter(role=EnrolmentRole.TEACHER)
    is_sign_in = Q(access_type__in=SIGN_IN_TYPES)
    return (
        AccessEvent.objects.filter(
            Q(course=course) | (is_sign_in & Exists(enrolments)),
            occurred_at__gte=oldest_kept(now),
        )
        .annotate(
            reported_name=Case(
                When(
                    assignment__kind=AssignmentKind.BOOK,
                    then=F("assignment__book_name"),
                ),
                default=F("assignment__name"),
                output_field=CharField(),
            ),
            reported_role=Case(
                When(~Q(role=""), then=F("role")),
                When(Exists(teaching), then=Value(EnrolmentRole.TEACHER.value)),
                default=Value(EnrolmentRole.STUDENT.value),
                output_field=CharField(),
            ),
        )
        .order_by("occurred_at", "pk")
    )


def first_event_at(course: Course, now: datetime) -> datetime | None:
    """Return when a course's first event that is kept happened."""
    return course_events(course, now).values_list("occurred_at", flat=True).first()
