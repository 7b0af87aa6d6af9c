"""Entries of the audit log: written once, chained, and never changed (ADR 0112)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Act(models.TextChoices):
    """What somebody did, or tried to do."""

    EXPORT_REQUESTED = "export.requested", _("Asked for an export")
    EXPORT_JOINED = "export.joined", _("Joined an export")
    EXPORT_CLAIMED = "export.claimed", _("An export started")
    EXPORT_TAKEN_OVER = "export.taken-over", _("Another worker took an export over")
    EXPORT_COMPLETED = "export.completed", _("An export completed")
    EXPORT_FAILED = "export.failed", _("An export failed")
    EXPORT_STOPPED = "export.stopped", _("Asked a running export to stop")
    EXPORT_CANCELLED = "export.cancelled", _("Cancelled an export")
    EXPORT_EXPIRED = "export.expired", _("An export expired and its file was removed")
    EXPORT_OPENED = "export.opened", _("Opened an export")
    EXPORT_DOWNLOADED = "export.downloaded", _("Downloaded an export")
    EXPORT_DELIVERED = "export.delivered", _("An export was sent to a target")
    DELIVERY_REQUESTED = "delivery.requested", _("Asked to send an export to a target")
    DELIVERY_CANCELLED = "delivery.cancelled", _("Stopped the sending of an export")
    TARGET_SAVED = "delivery.target-saved", _("Added or changed a delivery target")
    TARGET_DELETED = "delivery.target-deleted", _("Deleted a delivery target")
    HOST_KEY_CONFIRMED = "delivery.host-key", _("Confirmed a target's host key")
    MEMBER_ADDED = "member.added", _("Added a user")
    MEMBER_INVITED = "member.invited", _("Invited a user again")
    MEMBER_CHANGED = "member.changed", _("Changed a user's role or seat")
    MEMBER_DEACTIVATED = "member.deactivated", _("Deactivated a user")
    MEMBER_REACTIVATED = "member.reactivated", _("Reactivated a user")
    MEMBER_REMOVED = "member.removed", _("Removed a user")
    GROUP_ADDED = "group.added", _("Added a group")
    GROUP_FILLED = "group.filled", _("Put users into a group")
    GROUP_CHANGED = "group.changed", _("Changed a role in a group")
    GROUP_LEFT = "group.left", _("Took a user out of a group")
    GROUP_DELETED = "group.deleted", _("Deleted a group")
    COURSE_LOADED = "course.loaded", _("Loaded a course")
    COURSE_MADE = "course.made", _("Made a course")
    COURSE_CHANGED = "course.changed", _("Changed a course or its assignments")
    COURSE_ARCHIVED = "course.archived", _("Archived a course")
    COURSE_ARCHIVING_PLANNED = "course.planned", _("Chose when a course is archived")
    COURSE_UNARCHIVED = "course.unarchived", _("Made a course active again")
    COURSE_DELETED = "course.deleted", _("Deleted a course")
    COURSE_RESTORED = "course.restored", _("Brought a course back")
    COURSE_REBUILT = "course.rebuilt", _("Restored a course from an archive")
    COURSE_PURGED = "course.purged", _("A deleted course was removed for good")
    ENROLMENT_ADDED = "enrolment.added", _("Enrolled somebody")
    ENROLMENT_REMOVED = "enrolment.removed", _("Removed somebody from a course")
    PROJECT_IMPORTED = "project.imported", _("Imported a project")
    OWN_PROJECT_DELETED = "project.deleted", _("Deleted a project of their own")
    ENROLMENT_CHANGED = "enrolment.changed", _("Changed what a teacher may do")
    TIME_EXTENDED = "course.time-extended", _("Gave a student more time")
    LEARNERS_SET = "course.learners-set", _("Chose which learners a mentor sees")
    SOURCE_PUBLISHED = "course.source-published", _("Published files to begin with")
    STACK_SAVED = "stack.saved", _("Added or changed a stack")
    STACK_DELETED = "stack.deleted", _("Deleted a stack")
    PLATFORM_SAVED = "lti.platform-saved", _("Added or changed an LTI platform")
    PLATFORM_DELETED = "lti.platform-deleted", _("Deleted an LTI platform")
    KEY_ADDED = "lti.key-added", _("Added an LTI key")
    KEY_DELETED = "lti.key-deleted", _("Deleted an LTI key")
    LTI_COURSE_CHANGED = "lti.course-changed", _("Changed a course's LTI settings")
    SCHEDULE_SAVED = "schedule.saved", _("Added or changed a schedule")
    SCHEDULE_PAUSED = "schedule.paused", _("Let a schedule rest")
    SCHEDULE_RESUMED = "schedule.resumed", _("Let a schedule go on")
    SCHEDULE_STOPPED = "schedule.stopped", _("A schedule stopped after failures")
    SCHEDULE_DELETED = "schedule.deleted", _("Deleted a schedule")
    WEBHOOK_SAVED = "webhook.saved", _("Added or changed a webhook")
    WEBHOOK_ROTATED = "webhook.rotated", _("Gave a webhook a new secret")
    WEBHOOK_RESENT = "webhook.resent", _("Delivered to a webhook again")
    WEBHOOK_DELETED = "webhook.deleted", _("Deleted a webhook")
    TOKEN_MADE = "token.made", _("Made an access token")
    TOKEN_REVOKED = "token.revoked", _("Revoked an access token")
    CLIENT_MADE = "client.made", _("Made an API client")
    CLIENT_REVOKED = "client.revoked", _("Revoked an API client")
    PERSON_ERASED = "member.erased", _("Erased a person")
    PSEUDONYMS_MADE = "pseudonyms.made", _("Made the key of a purpose's pseudonyms")
    PSEUDONYMS_DESTROYED = (
        "pseudonyms.destroyed",
        _("Destroyed the key of a purpose's pseudonyms"),
    )
    OPERATED = "operator.changed", _("An operator changed something")
    ACCOUNT_CHANGED = "account.changed", _("Changed how they sign in")


class Result(models.TextChoices):
    """How it ended."""

    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class Face(models.TextChoices):
    """Through which door it came."""

    PAGE = "page", _("Page")
    API = "api", _("API")
    COMMAND = "command", _("Command line")
    WORKER = "worker", _("Worker")


class AuditFacts(models.Model):
    """What is known of one act.

    Invariants: it refers to people and things by key and by the name of that time,
    never by a foreign key, because it outlives them.
    """

    workspace = models.ForeignKey(
        "people.Workspace", on_delete=models.PROTECT, related_name="+"
    )
    happened_at = models.DateTimeField(default=timezone.now)
    person_key = models.BigIntegerField(null=True, blank=True)
    """Who did it; none for the server itself and for commands."""
    person_name = models.CharField(max_length=200, blank=True)
    face = models.CharField(max_length=10, choices=Face)
    ip_address = models.CharField(max_length=45, blank=True)
    act = models.CharField(max_length=40)
    """One of ``Act``; without choices, so that a new act needs no migration."""
    target = models.CharField(max_length=300, blank=True)
    """What it was done to, in the words of that time."""
    target_key = models.CharField(max_length=60, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=10, choices=Result, default=Result.DONE)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        """Fields alone; each kind of row has its table."""

        abstract = True

    def __str__(self) -> str:
        return f"{self.act} {self.target}"

    @property
    def act_label(self) -> str:
        """The act in words."""
        return str(Act(self.act).label) if self.act in Act.values else self.act


class AuditDraft(AuditFacts):
    """An act of a transaction, on its way into the chain.

    Writing a draft waits for nobody; the chain, where everybody waits in line, is
    written after the transaction's end (``chain.seal_drafts``).
    """

    class Meta:
        """The order in which drafts are sealed."""

        ordering = ["pk"]


class AuditEntry(AuditFacts):
    """An act in its workspace's chain.

    Invariants: triggers of the database refuse every DELETE, and every UPDATE but a
    redaction, which keeps act, time, place and digest; ``digest``
    is keyed over all facts, the sequence and ``previous``.
    """

    sequence = models.PositiveBigIntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    redaction = models.CharField(max_length=64, blank=True, default="")
    """Covers what it says since a person was erased from it; empty before."""

    class Meta:
        """Constraints, indexes and order of entries."""

        ordering = ["workspace", "-sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "sequence"], name="audit_sequence_once"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "happened_at"], name="audit_by_time"),
            models.Index(fields=["workspace", "person_key"], name="audit_by_person"),
        ]


class AuditChain(models.Model):
    """The head of a workspace's chain: how long it is, and its last digest, signed.

    Without it the last rows could be removed and nothing would be missing.
    """

    workspace = models.OneToOneField(
        "people.Workspace",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
    )
    length = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.length} entries of {self.workspace_id}"
