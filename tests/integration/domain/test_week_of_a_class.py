"""30 students in a simulated week: the export equals an independent count."""

import csv
import io
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from bagkit.archive import EarlierWork
from bookbag.domain.activity import recording
from bookbag.domain.activity.models import AccessEvent, ProjectVisit
from bookbag.domain.activity.recording import Stay
from bookbag.domain.activity.retention import (
    VISIT_PATIENCE,
    close_idle_visits,
    end_lost_sign_ins,
    purge_old_events,
)
from bookbag.domain.courses.models import Course, Enrolment, Project
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from tests import factories

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
STUDENTS = 30
KEPT_DAYS = 183
Seen = tuple[str, str, str, str, str]
"""User name, access type, time, path, address."""


class Week:
    """Lets students do things, and notes on paper what they did."""

    def __init__(self, recorded: list[tuple[AccessEvent, Stay]]) -> None:
        self._recorded = recorded
        self.paper: list[Seen] = []

    def attend(self, project: Project, moment: datetime, fate: int) -> None:
        """Sign in, work in a project for a while, and leave in one of several ways."""
        name = project.owner.username
        address = f"192.0.2.{project.owner_id % 250 + 1}"
        client = Client(REMOTE_ADDR=address)
        self.move_to(moment)
        form = {"login": name, "password": factories.PASSWORD}
        assert client.post("/accounts/login/", form).status_code == 302
        self._note(name, "Log In", moment, "", address)
        opened_at = moment + timedelta(minutes=1)
        self.move_to(opened_at)
        client.get(f"/projects/{project.pk}/")
        self._note(name, "Project Open", opened_at, project.path, address)
        closed_at = opened_at + timedelta(minutes=20)
        visit = ProjectVisit.objects.get(user=project.owner)
        if fate % 2:
            self.move_to(closed_at)
            client.post(f"/projects/{project.pk}/visits/{visit.key}/close")
            self._write()
        else:  # the browser crashed: only the clock tells
            closed_at = opened_at
            self.move_to(opened_at + VISIT_PATIENCE + timedelta(seconds=1))
            close_idle_visits()
        self._note(name, "Project Close", closed_at, project.path, address)
        ended_at = moment + timedelta(minutes=30)
        self.move_to(ended_at)
        if fate % 3:
            client.post("/accounts/logout/")
            self._write()
        else:  # signed out elsewhere
            Session.objects.filter(session_key=client.session.session_key).delete()
            end_lost_sign_ins()
        self._note(name, "Log Out", ended_at, "", address)

    def move_to(self, moment: datetime) -> None:
        self._write()
        self._traveller.move_to(moment, tick=False)

    def _write(self) -> None:
        recording.write_events(self._recorded)
        self._recorded.clear()

    def _note(self, *seen: object) -> None:
        self._write()
        name, kind, moment, path, address = seen
        assert isinstance(moment, datetime)
        shown = moment.isoformat(timespec="microseconds")
        self.paper.append((str(name), str(kind), shown, str(path), str(address)))

    def __enter__(self) -> "Week":
        self._travel = time_machine.travel(MONDAY, tick=False)
        self._traveller = self._travel.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._travel.stop()


def export(course: Course, staged: Path, snapshot_at: datetime) -> list[Seen]:
    get_definition("user-access").produce(
        ProductionContext(
            export_id="e1",
            scope=ExportScope.of_course(course),
            options={"dialect": "csv-exact"},
            snapshot_at=snapshot_at,
            staged=staged,
            on_progress=lambda _progress: None,
            earlier=EarlierWork(),
        )
    )
    text = staged.read_text(encoding="utf-8")
    columns = ("username", "access_type", "occurred_at", "project_path", "ip_address")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [(*(row[column] for column in columns),) for row in rows]  # type: ignore[misc]  # five


def test_the_week_is_exported_as_it_was_and_forgotten_in_time(
    tmp_path: Path, recorded: list[tuple[AccessEvent, Stay]]
) -> None:
    course = factories.make_course()
    lab = factories.make_assignment(course, "Lab One")
    projects = [
        factories.make_project(lab, factories.enrol(course, f"student{number}"))
        for number in range(STUDENTS)
    ]
    Enrolment.objects.update(enrolled_at=MONDAY - timedelta(days=7))
    chooser = random.Random(5)  # noqa: S311 - the same week each time
    with Week(recorded) as week:
        for day in range(5):
            for number, project in enumerate(chooser.sample(projects, 24)):
                moment = MONDAY + timedelta(days=day, hours=8, minutes=2 * number)
                week.attend(project, moment, chooser.randrange(6))
        after = MONDAY + timedelta(days=7)
        found = export(course, tmp_path / "week.csv", after)

        assert len(found) == 5 * 24 * 4
        assert Counter(found) == Counter(week.paper)
        assert [seen[2] for seen in found] == sorted(seen[2] for seen in found)

        edge = MONDAY + timedelta(days=KEPT_DAYS + 2, hours=8)  # Wednesday, 8 o'clock
        kept = [seen for seen in week.paper if seen[2] >= edge_text(edge)]
        assert 0 < len(kept) < len(week.paper)
        assert Counter(export(course, tmp_path / "edge.csv", edge)) == Counter(kept)
        week.move_to(edge)
        assert purge_old_events() == len(week.paper) - len(kept)
        assert AccessEvent.objects.count() == len(kept)


def edge_text(edge: datetime) -> str:
    return (edge - timedelta(days=KEPT_DAYS)).isoformat(timespec="microseconds")
