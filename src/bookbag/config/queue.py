"""The queue: huey on SQLite, Redis or PostgreSQL, and what it runs.

The queue carries ids and wakes workers; the truth is in the rows (ADR 0004). Periodic
tasks run in every worker process and are safe when several fire at once.
"""

import datetime
import functools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from psycopg.errors import UniqueViolation

from bookbag.deliveries.jobs import DeliveryJobs
from bookbag.domain.access.clients import purge_service_tokens
from bookbag.domain.access.idempotency import purge_answers
from bookbag.domain.access.limits import purge_usage
from bookbag.domain.activity.deletion import purge_deleted_courses
from bookbag.domain.activity.retention import (
    close_idle_visits,
    end_lost_sign_ins,
    purge_old_events,
)
from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.courses.ending import archive_due_courses
from bookbag.domain.lti.tickets import purge_tickets
from bookbag.erasure.clock import sweep_old_rows
from bookbag.exports import mail, retention
from bookbag.exports.invitations.inviting import deliver_invitations
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.periodic import run_periodic
from bookbag.exports.schedules.mail import deliver_schedule_mails
from bookbag.exports.schedules.running import run_due_schedules
from bookbag.exports.shard_jobs import ShardJobs
from bookbag.exports.webhooks.delivering import (
    deliver_waiting_webhooks,
    purge_webhook_log,
)
from bookbag.exports.webhooks.events import announce_expiring
from bookbag.imports.projects.jobs import ImportJobs
from bookbag.imports.projects.retention import sweep_imports
from bookbag.imports.restoring.jobs import RestoreJobs
from bookbag.imports.restoring.retention import sweep_restores
from bookbag.jobs.turns import Places, work_in_turn
from bookbag.jobs.working import JobKind, take_over_stalled

TICK_SECONDS = 5
"""How often periodic tasks are looked at; each runs at a multiple of it."""


def create_queue(url: str) -> Huey:
    """Return the queue that an address names.

    Args:
        url: ``sqlite:///path``, ``redis://…`` or ``postgresql://…``.
    """
    parts = urlsplit(url)
    common = {"results": False, "store_none": False, "utc": True}
    if parts.scheme == "sqlite":
        return SqliteHuey("bookbag", filename=unquote(parts.path), **common)
    if parts.scheme in ("redis", "rediss"):
        return RedisHuey("bookbag", url=url, **common)
    return _create_postgres_queue(url, common)


def _create_postgres_queue(url: str, common: Mapping[str, object]) -> Huey:
    try:
        return PostgresHuey("bookbag", dsn=url, **common)
    except UniqueViolation:
        # Two processes that start together both make the tables, and IF NOT EXISTS
        # does not keep the second from failing; now they are there.
        return PostgresHuey("bookbag", dsn=url, **common)


huey = create_queue(settings.BOOKBAG_QUEUE_URL)


def every(seconds: int) -> Callable[[datetime.datetime], bool]:
    """Return a check that is true once in so many seconds, at any tick."""

    def is_due(now: datetime.datetime) -> bool:
        since_epoch = int(now.replace(tzinfo=datetime.UTC).timestamp())
        return since_epoch % seconds < TICK_SECONDS

    return is_due


def _with_fresh_connections(work: Callable[[], object]) -> Callable[[], None]:
    @functools.wraps(work)
    def run() -> None:
        close_old_connections()
        try:
            run_periodic(work.__name__, work)
        finally:
            close_old_connections()

    return run


KINDS: dict[str, JobKind[Any]] = {
    kind.name: kind
    for kind in (
        ShardJobs(),
        ExportJobs(),
        DeliveryJobs(),
        ImportJobs(),
        RestoreJobs(),
    )
}
"""Every kind of job that workers do."""
PLACES = Places(settings.BOOKBAG_WORKERS)
"""The places of this process for long jobs."""


@huey.task()  # type: ignore[untyped-decorator]  # huey ships no types
def work_on(kind: str, job_id: str) -> None:
    """Work on what waits, in turn, then deliver what it made due.

    Args:
        kind: The kind of job that was put on the queue.
        job_id: The job that was put there; another may be next.
    """
    close_old_connections()
    try:
        work_in_turn(KINDS.values(), PLACES, woken_for=(kind, UUID(job_id)))
        mail.deliver_waiting_mails()
        deliver_waiting_webhooks()
    finally:
        close_old_connections()


def wake_worker(kind: str, job_id: str) -> None:
    """Put a job's kind and id on the queue."""
    work_on(kind, job_id)


def take_over_all_stalled() -> None:
    """Wake a worker for every job of any kind that nobody works on."""
    for kind in KINDS.values():
        take_over_stalled(kind)


def probe_queue() -> None:
    """Ask the queue for its length; raise whatever it raises when it is away."""
    huey.pending_count()


PERIODIC: tuple[tuple[int, Callable[[], object]], ...] = (
    (TICK_SECONDS, take_over_all_stalled),
    (10, mail.deliver_waiting_mails),
    (10, deliver_invitations),
    (60, seal_all_drafts),
    (10, run_due_schedules),
    (10, deliver_schedule_mails),
    (TICK_SECONDS, deliver_waiting_webhooks),
    (60, announce_expiring),
    (3600, purge_webhook_log),
    (60, retention.sweep_expired),
    (3600, retention.remove_orphans),
    (300, sweep_imports),
    (300, sweep_restores),
    (60, end_lost_sign_ins),
    (60, close_idle_visits),
    (3600, purge_tickets),
    (3600, purge_service_tokens),
    (3600, purge_usage),
    (3600, purge_answers),
    (86_400, purge_old_events),
    (86_400, sweep_old_rows),
    (3600, archive_due_courses),
    (3600, purge_deleted_courses),
)
"""What runs again and again: seconds between two runs, and the function."""

for _seconds, _work in PERIODIC:
    huey.periodic_task(every(_seconds), name=_work.__name__)(
        _with_fresh_connections(_work)
    )
