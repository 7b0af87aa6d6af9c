"""Batches of role-play sessions and access events, by the rules of their files."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.people.models import Workspace
from bookbag.domain.people.upserting import in_parts
from bookbag.imports import access_files, session_files
from bookbag.imports.batches.rows import BatchFields, BatchRows, RowResult
from bookbag.imports.session_loading import sync_sessions

SESSION_FIELDS = BatchFields(
    required=("external_id", *session_files.REQUIRED),
    optional=tuple(session_files.OPTIONAL),
    texts=session_files.TEXTS,
)
EVENT_FIELDS = BatchFields(
    required=("external_id", *access_files.REQUIRED[1:]),
    optional=("event_id", *access_files.OPTIONAL),
)


@transaction.atomic
def load_sessions(
    workspace: Workspace, found: Iterable[tuple[int, object]]
) -> list[RowResult]:
    """Load sessions; people, scenarios and programs that are new are made."""
    rows = BatchRows(_rename(found, "session_id"), SESSION_FIELDS)
    read = [row for r in rows.readers() if (row := session_files.read_row(r))]
    first: dict[str, int] = {}
    for row in read:
        if first.setdefault(row.session_id, row.line) != row.line:
            message = f"Found {row.session_id!r} again, expected each once"
            rows.refuse(row.line, message)
    kept = {row.line: row for row in read if row.line not in rows.faulty}
    sync = sync_sessions(workspace, list(kept.values())).sync

    def describe(number: int) -> RowResult:
        key = kept[number].session_id
        return RowResult(
            row=number,
            status=sync.status_of(key),
            id=sync.rows[key].pk,
            external_id=key,
        )

    return rows.finish(describe)


@transaction.atomic
def load_access_events(
    workspace: Workspace, found: Iterable[tuple[int, object]]
) -> list[RowResult]:
    """Load access events; what is there already is left as it is."""
    rows = BatchRows(_rename(found, "event_id"), EVENT_FIELDS)
    reader = access_files.EventReader(workspace, rows.path, rows.faults)
    events = {
        record.line: event
        for record in rows.records
        if record.line not in rows.faulty and (event := reader.read(record))
    }
    oldest = timezone.now() - timedelta(days=settings.BOOKBAG_ACCESS_DAYS)
    for number, event in events.items():
        if event.occurred_at < oldest:
            days = settings.BOOKBAG_ACCESS_DAYS
            rows.refuse(number, f"Found an event of over {days} days, expected newer")
    kept = {n: event for n, event in events.items() if n not in rows.faulty}
    before = _find_ids([event.event_id for event in kept.values()])
    AccessEvent.objects.bulk_create(
        kept.values(), batch_size=access_files.BATCH_ROWS, ignore_conflicts=True
    )
    ids = _find_ids([event.event_id for event in kept.values()])
    seen: set[str] = set(before)

    def describe(number: int) -> RowResult:
        key = kept[number].event_id
        is_known = key in seen
        seen.add(key)
        return RowResult(
            row=number,
            status="unchanged" if is_known else "created",
            id=ids[key],
            external_id=key,
        )

    return rows.finish(describe)


def _find_ids(keys: Sequence[str]) -> dict[str, int]:
    return {
        key: pk
        for part in in_parts(keys)
        for key, pk in AccessEvent.objects.filter(event_id__in=part).values_list(
            "event_id", "pk"
        )
    }


def _rename(
    found: Iterable[tuple[int, object]], name: str
) -> Iterable[tuple[int, object]]:
    """Give the external id also under the name that files have for it."""
    for number, value in found:
        is_named = isinstance(value, dict) and "external_id" in value
        yield number, {**value, name: value["external_id"]} if is_named else value  # type: ignore[dict-item,index]  # a dict, as is_named says
