"""Batches of groups with who is in them."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Lower

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import record
from bookbag.domain.people.groups import NAME_CHARACTERS, describe_group
from bookbag.domain.people.models import Group, GroupMember, Member, Workspace
from bookbag.domain.people.upserting import in_parts
from bookbag.imports.batches.members import find_members
from bookbag.imports.batches.rows import BatchFields, BatchRows, RowResult, Status
from bookbag.imports.records import RecordReader

FIELDS = BatchFields(required=("name",), optional=("external_id", "members"))
ID_CHARACTERS = 200


@transaction.atomic
def load_groups(
    workspace: Workspace, found: Iterable[tuple[int, object]]
) -> list[RowResult]:
    """Make and rename groups, and add members; nobody is taken out of one.

    A group is known by the external id, or else by the name.
    """
    rows = BatchRows(found, FIELDS)
    loader = _GroupLoader(workspace, rows)
    for reader in rows.readers():
        loader.read(reader)
    loader.write()
    return rows.finish(loader.describe)


class _GroupLoader:
    """Finds groups and members of a batch, and gathers what is to be written."""

    def __init__(self, workspace: Workspace, rows: BatchRows) -> None:
        self._workspace = workspace
        emails = [e for record in rows.records for e in _split(record["members"])]
        self._members = find_members(workspace, emails)
        groups = Group.objects.filter(workspace=workspace, deleted_at__isnull=True)
        names = [_tidy(record["name"]).lower() for record in rows.records]
        keys = [key for record in rows.records if (key := record["external_id"])]
        self._by_name = {
            group.name.lower(): group
            for part in in_parts(names)
            for group in groups.annotate(key=Lower("name")).filter(key__in=part)
        }
        self._by_key = {
            group.external_id: group
            for part in in_parts(keys)
            for group in groups.filter(external_id__in=part)
        }
        self._done: dict[int, tuple[Group, Status]] = {}
        self._wanted: dict[int, list[Member]] = {}
        self._seen: set[str] = set()

    def read(self, reader: RecordReader) -> None:
        """Take one row."""
        row = reader.record
        name, key = _tidy(row["name"]), row["external_id"]
        reader.check_length("external_id", ID_CHARACTERS)
        if not name or len(name) > NAME_CHARACTERS or "," in name:
            reader.refuse("name", "a name of 1 to 200 without a comma")
        emails = _split(row["members"])
        missing = [email for email in emails if email.lower() not in self._members]
        if missing:
            reader.refuse("members", f"members of the workspace; not {missing[0]}")
        names = {name.lower(), *([f"#{key}"] if key else [])}
        if names & self._seen:
            reader.refuse("name", "each group once")
        group = self._by_key.get(key) or self._by_name.get(name.lower())
        twin = self._by_name.get(name.lower())
        if twin is not None and group is not None and twin.pk != group.pk:
            reader.refuse("name", "a name that no other group has")
        if reader.is_faulty:
            return
        self._seen |= names
        is_new = group is None
        group = group or Group(workspace=self._workspace)
        is_changed = group.name != name or (key and group.external_id != key)
        group.name, group.external_id = name, key or group.external_id
        changed: Status = "updated" if is_changed else "unchanged"
        self._done[row.line] = (group, "created" if is_new else changed)
        self._wanted[row.line] = [self._members[email.lower()] for email in emails]

    def write(self) -> None:
        """Write what was gathered, in few statements."""
        created = [g for g, status in self._done.values() if status == "created"]
        updated = [g for g, status in self._done.values() if status == "updated"]
        Group.objects.bulk_create(created, batch_size=1000)
        if updated:
            Group.objects.bulk_update(updated, ["name", "external_id"], batch_size=1000)
        deeds = [describe_group(Act.GROUP_ADDED, group) for group in created]
        pairs = {
            (self._done[line][0].pk, member.pk)
            for line, members in self._wanted.items()
            for member in members
        }
        known = set(
            GroupMember.objects.filter(
                group__in=[group.pk for group, _ in self._done.values()]
            ).values_list("group", "member")
        )
        new = sorted(pairs - known)
        GroupMember.objects.bulk_create(
            [GroupMember(group_id=group, member_id=member) for group, member in new],
            batch_size=1000,
        )
        filled = {group for group, _ in new}
        for line, (group, status) in self._done.items():
            if group.pk in filled:
                names = [member.user.username for member in self._wanted[line]]
                deeds.append(describe_group(Act.GROUP_FILLED, group, names))
                if status == "unchanged":
                    self._done[line] = (group, "updated")
        record(self._workspace.pk, *deeds)

    def describe(self, number: int) -> RowResult:
        """Return what became of a row."""
        group, status = self._done[number]
        return RowResult(
            row=number, status=status, id=group.pk, external_id=group.external_id
        )


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _split(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()
