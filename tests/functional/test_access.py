"""Who gets what at every address: the matrix, and that no address is missing in it."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.services import save_target
from bookbag.domain.access.clients import make_client
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.access.tokens import make_personal_token
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.lti.keys import make_consumer_key
from bookbag.domain.lti.models import Platform
from bookbag.domain.people.groups import make_group
from bookbag.domain.people.models import (
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.imports.restoring.models import Restore
from bookbag.web.urls import urlpatterns
from tests import factories

pytestmark = pytest.mark.django_db

PEOPLE: dict[str, Callable[[Course], User]] = {
    "admin": lambda c: factories.make_member(c.workspace, role=MemberRole.ADMIN),
    "teacher": factories.make_teacher,
    "read-only": lambda c: factories.make_teacher(c, is_read_only=True),
    "student": factories.enrol,
    "member": lambda c: factories.make_member(c.workspace),
    "removed": lambda c: factories.make_teacher(c, is_removed=True),
    "stranger": lambda _: factories.make_teacher(factories.make_course("CS102")),
    "deactivated": lambda c: factories.make_member(
        c.workspace, role=MemberRole.ADMIN, status=MemberStatus.DEACTIVATED
    ),
    "superuser": lambda _: factories.make_user(is_superuser=True, is_staff=True),
}
TWINS: dict[str, Callable[[Course], User]] = {
    "colleague": lambda c: factories.make_teacher(
        factories.make_course("CS103", workspace=c.workspace)
    ),
    "other-admin": lambda _: factories.make_member(
        factories.make_workspace(), role=MemberRole.ADMIN
    ),
}
"""A teacher of another course here, and an admin of another workspace."""
LIKE = {"colleague": "member", "other-admin": "stranger"}
"""Whom they are treated like everywhere, so that no row has to name them."""
BACKEND = "django.contrib.auth.backends.ModelBackend"
OUTSIDERS = ("member", "removed", "stranger", "deactivated", "superuser")
ANYBODY = dict.fromkeys(PEOPLE, 200)
VIEWERS = dict.fromkeys(PEOPLE, 200) | dict.fromkeys(OUTSIDERS, 404)
EXPORTERS = VIEWERS | {"student": 403}
EXPORT_VIEWERS = VIEWERS | {"student": 404}
STARTED = dict.fromkeys(("admin", "teacher", "read-only"), 302)

# Teachers, students and others of the course are members of its workspace.
MEMBERS = dict.fromkeys(PEOPLE, 200) | dict.fromkeys(
    ("stranger", "deactivated", "superuser"), 404
)
ADMINS = MEMBERS | dict.fromkeys(
    ("teacher", "read-only", "student", "member", "removed"), 403
)
ONE_ADMIN = dict.fromkeys(PEOPLE, 404) | {"admin": 200}

MATRIX: dict[str, dict[str, int]] = {
    "start-course": EXPORTERS | STARTED,
    "start-assignment": EXPORTERS | STARTED,
    "start-student": EXPORTERS | STARTED,
    "assignment": EXPORTERS,
    "export-data": ADMINS,
    "start-workspace": ADMINS | {"admin": 302},
    "users": ADMINS,
    "member": ADMINS | {"admin": 302},
    "member-invite": ADMINS | {"admin": 302},
    "groups": ADMINS,
    "audit": ADMINS,
    "privacy": ADMINS,
    "privacy-destroy": ADMINS | {"admin": 302},
    "privacy-erase": ADMINS | {"admin": 302},
    "group": ADMINS,
    "sessions": MEMBERS,
    "scenarios": ADMINS,
    "programs": ADMINS,
    "session": ONE_ADMIN,
    "reports": ANYBODY,
    "report-dismiss": EXPORT_VIEWERS | STARTED,
    "export-again": EXPORT_VIEWERS | STARTED,
    "home": dict.fromkeys(PEOPLE, 302),
    "courses": ANYBODY,
    "course": VIEWERS,
    "course-students": EXPORTERS,
    "course-admin": EXPORTERS,
    "course-exports": EXPORTERS,
    "running-exports": ANYBODY,
    "export": EXPORT_VIEWERS,
    "export-receipt": EXPORT_VIEWERS,
    "export-receipt-file": EXPORT_VIEWERS,
    "export-file": EXPORT_VIEWERS,
    "export-download": EXPORT_VIEWERS | STARTED,
    "export-cancel": EXPORT_VIEWERS | STARTED,
    "link": dict.fromkeys(PEOPLE, 404),
    "sent-mail": ANYBODY,
    "sent-mail-message": dict.fromkeys(PEOPLE, 404),
    "receipt-key": ANYBODY,
    "course-archive": EXPORTERS | {"admin": 302, "teacher": 302, "read-only": 403},
    "course-plan": EXPORTERS | {"admin": 302, "teacher": 302, "read-only": 403},
    "course-unarchive": EXPORTERS | {"admin": 302, "teacher": 302, "read-only": 403},
    "course-delete": EXPORTERS | {"read-only": 403},
    "course-restore": dict.fromkeys(PEOPLE, 404),  # it is not deleted
    "course-lti": EXPORTERS | {"admin": 302, "teacher": 302, "read-only": 403},
    "course-roster": EXPORTERS | {"admin": 302, "teacher": 302, "read-only": 403},
    "delivery-targets": ADMINS,
    "delivery-target-new": ADMINS,
    "delivery-target": ADMINS,
    "delivery-target-test": ADMINS | {"admin": 302},
    "delivery-target-host-key": ADMINS | {"admin": 302},
    "delivery-target-delete": ADMINS | {"admin": 302},
    "export-deliver": EXPORT_VIEWERS | STARTED,
    "delivery-cancel": dict.fromkeys(PEOPLE, 404),  # there is no delivery
    "restores": ADMINS,
    "restore-upload": ADMINS | {"admin": 404},  # it is nobody's here
    "restore": ADMINS,
    "restore-approve": ADMINS | {"admin": 302},
    "restore-cancel": ADMINS | {"admin": 302},
    "stacks": ADMINS,
    "stack": ADMINS,
    "stack-delete": ADMINS | {"admin": 302},
    "lti": ADMINS,
    "lti-platform-delete": ADMINS | {"admin": 302},
    "lti-key-add": ADMINS | {"admin": 302},
    "lti-key-delete": ADMINS | {"admin": 302},
    "project": EXPORT_VIEWERS,
    "project-seen": EXPORT_VIEWERS,
    "projects": ANYBODY,
    "tokens": ANYBODY,
    "token-revoke": dict.fromkeys(PEOPLE, 404),  # it is nobody's here
    "clients": ADMINS,
    "client-revoke": ADMINS | {"admin": 302},
    "my-data": ANYBODY,
    "start-my-data": MEMBERS
    | dict.fromkeys(
        ("admin", "teacher", "read-only", "student", "member", "removed"), 302
    ),
    "project-new": dict.fromkeys(PEOPLE, 200)
    | dict.fromkeys(("deactivated", "superuser"), 404),
    "project-delete": EXPORT_VIEWERS
    | dict.fromkeys(("admin", "teacher", "read-only"), 403),
    "uploads": dict.fromkeys(PEOPLE, 412),  # no client of the protocol
    # An import is for nobody but its owner, who is none of these.
    "upload": dict.fromkeys(PEOPLE, 404),
    "import": dict.fromkeys(PEOPLE, 404),
    "import-choose": dict.fromkeys(PEOPLE, 404),
    "import-cancel": dict.fromkeys(PEOPLE, 404),
    "project-raw": dict.fromkeys(PEOPLE, 404),  # the file is nobody's here
    "project-export": EXPORT_VIEWERS | STARTED,
    "project-stack": EXPORT_VIEWERS
    | dict.fromkeys(("admin", "teacher", "read-only"), 403),
    "project-close": EXPORT_VIEWERS
    | dict.fromkeys(("admin", "teacher", "read-only"), 204),
    "webhooks": ADMINS,
    "webhook": ADMINS,
    "webhook-rotate": ADMINS | {"admin": 302},
    "webhook-delete": ADMINS | {"admin": 302},
    "webhook-redeliver": ADMINS | {"admin": 404},  # nothing was delivered
    "schedules": MEMBERS,
    "export-options": dict.fromkeys(PEOPLE, 404),  # it does not say of what
    "schedule-new": dict.fromkeys(PEOPLE, 404),  # it does not say of what
    "schedule": ONE_ADMIN,
    "schedule-change": ONE_ADMIN | {"admin": 403},  # it runs in the owner's name
    "schedule-pause": ONE_ADMIN | {"admin": 302},
    "schedule-resume": ONE_ADMIN | {"admin": 302},
    "schedule-delete": ONE_ADMIN | {"admin": 302},
    "lti-key-set": ANYBODY,
    # A launch proves itself by a signature; without one nobody comes in.
    "lti-login": dict.fromkeys(PEOPLE, 403),
    "lti-launch": dict.fromkeys(PEOPLE, 403),
    "lti-integration": dict.fromkeys(PEOPLE, 403),
}
"""Status by address and person; the link is nobody's here."""
POSTED = (
    *("export-download", "export-cancel", "export-again"),
    *("start-course", "start-assignment", "start-student", "start-workspace"),
    *("member", "member-invite", "report-dismiss", "course-lti", "course-roster"),
    *(
        "course-plan",
        "course-archive",
        "course-unarchive",
        "course-restore",
        "stack-delete",
    ),
    *("token-revoke", "client-revoke"),
    *("delivery-target-test", "delivery-target-host-key", "delivery-target-delete"),
    *("export-deliver", "delivery-cancel"),
    *("lti-platform-delete", "lti-key-add", "lti-key-delete"),
    *("schedule-pause", "schedule-resume", "schedule-delete"),
    *(
        "webhook-rotate",
        "webhook-delete",
        "webhook-redeliver",
        "privacy-destroy",
        "privacy-erase",
    ),
    *("uploads", "import-choose", "import-cancel", "project-delete"),
    *("restore-approve", "restore-cancel"),
    *(
        "start-my-data",
        "project-seen",
        "project-close",
        "project-export",
        "project-stack",
    ),
)
LAUNCHED = ("lti-login", "lti-launch", "lti-integration")
PUBLIC = {"receipt-key": 200, "lti-key-set": 200} | dict.fromkeys(LAUNCHED, 403)
IDENTIFIERS = {
    "start-course": "user-access",
    "start-assignment": "assignment-csv",
    "start-student": "student-csv",
}


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def export(course: Course) -> Export:
    teacher = factories.make_teacher(course)
    ready = factories.make_export(
        course, teacher, state=ExportState.READY, size_bytes=0, storage_key="x"
    )
    factories.make_receipt(ready)
    return ready


