"""Loading access events that another system recorded: all of a file or nothing."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookbag.domain.activity.models import PROJECT_TYPES, AccessEvent, AccessType
from bookbag.domain.courses.models import Assignment, Course, EnrolmentRole
from bookbag.domain.people.models import User, Workspace
from bookbag.formats.values import parse_ip_address, parse_moment
from bookbag.imports.changes import KindChange
from bookbag.imports.csv_tables import CsvRecord
from bookbag.imports.faults import FaultList
from bookbag.imports.records import RecordReader, read_records
from bookbag.imports.session_files import A_TIME

REQUIRED = ("event_id", "user", "access_type", "occurred_at")
OPTIONAL = ("course", "assignment", "project_path", "role", "ip_address")
TYPES = {value.lower().replace(" ", ""): value for value in AccessType.values}
PATH_CHARACTERS = 1000
ID_CHARACTERS = 200
BATCH_ROWS = 2_000


@transaction.atomic
def load_access_events(workspace: Workspace, path: Path) -> tuple[KindChange, ...]:
    """Load a file of access events, CSV or JSON Lines.

    Shape: columns ``REQUIRED`` and any of ``OPTIONAL``; ``user`` is a user name or an
    e-mail address of a member. Events that are there already are left as they are, and
    those that are older than they may be kept are left out.

    Raises:
        LoadFaultsError: If anything is wrong, with every fault and its line.
    """
    faults = FaultList(path.parent)
    records = read_records(path, faults, required=REQUIRED, optional=OPTIONAL)
    reader = EventReader(workspace, path, faults)
    events = [event for record in records if (event := reader.read(record))]
    if not records and not faults.faults:
        faults.add(path, "Found no event, expected at least one")
    faults.raise_if_any()
    oldest = timezone.now() - timedelta(days=settings.BOOKBAG_ACCESS_DAYS)
    kept = [event for event in events if event.occurred_at >= oldest]
    before = AccessEvent.objects.count()
    AccessEvent.objects.bulk_create(kept, batch_size=BATCH_ROWS, ignore_conflicts=True)
    created = AccessEvent.objects.count() - before
    return (
        KindChange(
            kind="access events", created=created, unchanged=len(kept) - created
        ),
        KindChange(kind="too old, left out", unchanged=len(events) - len(kept)),
    )


class EventReader:
    """Reads records and finds what they refer to, each once."""

    def __init__(self, workspace: Workspace, path: Path, faults: FaultList) -> None:
        self._path = path
        self._faults = faults
        members = User.objects.filter(memberships__workspace=workspace)
        self._people = {user.username.lower(): user for user in members}
        self._people |= {user.email.lower(): user for user in members if user.email}
        courses = Course.objects.filter(workspace=workspace, deleted_at__isnull=True)
        self._courses = {course.name: course for course in courses}
        assignments = Assignment.objects.filter(course__workspace=workspace)
        self._assignments = {(a.course_id, a.name): a for a in assignments}

    def read(self, record: CsvRecord) -> AccessEvent | None:
        """Return the event of a record, or None after adding its faults."""
        reader = RecordReader(record, self._path, self._faults)
        event = AccessEvent(
            event_id=record["event_id"], project_path=record["project_path"]
        )
        user = self._people.get(record["user"].lower())
        if user is None:
            reader.refuse("user", "a member of the workspace")
        kind = TYPES.get(record["access_type"].lower().replace(" ", ""))
        if kind is None:
            reader.refuse("access_type", ", ".join(AccessType.values))
        occurred_at = reader.parse("occurred_at", parse_moment, A_TIME)
        reader.check_length("event_id", ID_CHARACTERS, is_needed=True)
        reader.check_length("project_path", PATH_CHARACTERS)
        address = reader.parse_given("ip_address", parse_ip_address, "an IP address")
        if kind in PROJECT_TYPES:
            self._read_place(reader, event)
        elif kind and any(record[n] for n in ("course", "assignment", "project_path")):
            reader.refuse("access_type", "Project Open or Project Close there")
        if reader.is_faulty or user is None or kind is None or occurred_at is None:
            return None
        event.user, event.access_type, event.occurred_at = user, kind, occurred_at
        event.ip_address = address
        return event

    def _read_place(self, reader: RecordReader, event: AccessEvent) -> None:
        record = reader.record
        course = self._courses.get(record["course"])
        if course is None:
            reader.refuse("course", "the name of a course of the workspace")
            return
        event.course = course
        if record["assignment"]:
            event.assignment = self._assignments.get((course.pk, record["assignment"]))
            if event.assignment is None:
                reader.refuse("assignment", "the name of one of the course")
        event.role = record["role"].capitalize()
        if event.role not in EnrolmentRole.values:
            reader.refuse("role", "Teacher or Student")
