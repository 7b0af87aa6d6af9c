"""Sessions, users and groups as files, compared cell by cell with another query."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bagkit.archive import EarlierWork
from bagkit.receipt import check_signature
from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.audit.models import Act, AuditEntry
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.groups import add_to_group, delete_group, make_group
from bookbag.domain.people.models import (
    Group,
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    ExportScope,
    Product,
    ProductionContext,
)
from tests import factories

SNAPSHOT_AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
START = datetime(2026, 10, 1, 10, tzinfo=UTC)
Produce = Callable[..., tuple[Product, bytes]]
HEADERS = {
    "sessions": "first_name,last_name,email,scenario,difficulty,score,rank,"
    "attempt_number,valid_attempt,program,assigned_by,assigner_name,started_at,"
    "ended_at,duration_seconds,session_link",
    "users": "first_name,last_name,email,role,seat_type,groups,date_joined,last_login,"
    "status",
    "groups": "group_name,first_name,last_name,email,role,status",
    "audit": "sequence,happened_at,username,door,ip_address,act,target,target_key,"
    "purpose,result,detail,digest",
}


@pytest.fixture
def workspace(both_readers: None) -> Workspace:
    return factories.make_workspace("Example")


@pytest.fixture
def produce(workspace: Workspace, tmp_path: Path) -> Produce:
    def run(identifier: str, dialect: str = "csv-exact") -> tuple[Product, bytes]:
        staged = tmp_path / "it"
        product = get_definition(identifier).produce(
            ProductionContext(
                export_id="e1",
                scope=ExportScope(workspace=workspace),
                options={"dialect": dialect},
                snapshot_at=SNAPSHOT_AT,
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        return product, staged.read_bytes()

    return run


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def query(statement: str, *parameters: int) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        yield from cursor.fetchall()


def shown_time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.replace(tzinfo=UTC).isoformat(timespec="microseconds")


@pytest.mark.parametrize("identifier", HEADERS)
def test_an_empty_table_is_its_header(produce: Produce, identifier: str) -> None:
    product, content = produce(identifier)

    assert content.decode() == f"{HEADERS[identifier]}\r\n"
    assert product.receipt is not None
    assert product.receipt.expected == 0


@pytest.fixture
def played(workspace: Workspace) -> None:
    ada, bo = (factories.make_member(workspace, name) for name in ("ada", "bo"))
    pitch = factories.make_scenario(workspace, "Pitch", difficulty="Very Hard")
    call = factories.make_scenario(workspace, "Call")
    make = factories.make_session
    make(pitch, ada, started_at=START + timedelta(hours=2), score=74.9)
    make(pitch, ada, started_at=START, score=90, is_valid_attempt=True)
    make(pitch, ada, started_at=START + timedelta(hours=1), is_demo=True)
    make(pitch, ada, started_at=START + timedelta(hours=1), is_archived=True)
    make(pitch, bo, started_at=START, score=10, rank="gold")
    make(call, ada, started_at=START, ended_at=START + timedelta(seconds=61.9))


@pytest.mark.usefixtures("played")
def test_sessions_are_numbered_and_ranked(produce: Produce) -> None:
    _product, content = produce("sessions")

    rows = rows_of(content)
    facts = [
        (r["email"], r["scenario"], r["attempt_number"], r["rank"], r["score"])
        for r in rows
    ]
    assert facts == [
        ("ada@example.edu", "Pitch", "1", "A", "90"),
        ("bo@example.edu", "Pitch", "1", "gold", "10"),
        ("ada@example.edu", "Call", "1", "", ""),
        ("ada@example.edu", "Pitch", "2", "C", "74.9"),
    ]
    assert [r["valid_attempt"] for r in rows] == ["true", "false", "false", "false"]
    assert [r["duration_seconds"] for r in rows] == ["", "", "61", ""]
    assert rows[0]["difficulty"] == "Very Hard"


@pytest.mark.usefixtures("played")
def test_each_session_is_linked_and_those_left_out_are_counted(
    produce: Produce,
) -> None:
    product, content = produce("sessions")

    for row in rows_of(content):
        key = row["session_link"].removeprefix("http://127.0.0.1:8000/sessions/")
        session = RoleplaySession.objects.get(pk=int(key.strip("/")))
        assert session.participant.email == row["email"]
    assert product.receipt is not None
    document = json.loads(product.receipt.document)
    assert document["excluded"] == {"demo": 1, "archived": 1}
    assert (product.receipt.expected, product.receipt.present) == (6, 4)


def test_who_assigned_a_session_is_named_or_its_program(
    workspace: Workspace, produce: Produce
) -> None:
    ada, boss = (factories.make_member(workspace, name) for name in ("ada", "boss"))
    pitch = factories.make_scenario(workspace, "Pitch")
    factories.make_session(pitch, ada, started_at=START, program="Onboarding")
    factories.make_session(pitch, ada, started_at=START + timedelta(1), assigner=boss)

    _product, content = produce("sessions")

    assert [
        (r["program"], r["assigned_by"], r["assigner_name"]) for r in rows_of(content)
    ] == [("Onboarding", "", ""), ("", "boss@example.edu", "Boss Example")]


@pytest.fixture
def crowded(workspace: Workspace) -> None:
    ada, bo = (factories.make_member(workspace, name) for name in ("ada", "bo"))
    User.objects.filter(pk=ada.pk).update(last_login=START)
    Member.objects.filter(user=bo).update(
        status=MemberStatus.DEACTIVATED, role=MemberRole.STAFF, seat_type="Basic"
    )
    for name in ("Zeta", "alpha", "Änd"):
        make_group(workspace, name, [ada.email])
    delete_group(Group.objects.get(name="Zeta"))
    factories.make_member(factories.make_workspace(), "stranger")


@pytest.mark.usefixtures("crowded")
def test_users_equal_what_another_query_finds(
    workspace: Workspace, produce: Produce
) -> None:
    _product, content = produce("users")

    expected = [
        {
            "first_name": first,
            "last_name": last,
            "email": email,
            "role": role,
            "seat_type": seat,
            "groups": "alpha, Änd" if email == "ada@example.edu" else "",
            "date_joined": shown_time(joined),
            "last_login": shown_time(login),
            "status": status,
        }
        for first, last, email, role, seat, joined, login, status in query(
            "SELECT u.first_name, u.last_name, u.email, m.role, m.seat_type, "
            "m.joined_at, u.last_login, m.status FROM people_member m "
            "JOIN people_user u ON u.id = m.user_id WHERE m.workspace_id = %s "
            "ORDER BY u.last_name, u.first_name, m.id",
            workspace.pk,
        )
    ]
    assert rows_of(content) == expected
    assert [row["status"] for row in expected] == ["Active", "Deactivated"]


def test_groups_have_a_row_for_each_member_and_one_when_empty(
    workspace: Workspace, produce: Produce
) -> None:
    ada, bo = (factories.make_member(workspace, name) for name in ("ada", "bo"))
    group = make_group(workspace, "Sales", [bo.email])
    add_to_group(group, [ada.email])
    group.members.filter(member__user=ada).update(role="Group Admin")
    make_group(workspace, "Empty")
    gone = make_group(workspace, "Gone", [ada.email, bo.email])
    delete_group(gone)

    product, content = produce("groups")

    assert [tuple(row.values()) for row in rows_of(content)] == [
        ("Empty", "", "", "", "", ""),
        ("Sales", "Ada", "Example", "ada@example.edu", "Group Admin", "Active"),
        ("Sales", "Bo", "Example", "bo@example.edu", "Member", "Active"),
    ]
    assert product.receipt is not None
    assert json.loads(product.receipt.document)["excluded"] == {"deleted-group": 2}


def test_the_receipt_is_signed_and_names_the_file(
    workspace: Workspace, produce: Produce
) -> None:
    factories.make_member(workspace)

    product, _content = produce("users")

    assert product.receipt is not None
    receipt = json.loads(product.receipt.document)
    signature = receipt.pop("signature").encode()
    text = json.dumps(
        receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    check_signature(text.encode(), signature)
    assert (receipt["sha256"], receipt["rows"]) == (product.sha256, 1)
    assert receipt["resource"]["path"] == product.file_name


@pytest.mark.parametrize("dialect", ["csv", "csv-exact", "xlsx", "parquet", "jsonl"])
def test_each_dialect_has_its_own_kind_of_file(
    workspace: Workspace, produce: Produce, dialect: str
) -> None:
    factories.make_member(workspace, "ada")
    User.objects.update(first_name="=1+1")

    product, content = produce("users", dialect)

    suffix = dialect.partition("-")[0]
    assert product.file_name == f"{workspace.slug}_users_2026-11-22.{suffix}"
    assert len(content) == product.size_bytes
    if suffix == "csv":
        guard = "'" if dialect == "csv" else ""
        assert rows_of(content)[0]["first_name"] == f"{guard}=1+1"


@pytest.mark.django_db
@pytest.mark.parametrize("identifier", HEADERS)
def test_more_rows_take_no_more_queries(tmp_path: Path, identifier: str) -> None:
    counts = []
    for number in (1, 100):
        workspace = factories.make_workspace()
        scenario = factories.make_scenario(workspace, "Pitch")
        people = [factories.make_member(workspace) for _ in range(number)]
        make_group(workspace, "All", [person.email for person in people])
        for person in people:
            factories.make_session(scenario, person, started_at=START)
            record(workspace.pk, Deed(act=Act.EXPORT_CLAIMED, target="users"))
        seal_all_drafts()
        context = ProductionContext(
            export_id="e1",
            scope=ExportScope(workspace=workspace),
            options={},
            snapshot_at=SNAPSHOT_AT,
            staged=tmp_path / "it",
            on_progress=lambda _progress: None,
            earlier=EarlierWork(),
        )
        with CaptureQueriesContext(connection) as captured:
            product = get_definition(identifier).produce(context)
        assert product.receipt is not None
        if identifier == "audit":  # making the group left entries as well
            number = AuditEntry.objects.filter(workspace=workspace).count()
        assert product.receipt.present == number
        counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.mark.django_db
@pytest.mark.parametrize("identifier", HEADERS)
def test_only_admins_may_ask(identifier: str) -> None:
    workspace = factories.make_workspace()
    may_request = get_definition(identifier).may_request
    scope = ExportScope(workspace=workspace)
    roles = [MemberRole.OWNER, MemberRole.ADMIN, MemberRole.STAFF, MemberRole.MEMBER]

    answers = [
        may_request(factories.make_member(workspace, role=role), scope)
        for role in roles
    ]

    assert answers == [True, True, False, False]


def test_every_entry_of_the_audit_log_is_a_row(
    workspace: Workspace, produce: Produce
) -> None:
    ada = factories.make_member(workspace, "ada", role=MemberRole.ADMIN)
    asked = Deed(act=Act.EXPORT_REQUESTED, target="users: Example", purpose="=1+1")
    record(workspace.pk, asked, person=ada)
    record(workspace.pk, Deed(act=Act.EXPORT_CLAIMED, target="users: Example"))
    seal_all_drafts()

    product, content = produce("audit", "csv")

    rows = rows_of(content)
    assert [(row["sequence"], row["username"]) for row in rows] == [
        ("1", "ada"),
        ("2", ""),
    ]
    assert rows[0]["purpose"] == "'=1+1"
    assert rows[0]["digest"] == AuditEntry.objects.get(sequence=1).digest
    assert product.receipt is not None
    assert product.receipt.present == 2
