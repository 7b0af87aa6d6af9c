"""Numbers about exports for Prometheus, read from the rows when they are asked for.

The rows are the truth for all processes of a site, so every web server answers the
same, and nothing is counted in memory that a restart would lose.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from bookbag.exports.models import Export, MailMessage, PeriodicRun
from bookbag.exports.states import ExportState

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FINISHED = (ExportState.READY, ExportState.EXPIRED)
_DURATION = ExpressionWrapper(
    F("finished_at") - F("started_at"), output_field=DurationField()
)


def format_metrics() -> bytes:
    """Return all metrics in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_RowsCollector())
    return generate_latest(registry)


class _RowsCollector(Collector):
    """Reads every metric from the database, in a handful of grouped queries."""

    def describe(self) -> Iterable[Metric]:
        return ()  # otherwise registering would read the database once more

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield _count_exports()
        yield _sum_durations()
        yield _sum_bytes()
        yield from _measure_ages(now)
        yield _count_mails()
        yield from _date_periodic_runs(now)


def _count_exports() -> Metric:
    family = GaugeMetricFamily(
        "bookbag_exports", "Exports by kind and state.", labels=("identifier", "state")
    )
    counted = Export.objects.order_by().values("identifier", "state")
    for row in counted.annotate(count=Count("pk")):
        family.add_metric((row["identifier"], row["state"]), row["count"])
    return family


def _sum_durations() -> Metric:
    family = SummaryMetricFamily(
        "bookbag_export_duration_seconds",
        "From the first worker's start to the finished file.",
        labels=("identifier",),
    )
    done = Export.objects.filter(state__in=FINISHED, started_at__isnull=False)
    for row in (
        done.order_by()
        .values("identifier")
        .annotate(count=Count("pk"), total=Sum(_DURATION))
    ):
        total = (row["total"] or timedelta()).total_seconds()
        family.add_metric((row["identifier"],), row["count"], total)
    return family


def _sum_bytes() -> Metric:
    family = GaugeMetricFamily(
        "bookbag_stored_bytes",
        "Bytes of finished files that are kept.",
        labels=("identifier",),
    )
    kept = Export.objects.filter(state__in=FINISHED, removed_at__isnull=True)
    for row in kept.order_by().values("identifier").annotate(total=Sum("size_bytes")):
        family.add_metric((row["identifier"],), row["total"] or 0)
    return family


def _measure_ages(now: datetime) -> Iterator[Metric]:
    oldest = Export.objects.aggregate(
        queued=Min("requested_at", filter=Q(state=ExportState.QUEUED)),
        beaten=Min("heartbeat_at", filter=Q(state=ExportState.RUNNING)),
    )
    yield GaugeMetricFamily(
        "bookbag_queue_age_seconds",
        "How long the export that waits longest has waited; 0 when none waits.",
        value=_age(now, oldest["queued"]),
    )
    yield GaugeMetricFamily(
        "bookbag_heartbeat_age_seconds",
        "The oldest sign of life of a running export; 0 when none runs.",
        value=_age(now, oldest["beaten"]),
    )


def _count_mails() -> Metric:
    family = GaugeMetricFamily(
        "bookbag_mails", "Mails by kind and state.", labels=("kind", "state")
    )
    counted = MailMessage.objects.order_by().values("kind", "state")
    for row in counted.annotate(count=Count("pk")):
        family.add_metric((row["kind"], row["state"]), row["count"])
    return family


def _date_periodic_runs(now: datetime) -> Iterator[Metric]:
    ages = GaugeMetricFamily(
        "bookbag_periodic_task_age_seconds",
        "Since a periodic task (sweeps, mails, takeover) last ended well.",
        labels=("task",),
    )
    failing = GaugeMetricFamily(
        "bookbag_periodic_task_failing",
        "1 when the last run of a periodic task failed.",
        labels=("task",),
    )
    for run in PeriodicRun.objects.order_by("name"):
        if run.finished_at is not None:
            ages.add_metric((run.name,), _age(now, run.finished_at))
        failing.add_metric((run.name,), bool(run.failure))
    yield ages
    yield failing


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