def address(name: str, course: Course, export: Export) -> str:
    return address_of(name, make_arguments(name, course, export))


def address_of(name: str, arguments: dict[str, object]) -> str:
    pattern = next(p for p in urlpatterns if p.name == name)
    needed = pattern.pattern.converters
    return reverse(name, kwargs={key: arguments[key] for key in needed})


def make_arguments(name: str, course: Course, export: Export) -> dict[str, object]:
    workspace = course.workspace
    other = factories.make_member(workspace)
    scenario = factories.make_scenario(workspace)
    session = factories.make_session(scenario, other, started_at=timezone.now())
    return {
        "slug": workspace.slug,
        "assignment_id": factories.make_assignment(course).pk,
        "student_id": factories.enrol(course).pk,
        "identifier": IDENTIFIERS.get(name, "users"),
        "member_id": Member.objects.get(user=other).pk,
        "group_id": make_group(workspace, f"Group {other.pk}").pk,
        "session_id": session.pk,
        "course_id": course.pk,
        "export_id": export.pk,
        "token": "unknown",
        "code": "unknown",
        "kind": "s3",
        "target_id": make_target(workspace).pk,
        "delivery_id": export.pk,
        "stack_id": factories.make_stack(workspace, f"Stack {other.pk}").pk,
        "key": "unknown",
        "platform_id": make_platform(workspace).pk,
        "key_id": make_consumer_key(workspace, "Campus")[0].pk,
        "project_id": make_project(course).pk,
        "token_id": make_personal_token(other, name="x", scopes=TokenScope.values)[
            0
        ].pk,
        "client_pk": make_client(
            workspace, name="x", scopes=TokenScope.values, created_by=other
        )[0].pk,
        "webhook_id": factories.make_webhook(workspace).pk,
        "webhook_delivery_id": 0,
        "schedule_id": factories.make_schedule(course, export.requested_by).pk,
        "import_id": factories.make_import(workspace, other).pk,
        "restore_id": Restore.objects.create(
            workspace=workspace, archive_path="x", archive_name="x", state="queued"
        ).pk,
        "name": "unknown",
    }


