"""Schedules, what became of each of their runs, and the mails about them."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookbag.domain.courses.models import Assignment, Course, Project
from bookbag.domain.people.models import Workspace
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.models import Export
from bookbag.exports.outbox import OutboxRow
from bookbag.exports.schedules.recurrence import Recurrence
from bookbag.exports.schedules.rules import RULE_CHARACTERS, parse_rule
from bookbag.exports.schedules.states import RunState, ScheduleState


class Schedule(models.Model):
    """An export that is asked for again and again, in the name of its owner.

    Invariants: ``next_run_at`` is set exactly while the schedule is active; a run is
    made by whoever moves it on, so that of many workers one does. What the owner may
    do is looked up at each run and never remembered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="schedules"
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="schedules"
    )
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    identifier = models.CharField(max_length=60)
    scope_name = models.CharField(max_length=300)
    options = models.JSONField(default=dict, blank=True)

    rule = models.CharField(max_length=RULE_CHARACTERS)
    first_day = models.DateField()
    clock_time = models.TimeField()
    time_zone = models.CharField(max_length=64)

    state = models.CharField(
        max_length=10, choices=ScheduleState, default=ScheduleState.ACTIVE
    )
    next_run_at = models.DateTimeField(null=True, blank=True)
    failure_count = models.PositiveIntegerField(default=0)
    """How many runs failed since the last one that did not."""
    last_failure = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Constraints and order of schedules."""

        ordering = ["scope_name", "created_at", "pk"]
        indexes = [models.Index(fields=["state", "next_run_at"], name="schedule_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ScheduleState.ACTIVE, next_run_at__isnull=False)
                | (~Q(state=ScheduleState.ACTIVE) & Q(next_run_at__isnull=True)),
                name="schedule_runs_while_active",
            )
        ]

    def __str__(self) -> str:
        return f"{self.identifier} of {self.scope_name}"

    @property
    def scope(self) -> ExportScope:
        """What it exports."""
        return ExportScope(
            workspace=self.workspace,
            course=self.course,
            assignment=self.assignment,
            subject=self.subject,
            project=self.project,
        )

    @property
    def recurrence(self) -> Recurrence:
        """When it runs."""
        return Recurrence(
            rule=parse_rule(self.rule),
            starts_at=datetime.combine(self.first_day, self.clock_time),
            zone=ZoneInfo(self.time_zone),
        )


class ScheduleRun(models.Model):
    """One run of a schedule: the export it asked for, or why there is none.

    Invariants: one run for each planned moment, whichever workers saw it coming.
    """

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="runs"
    )
    planned_at = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    missed_count = models.PositiveIntegerField(default=0)
    """Earlier runs that this one stands for, because no worker was there."""
    state = models.CharField(max_length=10, choices=RunState, default=RunState.STARTED)
    export = models.ForeignKey(
        Export, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    failure_code = models.CharField(max_length=60, blank=True)
    failure_sentence = models.CharField(max_length=500, blank=True)

    class Meta:
        """Constraints and order of runs."""

        ordering = ["-planned_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "planned_at"], name="schedule_run_once"
            )
        ]

    def __str__(self) -> str:
        return f"Run of {self.schedule_id}"


class ScheduleMail(OutboxRow):
    """A mail that a schedule will not run any more, because a run failed."""

    run = models.OneToOneField(
        ScheduleRun, on_delete=models.CASCADE, related_name="mail"
    )

    class Meta:
        """How due mails are found."""

        indexes = [models.Index(fields=["state", "due_at"], name="schedule_mail_due")]

    def __str__(self) -> str:
        return f"Mail about {self.run_id}"
