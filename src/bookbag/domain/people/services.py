"""Writing people: users, workspaces and memberships."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import (
    Member,
    MemberRole,
    MemberStatus,
    User,
    Workspace,
)


def get_or_make_workspace(name: str) -> Workspace:
    """Return the workspace of a name, made when there is none."""
    slug = slugify(name)[:80] or "workspace"
    workspace, _ = Workspace.objects.get_or_create(slug=slug, defaults={"name": name})
    return workspace


def find_user(login: str) -> User | None:
    """Return the user with this e-mail address or user name, in any case."""
    return User.objects.filter(
        Q(username__iexact=login) | (Q(email__iexact=login) & ~Q(email=""))
    ).first()


@transaction.atomic
def save_member(
    *,
    workspace: Workspace,
    email: str,
    username: str,
    role: MemberRole,
    password: str | None = None,
) -> User:
    """Make a user and a membership, or bring both up to date.

    Args:
        workspace: The tenant.
        email: The address; a user who has it is taken as that person.
        username: The user name of a new user.
        role: What the person may do in the workspace.
        password: A new password; None leaves it as it is.

    Raises:
        ValidationError: If the password is too weak.
    """
    user = find_user(email) or User(username=username, email=email)
    if password is not None:
        validate_password(password, user)
        user.set_password(password)
    elif user._state.adding:
        user.set_unusable_password()
    user.save()
    _, is_new = Member.objects.update_or_create(
        workspace=workspace,
        user=user,
        defaults={"role": role, "status": MemberStatus.ACTIVE},
    )
    deed = Deed(
        act=Act.MEMBER_ADDED if is_new else Act.MEMBER_CHANGED,
        target=user.username,
        target_key=user.pk,
        detail=f"as {role}" + (", with a new password" if password else ""),
    )
    record(workspace.pk, deed)
    return user