def make_platform(workspace: Workspace) -> Platform:
    return Platform.objects.create(
        workspace=workspace,
        name="Campus",
        issuer="https://campus.example",
        client_id="c",
        deployment_id="d",
        key_set_url="https://campus.example/keys",
        login_url="https://campus.example/login",
    )


def make_target(workspace: Workspace) -> DeliveryTarget:
    target = DeliveryTarget(
        workspace=workspace,
        kind=TargetKind.SFTP,
        name="Records",
        address="127.0.0.1:9",
        account="bookbag",
    )
    save_target(target, "secret")
    return target


def make_project(course: Course) -> Project:
    assignment = factories.make_assignment(course)
    return factories.make_project(assignment, factories.enrol(course))


HOW_TO_ADD = """
Each address of web/urls.py needs a rule in tests/functional/test_access.py:
 1. a line in MATRIX: "its-name": one of ANYBODY, MEMBERS, ADMINS, VIEWERS, EXPORTERS,
    EXPORT_VIEWERS, ONE_ADMIN, and after a | who gets something else;
 2. its name in POSTED when it takes nothing but POST, in PUBLIC when nobody signs in;
 3. what its path names in `arguments` of `address`, when that is new.
An address that is gone takes its line with it."""


def test_every_address_is_in_the_matrix() -> None:
    named = {pattern.name: str(pattern.pattern) for pattern in urlpatterns}
    missing = {name: path for name, path in named.items() if name not in MATRIX}
    gone = set(MATRIX) - set(named)

    assert (missing, gone) == ({}, set()), HOW_TO_ADD


