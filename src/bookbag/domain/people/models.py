"""Users, the workspaces they belong to, and their memberships."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who can sign in.

    Invariants: user names are unique without regard to case; so are e-mail
    addresses, but a person may have none (a roster need not know it).
    """

    class Meta(AbstractUser.Meta):
        """Constraints of users."""

        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_username_ci"),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="user_email_ci"
            ),
        ]

    @property
    def full_name(self) -> str:
        """The name to show: first and last name, else the user name."""
        return self.get_full_name() or self.username


class Workspace(models.Model):
    """A tenant: an organisation and everything it owns."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Order of workspaces."""

        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class MemberRole(models.TextChoices):
    """What a member may do in a workspace."""

    OWNER = "Owner", _("Owner")
    ADMIN = "Admin", _("Admin")
    STAFF = "Staff", _("Staff")
    MEMBER = "Member", _("Member")


class MemberStatus(models.TextChoices):
    """Whether a member may use the workspace."""

    ACTIVE = "Active", _("Active")
    DEACTIVATED = "Deactivated", _("Deactivated")


class Member(models.Model):
    """A user in a workspace."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="members"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=10, choices=MemberRole, default=MemberRole.MEMBER
    )
    seat_type = models.CharField(max_length=40, default="Full")
    status = models.CharField(
        max_length=12, choices=MemberStatus, default=MemberStatus.ACTIVE
    )
    joined_at = models.DateTimeField(default=timezone.now)
    external_id = models.CharField(max_length=200, blank=True)
    """What the system that it comes from calls it."""

    class Meta:
        """Constraints and order of members."""

        ordering = ["user__last_name", "user__first_name", "pk"]
        indexes = [
            models.Index(fields=["workspace", "joined_at"], name="member_joined")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"],
                condition=~models.Q(external_id=""),
                name="member_external_id_once",
            ),
            models.UniqueConstraint(fields=["workspace", "user"], name="member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=MemberRole.values), name="member_role"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=MemberStatus.values), name="member_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Group(models.Model):
    """Members of a workspace gathered under a name.

    Invariants: the name has no comma, because reports list names with commas between
    them; a deleted group keeps its row, and its name is free again.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="groups"
    )
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    """What the system that it comes from calls it."""

    class Meta:
        """Constraints and order of groups."""

        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["workspace", "name"], name="group_by_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"],
                condition=~models.Q(external_id="") & models.Q(deleted_at__isnull=True),
                name="group_external_id_once",
            ),
            models.UniqueConstraint(
                "workspace",
                Lower("name"),
                condition=models.Q(deleted_at__isnull=True),
                name="group_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(name="") & ~models.Q(name__contains=","),
                name="group_has_plain_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupRole(models.TextChoices):
    """What a member is in a group."""

    ADMIN = "Group Admin", _("Group Admin")
    MEMBER = "Member", _("Member")


class GroupMember(models.Model):
    """A member of a workspace in one of its groups."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="group_memberships"
    )
    role = models.CharField(max_length=12, choices=GroupRole, default=GroupRole.MEMBER)

    class Meta:
        """Constraints and order of the members of groups."""

        ordering = [
            "member__user__last_name",
            "member__user__first_name",
            "member__user__username",
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "member"], name="group_member_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=GroupRole.values), name="group_member_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member.user} in {self.group}"
