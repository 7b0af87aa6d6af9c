"""No page, API answer, mail, log, webhook, metric or repr holds a canary."""

import io
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core import mail as sent
from django.core.management import call_command
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookbag.api import streams
from bookbag.domain.people.membership import NewMember, add_members
from bookbag.exports.doctor import find_inconsistencies
from bookbag.exports.invitations.inviting import deliver_invitations
from bookbag.exports.mail import deliver_waiting_mails
from bookbag.exports.models import MailMessage
from bookbag.exports.schedules.mail import deliver_schedule_mails
from bookbag.exports.schedules.models import ScheduleMail, ScheduleRun
from bookbag.exports.states import MailKind
from bookbag.exports.webhooks.bodies import make_body
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import WebhookEvent
from bookbag.exports.webhooks.services import BOX
from tests import factories
from tests.functional.api.conftest import ApiClient
from tests.functional.api.test_access import OPERATIONS, make_webhook_parts, send
from tests.functional.test_access import LAUNCHED, MATRIX, POSTED, address
from tests.functional.test_access_everywhere import addresses_under
from tests.integration.canaries.planting import Garden
from tests.integration.canaries.searching import find_canaries

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def check(
    garden: Garden, caplog: pytest.LogCaptureFixture
) -> Callable[[dict[str, bytes | str]], None]:
    """Fails when an output, or what was logged meanwhile, holds a canary."""

    def look(outputs: dict[str, bytes | str]) -> None:
        canaries = garden.canaries
        texts = outputs | {"log": caplog.text, "records": repr(caplog.records)}
        sung = [
            fault
            for where, content in texts.items()
            for fault in find_canaries(where, content, canaries)
        ]
        assert sung == []
        assert outputs

    return look


Check = Callable[[dict[str, bytes | str]], None]


def show(answer: Any) -> bytes:
    body = b"".join(answer) if answer.streaming else answer.content
    headers = {k: v for k, v in answer.headers.items() if k != "Set-Cookie"}
    return bytes(body) + repr(headers).encode()


def test_no_page_shows_one(garden: Garden, client: Client, check: Check) -> None:
    shown: dict[str, bytes | str] = {}
    for name in sorted(set(MATRIX) - set(POSTED) - set(LAUNCHED)):
        with transaction.atomic():  # each page has things of its own
            client.force_login(garden.admin, BACKEND)
            shown[name] = show(client.get(address(name, garden.course, garden.export)))
            transaction.set_rollback(True)
    for name, path in addresses_under("accounts/").items():
        with transaction.atomic():
            client.force_login(garden.admin, BACKEND)
            shown[name] = show(client.get(path))
            transaction.set_rollback(True)

    check(shown)


def test_no_page_of_the_operators_admin_shows_one(
    garden: Garden, client: Client, check: Check
) -> None:
    root = factories.make_user("root", is_superuser=True, is_staff=True)
    client.force_login(root, BACKEND)
    shown: dict[str, bytes | str] = {}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        shown[name] = show(client.get(reverse(f"{name}_changelist")))
        for row in model._default_manager.all():
            page = reverse(f"{name}_change", args=[row.pk])
            shown[f"{name} {row.pk}"] = show(client.get(page))

    check(shown)


def test_no_answer_of_the_api_holds_one(
    garden: Garden, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0)
    api = ApiClient(garden.clear["personal token"])
    parts = list_parts(garden)
    shown: dict[str, bytes | str] = {
        name: show(send(api, name, parts))
        for name, (method, _path, _operation) in OPERATIONS.items()
        if method == "GET"
    }
    for token in (garden.clear["personal token"], garden.clear["service token"]):
        for path in ("/courses/1", "/exports/1", "/nowhere"):
            shown[path + token[:8]] = show(ApiClient(token).get(path))

    check(shown)


def list_parts(garden: Garden) -> dict[str, object]:
    course = garden.course
    scenario = factories.make_scenario(course.workspace)
    session = factories.make_session(
        scenario, garden.student, started_at=timezone.now()
    )
    return {
        "workspace": course.workspace.slug,
        "course_id": course.pk,
        "export_id": garden.export.pk,
        "member_id": garden.student.memberships.get().pk,
        "group_id": 0,
        "project_id": course.assignments.get().projects.get().pk,
        "session_id": session.pk,
        "delivery_id": garden.export.pk,
        "schedule_id": factories.make_schedule(course, garden.teacher).pk,
        **make_webhook_parts(garden.export),
    }