@pytest.mark.parametrize("name", MATRIX)
def test_each_person_gets_what_is_theirs(
    client: Client, course: Course, export: Export, name: str
) -> None:
    ask = client.post if name in POSTED else client.head
    ask = client.get if name in LAUNCHED else ask
    url = address(name, course, export)
    got = {}
    for who, make in (PEOPLE | TWINS).items():
        with transaction.atomic():  # nobody sees what the one before did
            client.force_login(make(course), BACKEND)
            got[who] = ask(url).status_code
            transaction.set_rollback(True)

    row = MATRIX[name]
    assert got == row | {twin: row[like] for twin, like in LIKE.items()}


@pytest.mark.parametrize("name", MATRIX)
def test_who_is_not_signed_in_is_asked_to(
    client: Client, course: Course, export: Export, name: str
) -> None:
    ask = client.post if name in POSTED else client.get
    url = address(name, course, export)

    answer = ask(url)

    if name in PUBLIC:
        assert answer.status_code == PUBLIC[name]
    else:
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/accounts/login/?next={url}",
        )


@pytest.mark.parametrize("name", POSTED)
def test_what_changes_something_is_not_done_by_looking(
    client: Client, course: Course, export: Export, name: str
) -> None:
    teacher = factories.make_teacher(course)
    client.force_login(teacher, BACKEND)

    assert client.get(address(name, course, export)).status_code == 405


def test_a_form_from_another_site_is_refused(course: Course, export: Export) -> None:
    client = Client(enforce_csrf_checks=True)
    teacher = factories.make_teacher(course)
    client.force_login(teacher, BACKEND)

    answer = client.post(reverse("course-exports", kwargs={"course_id": course.pk}))

    assert answer.status_code == 403
    assert Export.objects.count() == 1
