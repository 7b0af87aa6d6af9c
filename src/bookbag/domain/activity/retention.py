"""What happens to activity by itself: sessions that ended, events that grew old."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from bookbag.domain.activity.models import (
    AccessEvent,
    AccessType,
    ProjectVisit,
    SignIn,
)
from bookbag.domain.activity.recording import make_closing_event, write_events

PURGE_ROWS = 2_000
"""Events that one statement deletes, so that writers wait for moments only."""
LOOK_ROWS = 500
VISIT_PATIENCE = timedelta(minutes=5)
"""How long a page may be silent before its project counts as closed."""


def end_lost_sign_ins() -> int:
    """Record a log-out for each sign-in whose session is over.

    A session is over when it has expired, or is gone because the person was signed out
    elsewhere. Safe in many workers at once.

    Returns:
        How many were ended.
    """
    now = timezone.now()
    ended = 0
    open_ones = SignIn.objects.order_by("pk").iterator(chunk_size=LOOK_ROWS)
    lost: list[SignIn] = []
    for signed_in in open_ones:
        lost.append(signed_in)
        if len(lost) == LOOK_ROWS:
            ended += _end_those_over(lost, now)
            lost = []
    return ended + _end_those_over(lost, now)


def close_idle_visits() -> int:
    """Record that projects were closed whose pages have not been heard of.

    A page says every minute that it is open; a browser that crashed or sleeps does not.
    Safe in many workers at once.

    Returns:
        How many were closed.
    """
    idle = ProjectVisit.objects.filter(seen_at__lt=timezone.now() - VISIT_PATIENCE)
    found = list(idle.select_related("project__assignment")[:LOOK_ROWS])
    write_events([(make_closing_event(visit, visit.seen_at), visit) for visit in found])
    return len(found)


def purge_old_events() -> int:
    """Delete access events that are older than they may be kept.

    Returns:
        How many were deleted.
    """
    oldest = timezone.now() - timedelta(days=settings.BOOKBAG_ACCESS_DAYS)
    count = 0
    while True:
        old = AccessEvent.objects.filter(occurred_at__lt=oldest).order_by()
        keys = list(old.values_list("pk", flat=True)[:PURGE_ROWS])
        if not keys:
            return count
        count += AccessEvent.objects.filter(pk__in=keys).delete()[0]


def _end_those_over(sign_ins: list[SignIn], now: datetime) -> int:
    keys = [signed_in.session_key for signed_in in sign_ins]
    expiries = dict(
        Session.objects.filter(session_key__in=keys).values_list(
            "session_key", "expire_date"
        )
    )
    count = 0
    for signed_in in sign_ins:
        over_at = expiries.get(signed_in.session_key, now)
        if over_at > now:
            continue
        event = AccessEvent(
            # The same identity in every worker that finds it.
            event_id=f"ended-{signed_in.pk}",
            user_id=signed_in.user_id,
            access_type=AccessType.LOG_OUT,
            occurred_at=over_at,
            ip_address=signed_in.ip_address,
        )
        write_events([(event, signed_in)])
        count += 1
    return count
