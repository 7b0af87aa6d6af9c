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

from django.db import DatabaseError, connection, transaction

from bookbag.domain.activity.models import AccessEvent, AccessType, SignIn

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


def write_events(events: "list[tuple[AccessEvent, SignIn | None]]") -> None:
    """Write events and what they say of sign-ins, in one transaction."""
    begun = [
        signed_in
        for event, signed_in in events
        if signed_in is not None and event.access_type == AccessType.LOG_IN
    ]
    ended = [
        signed_in.session_key
        for event, signed_in in events
        if signed_in is not None and event.access_type == AccessType.LOG_OUT
    ]
    with transaction.atomic():
        AccessEvent.objects.bulk_create(
            [event for event, _ in events], ignore_conflicts=True
        )
        SignIn.objects.bulk_create(begun, ignore_conflicts=True)
        SignIn.objects.filter(session_key__in=ended).delete()


class EventWriter:
    """Gathers events and writes them in a thread of its own.

    Invariants: ``put`` never waits and never raises; the thread belongs to the process
    that put the first event, so a server may fork.
    """

    def __init__(self) -> None:
        self._waiting: collections.deque[tuple[AccessEvent, SignIn | None]]
        self._waiting = collections.deque(maxlen=WAITING_EVENTS)
        self._arrived = threading.Event()
        self._idle = threading.Event()
        self._is_ending = False
        self._pid = 0

    def put(self, event: tuple[AccessEvent, SignIn | None]) -> None:
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
