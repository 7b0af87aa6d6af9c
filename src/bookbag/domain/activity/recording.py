"""Writing access events beside the pages: no page waits for it or fails by it.

A page puts an event into a bounded queue; one thread of the process writes what has
gathered in one statement. While the database is away, events wait.
"""

import atexit
import collections
import logging
import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from bookbag.domain.activity.models import (
    AccessEvent,
    AccessType,
    ProjectVisit,
    SignIn,
)

Stay: TypeAlias = SignIn | ProjectVisit | None
"""What an event begins or ends."""

BEGINNINGS = (AccessType.LOG_IN, AccessType.PROJECT_OPEN)

logger = logging.getLogger(__name__)

WAITING_EVENTS = 100_000
"""What may wait for the database; beyond it the oldest are given up, and logged."""
BATCH_EVENTS = 1_000
RETRY_SECONDS = 1.0
END_SECONDS = 3.0
"""How long a process that ends tries to write what is left."""


def record_sign_in(*, user_id: int, session_key: str, ip_address: str | None) -> None:
    """Record that somebody signed in."""
    signed_in = SignIn(session_key=session_key, user_id=user_id, ip_address=ip_address)
    event = AccessEvent(
        user_id=user_id, access_type=AccessType.LOG_IN, ip_address=ip_address
    )
    WRITER.put((event, signed_in))


def record_sign_out(*, user_id: int, session_key: str, ip_address: str | None) -> None:
    """Record that somebody signed out."""
    event = AccessEvent(
        user_id=user_id, access_type=AccessType.LOG_OUT, ip_address=ip_address
    )
    WRITER.put((event, SignIn(session_key=session_key)))


def move_sign_in(old_key: str, new_key: str) -> None:
    """Let a sign-in go on under another key of its session."""
    WRITER.flush()  # it may have begun a moment ago
    SignIn.objects.filter(session_key=old_key).update(session_key=new_key)


def record_project_open(visit: ProjectVisit) -> None:
    """Record that somebody opened a project; the visit is kept until it closes."""
    WRITER.put((_make_project_event(visit, AccessType.PROJECT_OPEN), visit))


def record_project_close(visit: ProjectVisit) -> None:
    """Record that somebody closed a project."""
    WRITER.put((make_closing_event(visit, timezone.now()), visit))


def make_closing_event(visit: ProjectVisit, closed_at: datetime) -> AccessEvent:
    """Return the event that ends a visit: the same, whoever notices the end first."""
    event = _make_project_event(visit, AccessType.PROJECT_CLOSE)
    event.event_id = f"closed-{visit.key}"
    event.occurred_at = closed_at
    return event


def _make_project_event(visit: ProjectVisit, kind: AccessType) -> AccessEvent:
    project = visit.project
    return AccessEvent(
        user_id=visit.user_id,
        access_type=kind,
        ip_address=visit.ip_address,
        course=project.course,
        assignment_id=project.assignment_id,
        project_path=project.path,
        role=visit.role,
    )


def write_events(events: "Sequence[tuple[AccessEvent, Stay]]") -> None:
    """Write events and what they say of sign-ins and visits, in one transaction."""
    begun = [stay for event, stay in events if event.access_type in BEGINNINGS]
    ended = [stay for event, stay in events if event.access_type not in BEGINNINGS]
    with transaction.atomic():
        AccessEvent.objects.bulk_create(
            [event for event, _ in events], ignore_conflicts=True
        )
        SignIn.objects.bulk_create(
            [stay for stay in begun if isinstance(stay, SignIn)], ignore_conflicts=True
        )
        ProjectVisit.objects.bulk_create(
            [stay for stay in begun if isinstance(stay, ProjectVisit)],
            ignore_conflicts=True,
        )
        sessions = [stay.session_key for stay in ended if isinstance(stay, SignIn)]
        visits = [stay.key for stay in ended if isinstance(stay, ProjectVisit)]
        SignIn.objects.filter(session_key__in=sessions).delete()
        ProjectVisit.objects.filter(key__in=visits).delete()


class EventWriter:
    """Gathers events and writes them in a thread of its own.

    Invariants: ``put`` never waits and never raises; the thread belongs to the process
    that put the first event, so a server may fork.
    """

    def __init__(self) -> None:
        self._waiting: collections.deque[tuple[AccessEvent, Stay]]
        self._waiting = collections.deque(maxlen=WAITING_EVENTS)
        self._arrived = threading.Event()
        self._idle = threading.Event()
        self._is_ending = False
        self._pid = 0

    def put(self, event: tuple[AccessEvent, Stay]) -> None:
        """Take an event to be written."""
        if len(self._waiting) == WAITING_EVENTS:
            logger.error("An access event was given up: the database is away")
        self._idle.clear()
        self._waiting.append(event)
        self._arrived.set()
        if self._pid != os.getpid():
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="access", daemon=True).start()
            atexit.register(self.flush)

    def flush(self, seconds: float = END_SECONDS) -> bool:
        """Wait until everything is written; answer whether it is."""
        return self._idle.wait(seconds) or not self._waiting

    def _run(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            try:
                self._write_all()
            except DatabaseError:
                logger.exception("Access events wait for the database")
                time.sleep(RETRY_SECONDS)
                self._arrived.set()
            finally:
                connection.close()

    def _write_all(self) -> None:
        while self._waiting:
            batch = [
                self._waiting.popleft()
                for _ in range(min(len(self._waiting), BATCH_EVENTS))
            ]
            try:
                write_events(batch)
            except DatabaseError:
                self._waiting.extendleft(reversed(batch))
                raise
        self._idle.set()


WRITER = EventWriter()