def test_no_refusal_holds_one_and_no_log_of_it(
    garden: Garden, client: Client, check: Check
) -> None:
    """Addresses with secrets in them, asked for by whoever may not."""
    clear, somebody = garden.clear, factories.make_user()
    shown: dict[str, bytes | str] = {}
    for path in (
        f"/links/{clear['download link']}/",
        f"/codio/files/{clear['pass to a file']}/it.zip",
        f"/metrics?token={clear['metrics token']}",
    ):
        client.force_login(somebody, BACKEND)
        answer = client.get(path)
        assert answer.status_code == 404, path
        # The page may not repeat it either, but for the address that was asked for.
        shown[path[:9]] = show(answer)
    wrong = {"login": "admin", "password": clear["password"] + "x"}
    shown["sign-in"] = show(Client().post("/accounts/login/", wrong))
    body = {"grant_type": "client_credentials", "client_secret": clear["client secret"]}
    shown["token"] = show(Client().post("/api/v1/oauth/token", body))

    check(shown)


def test_no_broken_page_shows_one_and_its_log_has_none(
    garden: Garden, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(request: HttpRequest, *_arguments: object) -> None:
        held = garden.clear  # what is in a frame must not get into a traceback
        message = f"out of order: {len(held)} {request.method}"
        raise RuntimeError(message)

    monkeypatch.setattr("bookbag.web.views.courses.list_courses", break_down)
    monkeypatch.setattr("bookbag.web.views.courses.get_person", lambda r: r)
    client = Client(raise_request_exception=False)
    client.force_login(garden.admin, BACKEND)
    bearer = {"Authorization": f"Bearer {garden.clear['personal token']}"}

    answer = client.get(reverse("courses"), headers=bearer)

    assert answer.status_code == 500
    check({"page": show(answer)})


def test_no_mail_holds_one_but_the_link_that_it_is_for(
    garden: Garden, check: Check, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in MailKind:
        MailMessage.objects.create(export=garden.export, person=garden.admin, kind=kind)
    add_members(
        garden.course.workspace,
        [NewMember(email="new@x.example")],
        inviter=garden.admin,
    )
    schedule = factories.make_schedule(garden.course, garden.teacher)
    run = ScheduleRun.objects.create(schedule=schedule, planned_at=timezone.now())
    ScheduleMail.objects.create(run=run)

    deliver_waiting_mails()
    deliver_invitations()
    deliver_schedule_mails()

    mails = {str(m.subject): m.message().as_string() for m in sent.outbox}
    assert len(mails) == len(MailKind) + 2
    check({**mails})
    # What was issued for these mails stands nowhere else.
    links = find_tokens("\n".join(mails.values()))
    assert len(links) == 2
    assert not [token for token in links if token in caplog.text + dump_database()]


def find_tokens(text: str) -> set[str]:
    plain = text.replace("=\n", "")
    links = re.findall(r"/links/([\w-]{40,})", plain)
    return {*links, *re.findall(r"/reset/key/\w+?-([\w-]{20,})", plain)}


def dump_database() -> str:
    written = io.StringIO()
    call_command("dumpdata", stdout=written, verbosity=0)
    return written.getvalue()


def test_the_database_holds_none_in_clear(garden: Garden) -> None:
    clear = {k: v for k, v in garden.clear.items() if not k.startswith("sealed ")}

    assert find_canaries("database", dump_database(), clear) == []


def test_no_webhook_metric_or_finding_holds_one(
    garden: Garden, client: Client, check: Check
) -> None:
    texts: dict[str, bytes | str] = {}
    for kind in EventKind:
        event = WebhookEvent.objects.create(export=garden.export, kind=kind)
        texts[kind] = make_body(event)
    token = garden.clear["metrics token"]
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    texts["metrics"] = show(answer)
    texts["doctor"] = repr(list(find_inconsistencies()))
    texts["readiness"] = show(client.get("/readyz"))

    check(texts)


def test_no_repr_of_a_row_or_of_the_settings_holds_one(
    garden: Garden, check: Check
) -> None:
    texts: dict[str, bytes | str] = {}
    for model in apps.get_models():
        rows = list(model._default_manager.all())
        texts[model._meta.label] = "".join(f"{row!r} {row} {[row]}" for row in rows)
    texts["garden's box"] = repr(BOX)

    check({name: text for name, text in texts.items() if name not in KEYED_BY_LIBRARY})


KEYED_BY_LIBRARY = {"sessions.Session", "socialaccount.SocialToken"}
"""Rows of libraries whose words are their secret; nothing of ours writes them down."""
