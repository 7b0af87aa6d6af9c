"""The columns that every job has, for models of jobs to inherit."""

import uuid
from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Job(models.Model):
    """One piece of work for a worker: its state, its lease and its progress.

    Invariants: the row is the truth and the queue only carries its id. While it is
    worked on, only the worker whose ``attempt`` it bears may write to it, and every
    such write names the attempt (a fencing token).

    Units: sizes in bytes.
    """

    WORKED_ON_IN: ClassVar[Mapping[str, str]] = {"queued": "running"}
    """Each state in which a job waits, with the state in which it is worked on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    requested_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=12)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(default=timezone.now)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    phase = models.CharField(max_length=20, blank=True)
    members_done = models.PositiveBigIntegerField(default=0)
    members_total = models.PositiveBigIntegerField(default=0)
    bytes_done = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0)

    failure_code = models.CharField(max_length=60, blank=True)
    failure_sentence = models.CharField(max_length=500, blank=True)

    class Meta:
        """No table of its own."""

        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def seconds_left(self) -> int | None:
        """How long a job that is worked on will still take, once that can be said.

        It is of the last sign of life, so that it is the same until the next.
        """
        is_known = self.bytes_done and self.bytes_total and self.finished_at is None
        if self.started_at is None or not is_known:
            return None
        spent = (self.heartbeat_at or timezone.now()) - self.started_at
        share = self.bytes_total / self.bytes_done - 1
        return max(0, round(spent.total_seconds() * share))

    @property
    def counted_attempts(self) -> int:
        """How many attempts count toward ``BOOKBAG_MAX_ATTEMPTS``."""
        return self.attempt
