"""The clock of what is kept: told in a table, and carried out day by day."""

import json
from datetime import timedelta

import pytest
import typer
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings
from typer.testing import CliRunner

from bookbag.cli.keeping import retention
from bookbag.domain.courses.models import Course
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.erasure.clock import KINDS, list_kept, sweep_old_rows
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db
app = typer.Typer()
app.command()(retention)


@pytest.fixture
def course() -> Course:
    return factories.make_course()


def days_ago(days: int, hours: int = 0) -> timedelta:
    return timedelta(days=days, hours=hours)


@pytest.mark.parametrize(("hours", "left"), [(-1, 1), (1, 0)])
def test_a_session_goes_when_its_days_are_over(
    course: Course, settings: Settings, hours: int, left: int
) -> None:
    settings.BOOKBAG_SESSION_DAYS = 30
    scenario = factories.make_scenario(course.workspace)
    started_at = timezone.now() - days_ago(30, hours)
    factories.make_session(scenario, factories.make_user(), started_at=started_at)

    assert sweep_old_rows() == 1 - left
    assert RoleplaySession.objects.count() == left


@pytest.mark.parametrize(
    ("state", "fields", "left"),
    [
        (ExportState.FAILED, {}, 0),
        (ExportState.CANCELLED, {}, 0),
        (ExportState.EXPIRED, {"storage_key": "published/x.zip"}, 1),
        (ExportState.EXPIRED, {"removed_at": timezone.now()}, 0),
        (ExportState.READY, {}, 1),
        (ExportState.QUEUED, {}, 1),
    ],
)
def test_records_of_exports_go_only_when_their_files_are_gone(
    course: Course,
    settings: Settings,
    state: str,
    fields: dict[str, object],
    left: int,
) -> None:
    settings.BOOKBAG_EXPORT_RECORD_DAYS = 90
    finished = {"finished_at": timezone.now() - days_ago(91), **fields}
    teacher = factories.make_teacher(course)
    factories.make_export(course, teacher, state=state, **finished)

    sweep_old_rows()

    assert Export.objects.count() == left


def test_mails_that_wait_are_kept(course: Course, settings: Settings) -> None:
    settings.BOOKBAG_MAIL_DAYS = 10
    teacher = factories.make_teacher(course)
    export = factories.make_export(course, teacher)
    for kind, state in (("ready", "delivered"), ("failed", "waiting")):
        MailMessage.objects.create(
            export=export, person=teacher, kind=kind, state=state,
            due_at=timezone.now() - days_ago(11),
        )  # fmt: skip

    assert sweep_old_rows() == 1
    assert MailMessage.objects.get().kind == "failed"


def test_expired_sign_ins_and_old_attempts_go(settings: Settings) -> None:
    now = timezone.now()
    for key, expires in (("old", now - days_ago(1, 1)), ("new", now + days_ago(1))):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
    old = AccessLog.objects.create(username="ada")
    AccessLog.objects.filter(pk=old.pk).update(attempt_time=now - days_ago(184))
    AccessLog.objects.create(username="ben")

    assert sweep_old_rows() == 2
    assert Session.objects.get().session_key == "new"
    assert AccessLog.objects.get().username == "ben"


def test_nothing_goes_that_is_kept_until_deleted(course: Course) -> None:
    scenario = factories.make_scenario(course.workspace)
    long_ago = timezone.now() - days_ago(9000)
    factories.make_session(scenario, factories.make_user(), started_at=long_ago)

    assert sweep_old_rows() == 0


def test_the_table_says_since_when_the_oldest_is(course: Course) -> None:
    scenario = factories.make_scenario(course.workspace)
    started_at = timezone.now() - days_ago(5)
    factories.make_session(scenario, factories.make_user(), started_at=started_at)

    kept = {now.kind.name: now for now in list_kept()}
    printed = json.loads(CliRunner().invoke(app, ["--json"]).stdout)

    assert kept["role-play-sessions"].count == 1
    assert kept["role-play-sessions"].oldest_at == started_at
    assert kept["access-events"].days == 183
    assert set(printed) == {kind.name for kind in KINDS}
    assert "Role-play sessions" in CliRunner().invoke(app, []).stdout
