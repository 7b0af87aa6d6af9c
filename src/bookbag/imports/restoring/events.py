"""Access events that may still be kept; none is doubled, and none is moved.

An archive does not say which event is which, so events are compared by all that it
says of them, and those that are made get an identity that follows from it.

Source: ADR 0086.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q

from bagkit.tables import TableSchema
from bookbag.domain.activity.models import SIGN_IN_TYPES, AccessEvent, AccessType
from bookbag.domain.activity.selectors import oldest_kept
from bookbag.domain.courses.models import Assignment, EnrolmentRole
from bookbag.domain.terms import CLASS_TERMS, COURSE_TERMS
from bookbag.formats.course_tables import make_access_schema
from bookbag.formats.values import parse_ip_address
from bookbag.imports.people_rows import in_parts
from bookbag.imports.restoring.batches import Batch
from bookbag.imports.restoring.ledger import Kind, Outcome
from bookbag.imports.restoring.people import PeopleRestorer, find_person
from bookbag.imports.restoring.rows import Row, find_long_text
from bookbag.imports.restoring.run import RestoreRun

GATHERED_ROWS = 5_000
TOO_OLD = "Older than events are kept here"
KNOWN_HERE = "The person was here before: this server has its own log-ins of them"
Identity = tuple[int | None, str, datetime, int | None, int | None, str, str]
"""Person, type, time, course, assignment, path and address."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    row: Row
    event: AccessEvent
    identity: Identity
    ordinal: int
    """How many like it came before in the archive."""


class EventRestorer:
    """Goes through the events of an archive, some thousand at a time.

    Invariants: memory is bounded by ``GATHERED_ROWS``.
    """

    def __init__(self, run: RestoreRun, people: PeopleRestorer) -> None:
        self._run = run
        self._people = people
        self._batch = Batch(AccessEvent, is_dry=run.is_dry, ignores=True)
        self._oldest = oldest_kept(run.now)
        self._reported: dict[str, Assignment] = {}
        for assignment in run.assignments.values():
            self._reported.setdefault(assignment.reported_name, assignment)
        self._ordinals: Counter[Identity] = Counter()

    def restore(self) -> None:
        """Make the events that are missing."""
        schema = _find_schema(self._run)
        if schema is None:
            return
        name_column = schema.columns[6].name
        for rows in _gather(self._run.iter_rows(schema, Kind.EVENTS)):
            self._restore_some(rows, name_column)
        self._batch.flush()

    def _restore_some(self, rows: Sequence[Row], name_column: str) -> None:
        self._people.add([find_person(row) for row in rows], set())
        wanted: list[_Wanted] = []
        for row in rows:
            event, reason = self._make_event(row, name_column)
            if event is None:
                self._run.refuse(Kind.EVENTS, _say(row), reason, row)
                continue
            identity = _identify(event)
            self._ordinals[identity] += 1
            ordinal = self._ordinals[identity] - 1
            wanted.append(_Wanted(row, event, identity, ordinal))
        known = self._count_known([w.event for w in wanted])
        for one in wanted:
            self._add(one, known)
        # What has the time of the last row may go on in the next ones.
        last = rows[-1].values["occurred_at"]
        self._ordinals = Counter(
            {key: n for key, n in self._ordinals.items() if key[2] == last}
        )

    def _add(self, one: _Wanted, known: Counter[Identity]) -> None:
        ledger, number, label = self._run.ledger, one.row.number, _say(one.row)
        is_sign_in = one.event.access_type in SIGN_IN_TYPES
        if one.ordinal < known[one.identity]:
            ledger.note(Kind.EVENTS, Outcome.SAME, label, row=number)
        elif is_sign_in and self._is_known_here(one.row):
            ledger.note(Kind.EVENTS, Outcome.REFUSED, label, KNOWN_HERE, number)
        else:
            one.event.event_id = _name_event(one.identity, one.ordinal)
            self._batch.add(one.event)
            ledger.note(Kind.EVENTS, Outcome.CREATE, label, row=number)

    def _is_known_here(self, row: Row) -> bool:
        return row.text("username").lower() not in self._run.newcomers

    def _make_event(self, row: Row, name_column: str) -> tuple[AccessEvent | None, str]:
        run = self._run
        person = run.people.get(row.text("username").lower())
        kind, occurred_at = row.text("access_type"), row.values["occurred_at"]
        if person is None:
            return None, "The person is refused"
        if kind not in AccessType.values or not isinstance(occurred_at, datetime):
            return None, f"Found '{kind[:40]}', expected {', '.join(AccessType.values)}"
        if occurred_at < self._oldest:
            return None, TOO_OLD
        if occurred_at > run.now:
            return None, "Found a time that is still to come"
        event = AccessEvent(user=person, access_type=kind, occurred_at=occurred_at)
        fault = _place_event(event, row, name_column)
        if not fault and kind not in SIGN_IN_TYPES:
            fault = self._place_in_course(event, row, name_column)
        return (None, fault) if fault else (event, "")

    def _place_in_course(self, event: AccessEvent, row: Row, name_column: str) -> str:
        name, role = row.text(name_column), row.text("role")
        event.course = self._run.course
        event.project_path = row.text("project_path")
        event.role = role
        if role not in EnrolmentRole.values:
            return f"Found role '{role[:40]}', expected Teacher or Student"
        if name:
            event.assignment = self._reported.get(name)
            if event.assignment is None:
                return "Found no such assignment in the course"
        return find_long_text(event) or ""

    def _count_known(self, events: Sequence[AccessEvent]) -> Counter[Identity]:
        """Count the events that are here, like those that are wanted."""
        times = [event.occurred_at for event in events]
        people = sorted({e.user.pk for e in events if e.user.pk is not None})
        if not people:
            return Counter()
        course = self._run.course
        places = Q(access_type__in=SIGN_IN_TYPES)
        if course.pk:
            places |= Q(course=course)
        return Counter(
            _identify(event)
            for part in in_parts(people)
            for event in AccessEvent.objects.filter(
                places,
                user__in=part,
                occurred_at__gte=min(times),
                occurred_at__lte=max(times),
            )
        )


def _find_schema(run: RestoreRun) -> TableSchema | None:
    """Return the table as the archive has it: its words may not be this server's."""
    for terms in (COURSE_TERMS, CLASS_TERMS):
        schema = make_access_schema(assignment_column=terms.assignment_column)
        if run.archive.has_header(schema):
            return schema
    return None


def _gather(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while gathered := list(islice(rows, GATHERED_ROWS)):
        yield gathered


def _place_event(event: AccessEvent, row: Row, name_column: str) -> str:
    address = row.text("ip_address")
    if address:
        try:
            event.ip_address = parse_ip_address(address)
        except ValueError:
            return "Found something that is no IP address"
    is_sign_in = event.access_type in SIGN_IN_TYPES
    if is_sign_in and (row.text(name_column) or row.text("project_path")):
        return "Found a log-in or log-out in a project, expected none"
    return ""


def _identify(event: AccessEvent) -> Identity:
    return (
        event.user.pk if event.user_id is None else event.user_id,
        str(event.access_type),
        event.occurred_at,
        event.course_id,
        event.assignment_id,
        event.project_path,
        event.ip_address or "",
    )


def _name_event(identity: Identity, ordinal: int) -> str:
    text = repr((*identity[:2], identity[2].isoformat(), *identity[3:], ordinal))
    return f"restored-{hashlib.sha256(text.encode()).hexdigest()}"


def _say(row: Row) -> str:
    moment = row.values["occurred_at"]
    shown = moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else ""
    return f"{row.text('access_type')} of {row.text('username')}, {shown}"
