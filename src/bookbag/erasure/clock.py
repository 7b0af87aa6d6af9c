"""What is kept how long: one table, from which pages, commands and the sweep read.

A kind that is kept for 0 days is kept until somebody deletes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.audit.models import AuditEntry
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.outbox import OutboxState
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.models import WebhookEvent
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import FINAL_STATES

PURGE_ROWS = 2_000
"""Rows that one statement deletes, so that writers wait for moments only."""
SESSION_GRACE_DAYS = 1
"""An expired sign-in is deleted a day later, when its log-out has been recorded."""
ENDED = (ExportState.EXPIRED, ExportState.FAILED, ExportState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKind:
    """One kind of data with its time."""

    name: str
    label: str | Promise
    rows: Callable[[], QuerySet[Any]]
    """All that may be deleted when their time is over."""
    moment: str
    """The field that its time counts from."""
    setting: str = ""
    """What sets the days; empty where nothing does."""
    fixed_days: int = 0
    """The days where nothing sets them."""
    is_swept_here: bool = True
    """Otherwise another task does it, or nothing at all."""

    @property
    def days(self) -> int:
        """How long it is kept; 0 until somebody deletes it."""
        return int(getattr(settings, self.setting)) if self.setting else self.fixed_days


KINDS: tuple[KeptKind, ...] = (
    KeptKind(
        name="access-events",
        label=_("Access events"),
        setting="BOOKBAG_ACCESS_DAYS",
        rows=AccessEvent.objects.all,
        moment="occurred_at",
        is_swept_here=False,
    ),
    KeptKind(
        name="sign-in-attempts",
        label=_("Attempts to sign in"),
        setting="BOOKBAG_ACCESS_DAYS",
        rows=AccessLog.objects.all,
        moment="attempt_time",
    ),
    KeptKind(
        name="failed-sign-ins",
        label=_("Failed attempts to sign in"),
        setting="BOOKBAG_ACCESS_DAYS",
        rows=AccessFailureLog.objects.all,
        moment="attempt_time",
    ),
    KeptKind(
        name="lock-outs",
        label=_("Counts of failed attempts"),
        setting="BOOKBAG_ACCESS_DAYS",
        rows=AccessAttempt.objects.all,
        moment="attempt_time",
    ),
    KeptKind(
        name="browser-sessions",
        label=_("Expired sign-in sessions"),
        fixed_days=SESSION_GRACE_DAYS,
        rows=Session.objects.all,
        moment="expire_date",
    ),
    KeptKind(
        name="role-play-sessions",
        label=_("Role-play sessions"),
        setting="BOOKBAG_SESSION_DAYS",
        rows=RoleplaySession.objects.all,
        moment="started_at",
    ),
    KeptKind(
        name="export-files",
        label=_("Files of exports"),
        setting="BOOKBAG_LINK_DAYS",
        rows=lambda: Export.objects.filter(state=ExportState.READY),
        moment="finished_at",
        is_swept_here=False,
    ),
    KeptKind(
        name="export-records",
        label=_("Records of exports, with their receipts"),
        setting="BOOKBAG_EXPORT_RECORD_DAYS",
        rows=lambda: Export.objects.filter(
            Q(storage_key="") | Q(removed_at__isnull=False), state__in=ENDED
        ),
        moment="finished_at",
    ),
    KeptKind(
        name="mails",
        label=_("Mails that were sent or skipped"),
        setting="BOOKBAG_MAIL_DAYS",
        rows=lambda: MailMessage.objects.exclude(state=OutboxState.WAITING),
        moment="due_at",
    ),
    KeptKind(
        name="imports",
        label=_("Records of uploads and imports that ended"),
        setting="BOOKBAG_MAIL_DAYS",
        rows=lambda: ProjectImport.objects.filter(state__in=FINAL_STATES),
        moment="requested_at",
    ),
    KeptKind(
        name="webhook-log",
        label=_("Log of webhooks"),
        setting="BOOKBAG_WEBHOOK_LOG_DAYS",
        rows=WebhookEvent.objects.all,
        moment="happened_at",
        is_swept_here=False,
    ),
    KeptKind(
        name="audit-log",
        label=_("Audit log"),
        rows=AuditEntry.objects.all,
        moment="happened_at",
        is_swept_here=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNow:
    """How much of a kind there is, and since when."""

    kind: KeptKind
    days: int
    count: int
    oldest_at: datetime | None


def list_kept() -> list[KeptNow]:
    """Return what is kept how long on this server, and since when the oldest is."""
    kept = []
    for kind in KINDS:
        found = kind.rows().aggregate(count=Count("pk"), oldest=Min(kind.moment))
        kept.append(
            KeptNow(
                kind=kind,
                days=kind.days,
                count=found["count"],
                oldest_at=found["oldest"],
            )
        )
    return kept


def sweep_old_rows() -> int:
    """Delete the rows whose time is over; return how many. Safe in many workers."""
    return sum(_sweep(kind) for kind in KINDS if kind.is_swept_here and kind.days > 0)


def _sweep(kind: KeptKind) -> int:
    before = timezone.now() - timedelta(days=kind.days)
    count = 0
    while True:
        old = kind.rows().filter(**{f"{kind.moment}__lt": before}).order_by()
        keys = list(old.values_list("pk", flat=True)[:PURGE_ROWS])
        if not keys:
            return count
        kind.rows().filter(pk__in=keys).delete()
        count += len(keys)
