"""Batches of members, groups and enrolments."""

from collections.abc import Iterable

from django.core.validators import validate_email
from django.db import transaction
from django.utils.timezone import now

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import record
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.courses.services import describe_enrolment
from bookbag.domain.people.models import MemberRole, MemberStatus, Workspace
from bookbag.domain.people.upserting import WantedMember, in_parts, upsert_members
from bookbag.imports.batches.members import find_members
from bookbag.imports.batches.rows import BatchFields, BatchRows, RowResult, Status
from bookbag.imports.records import RecordReader
from bookbag.imports.rosters import ROLE_NAMES, ROLES, match_role
from bookbag.imports.session_files import parse_flag

ID_CHARACTERS, NAME_CHARACTERS = 200, 150
MEMBER_FIELDS = BatchFields(
    required=("email",),
    optional=(
        *("external_id", "first_name", "last_name"),
        *("role", "seat_type", "status"),
    ),
)
ENROLMENT_FIELDS = BatchFields(
    required=("user", "role"), optional=("external_id", "removed")
)


def load_members(
    workspace: Workspace, found: Iterable[tuple[int, object]]
) -> list[RowResult]:
    """Add and change members; see ``upsert_members``."""
    rows = BatchRows(found, MEMBER_FIELDS)
    wanted = {r.record.line: person for r in rows.readers() if (person := _read(r))}
    outcomes = dict(
        zip(wanted, upsert_members(workspace, list(wanted.values())), strict=True)
    )
    for number, outcome in outcomes.items():
        if outcome.fault:
            rows.refuse(number, outcome.fault)

    def describe(number: int) -> RowResult:
        outcome = outcomes[number]
        member = outcome.member
        changed: Status = "updated" if outcome.changes else "unchanged"
        return RowResult(
            row=number,
            status="created" if outcome.is_new else changed,
            id=None if member is None else member.pk,
            external_id="" if member is None else member.external_id,
        )

    return rows.finish(describe)


def _read(reader: RecordReader) -> WantedMember | None:
    record = reader.record
    reader.parse("email", _parse_email, "an e-mail address")
    reader.check_length("external_id", ID_CHARACTERS)
    for name in ("first_name", "last_name"):
        reader.check_length(name, NAME_CHARACTERS)
    for name, known in (("role", MemberRole), ("status", MemberStatus)):
        if record[name] and record[name] not in known.values:
            reader.refuse(name, f"one of {', '.join(known.values)}")
    return None if reader.is_faulty else WantedMember(**record.values)


def _parse_email(text: str) -> str:
    validate_email(text)
    return text


@transaction.atomic
def load_enrolments(
    course: Course, found: Iterable[tuple[int, object]]
) -> list[RowResult]:
    """Enrol members in a course, change how they are in it, or remove them."""
    rows = BatchRows(found, ENROLMENT_FIELDS)
    loader = _EnrolmentLoader(course, rows)
    for reader in rows.readers():
        loader.read(reader)
    loader.write()
    return rows.finish(loader.describe)


class _EnrolmentLoader:
    """Finds members and enrolments of a batch, and gathers what is to be written."""

    def __init__(self, course: Course, rows: BatchRows) -> None:
        self._course = course
        self._rows = rows
        names = [record["user"].lower() for record in rows.records]
        self._members = find_members(course.workspace, names)
        users = {member.user_id for member in self._members.values()}
        enrolments = Enrolment.objects.filter(course=course).select_related("user")
        self._known = {
            (enrolment.user_id, enrolment.role): enrolment
            for part in in_parts(sorted(users))
            for enrolment in enrolments.filter(user__in=part)
        }
        self._keys = dict(
            enrolments.exclude(external_id="").values_list("external_id", "pk")
        )
        self._done: dict[int, tuple[Enrolment, Status]] = {}
        self._seen: set[tuple[int, str]] = set()

    def read(self, reader: RecordReader) -> None:
        """Take one row."""
        record = reader.record
        member = self._members.get(record["user"].lower())
        if member is None:
            reader.refuse("user", "a member of the workspace")
        key = match_role(record["role"])
        if key not in ROLES:
            reader.refuse("role", ROLE_NAMES)
        is_removed = reader.parse("removed", parse_flag, "true or false")
        reader.check_length("external_id", ID_CHARACTERS)
        if reader.is_faulty or member is None:
            return
        role, is_read_only = ROLES[key]
        if (member.user_id, role) in self._seen:
            reader.refuse("user", f"each once as {role}")
            return
        self._seen.add((member.user_id, role))
        enrolment = self._known.get((member.user_id, role))
        is_new = enrolment is None
        if enrolment is None:
            enrolment = Enrolment(course=self._course, user=member.user, role=role)
        if self._keys.get(record["external_id"], enrolment.pk) != enrolment.pk:
            reader.refuse("external_id", "one of no other enrolment of the course")
            return
        values = {
            "is_read_only": is_read_only,
            "external_id": record["external_id"] or enrolment.external_id,
            "removed_at": (enrolment.removed_at or now()) if is_removed else None,
        }
        is_changed = any(getattr(enrolment, n) != v for n, v in values.items())
        for name, value in values.items():
            setattr(enrolment, name, value)
        changed: Status = "updated" if is_changed else "unchanged"
        self._done[record.line] = (enrolment, "created" if is_new else changed)

    def write(self) -> None:
        """Write what was gathered, in few statements."""
        created = [e for e, status in self._done.values() if status == "created"]
        updated = [e for e, status in self._done.values() if status == "updated"]
        Enrolment.objects.bulk_create(created, batch_size=1000)
        if updated:
            fields = ["is_read_only", "external_id", "removed_at"]
            Enrolment.objects.bulk_update(updated, fields, batch_size=1000)
        deeds = [
            describe_enrolment(
                Act.ENROLMENT_ADDED
                if enrolment.removed_at is None
                else Act.ENROLMENT_REMOVED,
                enrolment,
            )
            for enrolment in (*created, *updated)
        ]
        record(self._course.workspace_id, *deeds)

    def describe(self, number: int) -> RowResult:
        """Return what became of a row."""
        enrolment, status = self._done[number]
        return RowResult(
            row=number,
            status=status,
            id=enrolment.pk,
            external_id=enrolment.external_id,
        )
