"""One function for each thing, with sensible defaults."""

import itertools
import secrets
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from bookbag.domain.access.clients import make_client
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.access.tokens import make_personal_token
from bookbag.domain.courses.models import (
    Assignment,
    AssignmentKind,
    Course,
    Enrolment,
    EnrolmentRole,
    Module,
    Project,
    Stack,
)
from bookbag.domain.people.models import (
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.domain.roleplay.models import (
    Program,
    RoleplaySession,
    Scenario,
    ScenarioAssignment,
)
from bookbag.exports.models import Export, ExportReceipt, ExportRequester
from bookbag.exports.schedules.models import Schedule
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook
from bookbag.exports.webhooks.services import BOX
from bookbag.exports.webhooks.signing import make_secret
from bookbag.imports.projects.models import ProjectImport

PASSWORD = "correct-horse-battery"  # noqa: S105 - of test users only
RECEIPT = b'{"rows":2,"excluded":{},"resource":{"schema":{"fields":[]}}}'
_numbers = itertools.count(1)


def make_user(username: str = "", **fields: object) -> User:
    username = username or f"person{next(_numbers)}"
    defaults: dict[str, object] = {
        "email": f"{username}@example.edu",
        "first_name": username.capitalize(),
        "last_name": "Example",
    }
    user = User(username=username, **(defaults | fields))
    user.set_password(PASSWORD)
    user.save()
    return user


def make_workspace(name: str = "") -> Workspace:
    number = next(_numbers)
    return Workspace.objects.create(
        name=name or f"Workspace {number}", slug=f"workspace-{number}"
    )


def make_member(
    workspace: Workspace,
    username: str = "",
    *,
    role: str = MemberRole.MEMBER,
    status: str = MemberStatus.ACTIVE,
) -> User:
    user = make_user(username)
    Member.objects.create(workspace=workspace, user=user, role=role, status=status)
    return user


def make_service(workspace: Workspace) -> User:
    """Return the account of a service that works in a workspace."""
    admin = make_member(workspace, role=MemberRole.ADMIN)
    client, _ = make_client(
        workspace, name="Records", scopes=TokenScope.values, created_by=admin
    )
    return client.account


def make_token(person: User, *scopes: str) -> str:
    """Return a personal token, of all scopes unless some are named."""
    _, token = make_personal_token(
        person, name="Script", scopes=scopes or TokenScope.values
    )
    return token


def make_course(name: str = "CS101", *, workspace: Workspace | None = None) -> Course:
    return Course.objects.create(
        workspace=workspace or make_workspace(),
        name=name,
        title=f"{name} in full",
    )


def make_assignment(
    course: Course, name: str = "", *, book_name: str = ""
) -> Assignment:
    number = next(_numbers)
    name = name or f"Assignment {number}"
    module, _ = Module.objects.get_or_create(course=course, name="Module 1")
    return Assignment.objects.create(
        course=course,
        module=module,
        name=name,
        folder=name.lower().replace(" ", "-"),
        position=number,
        kind=AssignmentKind.BOOK if book_name else AssignmentKind.PROJECT,
        book_name=book_name,
    )


def enrol(
    course: Course,
    username: str = "",
    *,
    role: str = EnrolmentRole.STUDENT,
    is_read_only: bool = False,
    is_removed: bool = False,
) -> User:
    user = make_member(course.workspace, username)
    Enrolment.objects.create(
        course=course,
        user=user,
        role=role,
        is_read_only=is_read_only,
        removed_at=timezone.now() if is_removed else None,
    )
    return user


def make_teacher(course: Course, username: str = "", **fields: bool) -> User:
    return enrol(course, username, role=EnrolmentRole.TEACHER, **fields)


def make_scenario(
    workspace: Workspace, name: str = "", *, difficulty: str = "Medium"
) -> Scenario:
    return Scenario.objects.create(
        workspace=workspace,
        name=name or f"Scenario {next(_numbers)}",
        difficulty=difficulty,
    )


def make_session(
    scenario: Scenario,
    participant: User,
    *,
    started_at: datetime,
    program: str = "",
    assigner: User | None = None,
    **fields: object,
) -> RoleplaySession:
    workspace = scenario.workspace
    values: dict[str, object] = {"external_id": f"session-{next(_numbers)}", **fields}
    if program:
        values["program"], _ = Program.objects.get_or_create(
            workspace=workspace, name=program
        )
    if assigner is not None:
        values["assignment"] = ScenarioAssignment.objects.create(
            scenario=scenario, participant=participant, assigner=assigner
        )
    return RoleplaySession.objects.create(
        workspace=workspace,
        scenario=scenario,
        participant=participant,
        started_at=started_at,
        **values,
    )


def make_stack(
    workspace: Workspace, name: str = "Python", version: str = "3.11"
) -> Stack:
    return Stack.objects.create(workspace=workspace, name=name, version=version)


def make_project(
    assignment: Assignment, owner: User, files_folder: Path | str = "/nowhere"
) -> Project:
    return Project.objects.create(
        assignment=assignment,
        owner=owner,
        path=f"/{owner.username}/{assignment.folder}",
        files_folder=str(files_folder),
    )


def assignment_of(project: Project) -> Assignment:
    """Return the assignment of a project that is known to have one."""
    assert project.assignment is not None
    return project.assignment


def make_own_project(
    workspace: Workspace, owner: User, files_folder: Path | str, **fields: object
) -> Project:
    values: dict[str, object] = {"name": "Snake", **fields}
    return Project.objects.create(
        workspace=workspace,
        owner=owner,
        path=f"/{owner.username}/snake",
        files_folder=str(files_folder),
        **values,
    )


def make_import(workspace: Workspace, owner: User, **fields: object) -> ProjectImport:
    values: dict[str, object] = {
        "file_name": "work.zip",
        "size_bytes": 100,
        "expires_at": timezone.now() + timedelta(hours=1),
        **fields,
    }
    return ProjectImport.objects.create(workspace=workspace, owner=owner, **values)


def make_export(
    course: Course,
    requester: User,
    *,
    state: str = ExportState.QUEUED,
    **fields: object,
) -> Export:
    now = timezone.now()
    values: dict[str, object] = {
        "identifier": "course-data",
        "workspace": course.workspace,
        "course": course,
        "scope_name": course.name,
        "request_key": secrets.token_hex(32),
        "requested_by": requester,
        "state": state,
        "media_type": "application/zip",
    }
    if state == ExportState.READY:
        values |= {
            "storage_key": f"published/{secrets.token_hex(8)}.zip",
            "file_name": f"{course.name}_course-data.zip",
            "sha256": secrets.token_hex(32),
            "size_bytes": 1234,
            "finished_at": now,
            "expires_at": now + timedelta(days=7),
        }
    export = Export.objects.create(**(values | fields))
    ExportRequester.objects.create(export=export, person=requester)
    return export


def make_schedule(course: Course, owner: User, **fields: object) -> Schedule:
    values: dict[str, object] = {
        "identifier": "course-data",
        "workspace": course.workspace,
        "course": course,
        "scope_name": course.name,
        "rule": "FREQ=DAILY",
        "first_day": date(2026, 1, 1),
        "clock_time": time(2),
        "time_zone": "UTC",
        "next_run_at": timezone.now() + timedelta(hours=1),
    }
    return Schedule.objects.create(owner=owner, **(values | fields))


def make_webhook(workspace: Workspace, **fields: object) -> Webhook:
    values: dict[str, object] = {
        "url": "https://hooks.example.edu/bookbag",
        "kinds": list(EventKind.values),
        "sealed_secret": BOX.seal(make_secret()),
    }
    return Webhook.objects.create(workspace=workspace, **(values | fields))


def make_receipt(export: Export) -> ExportReceipt:
    return ExportReceipt.objects.create(
        export=export,
        document=RECEIPT,
        expected=3,
        present=2,
        empty=1,
        excluded=0,
        failed=0,
        file_count=5,
        payload_bytes=100,
    )
