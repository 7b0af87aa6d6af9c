"""Scenarios, programs, assignments and recorded sessions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookbag.domain.people.models import Workspace


class Difficulty(models.TextChoices):
    """How hard a scenario is; a label only."""

    EASY = "Easy", _("Easy")
    MEDIUM = "Medium", _("Medium")
    HARD = "Hard", _("Hard")
    VERY_HARD = "Very Hard", _("Very Hard")
    CUSTOM = "Custom", _("Custom")


class Scenario(models.Model):
    """A situation that people practise."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="scenarios"
    )
    name = models.CharField(max_length=200)
    difficulty = models.CharField(
        max_length=12, choices=Difficulty, default=Difficulty.MEDIUM
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Constraints and order of scenarios."""

        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="scenario_once"),
            models.CheckConstraint(condition=~Q(name=""), name="scenario_has_name"),
            models.CheckConstraint(
                condition=Q(difficulty__in=Difficulty.values),
                name="scenario_difficulty",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Program(models.Model):
    """Scenarios that are assigned together."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="programs"
    )
    name = models.CharField(max_length=200)
    scenarios = models.ManyToManyField(Scenario, related_name="programs", blank=True)
    participants = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="programs", blank=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Constraints and order of programs."""

        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="program_once"),
            models.CheckConstraint(condition=~Q(name=""), name="program_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioAssignment(models.Model):
    """A scenario that one person assigned to another, not through a program."""

    scenario = models.ForeignKey(
        Scenario, on_delete=models.CASCADE, related_name="assignments"
    )
    participant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="scenario_assignments",
    )
    assigner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="assigned_scenarios",
    )
    assigned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Constraints and order of assignments."""

        ordering = ["-assigned_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "participant", "assigner"],
                name="scenario_assignment_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario} for {self.participant}"


class RoleplaySession(models.Model):
    """One recorded attempt at a scenario.

    Invariants: it came through a program or through a direct assignment or neither,
    never both; it does not end before it starts.

    Units: a score goes from 0 to 100.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="sessions"
    )
    external_id = models.CharField(max_length=200)
    """What the system that it comes from calls it."""
    participant = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions"
    )
    scenario = models.ForeignKey(
        Scenario, on_delete=models.PROTECT, related_name="sessions"
    )
    program = models.ForeignKey(
        Program,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
    )
    assignment = models.ForeignKey(
        ScenarioAssignment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
    )
    score = models.FloatField(null=True, blank=True)
    rank = models.CharField(max_length=40, blank=True)
    """A rank that came with it; otherwise the scale gives one by the score."""
    is_valid_attempt = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    feedback = models.TextField(blank=True)

    class Meta:
        """Constraints, indexes and order of sessions."""

        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(
                fields=["workspace", "started_at", "id"], name="session_in_order"
            ),
            models.Index(
                fields=["participant", "scenario", "started_at"],
                name="session_attempts",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="session_once"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100),
                name="session_score",
            ),
            models.CheckConstraint(
                condition=Q(program__isnull=True) | Q(assignment__isnull=True),
                name="session_assigned_one_way",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=models.F("started_at")),
                name="session_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} by {self.participant}"
