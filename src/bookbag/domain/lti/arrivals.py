"""Who launches becomes a user, a member and an enrolment, on first use."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Course, EnrolmentRole, Project
from bookbag.domain.courses.services import enrol, get_or_make_project
from bookbag.domain.lti.addresses import LaunchTarget, find_target
from bookbag.domain.lti.errors import LaunchRefusedError
from bookbag.domain.lti.messages import LaunchMessage
from bookbag.domain.lti.models import LaunchedPerson, Platform, RosterSource
from bookbag.domain.lti.roles import find_course_role
from bookbag.domain.people.membership import NewMember, make_user
from bookbag.domain.people.models import (
    Member,
    MemberStatus,
    User,
    Workspace,
)
from bookbag.domain.policies import ADMIN_ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What a launch came to."""

    user: User
    role: EnrolmentRole
    target: LaunchTarget
    project: Project | None
    """The student's project in the assignment; teachers have none."""


@transaction.atomic
def receive_launch(message: LaunchMessage) -> Arrival:
    """Let somebody in who was launched.

    Raises:
        LaunchRefusedError: If the URL leads nowhere, or this person may not come in.
    """
    target = find_target(message.workspace, message.target_code, message.custom)
    role = find_course_role(message.roles)
    if role is None:
        raise LaunchRefusedError(
            "role",
            _("The platform did not say that you teach or learn here."),
            _(
                "The platform has to send the role Learner, Instructor, "
                "TeachingAssistant or ContentDeveloper for the place that is launched."
            ),
        )
    user = find_or_make_person(message)
    enrol(target.course, user, role)
    _note_roster(message, target.course)
    project = None
    if target.assignment is not None and role == EnrolmentRole.STUDENT:
        project = get_or_make_project(target.assignment, user)
    return Arrival(user=user, role=role, target=target, project=project)


def find_or_make_person(message: LaunchMessage) -> User:
    """Return the user that a platform's person is, a member of its workspace.

    Known people are known by the platform's own identifier, others are matched by
    e-mail with a member of the workspace. Nobody is let in who may do more than what
    the workspace gives a plain member: a platform's word opens no other door.

    Raises:
        LaunchRefusedError: If the person may not come in.
    """
    source = message.source
    is_platform = isinstance(source, Platform)
    place = {
        "platform": source if is_platform else None,
        "consumer_key": None if is_platform else source,
        "subject": message.subject,
    }
    known = LaunchedPerson.objects.filter(**place).select_related("user").first()
    if known is not None:
        _check_status(known.user, message.workspace)
        return known.user
    user = _match_member(message) or make_user(_describe(message))
    LaunchedPerson.objects.create(user=user, **place)
    _, is_new = Member.objects.get_or_create(workspace=message.workspace, user=user)
    if is_new:
        deed = Deed(
            act=Act.MEMBER_ADDED,
            target=user.username,
            target_key=user.pk,
            detail=f"by a launch from {source}",
        )
        record(message.workspace.pk, deed, person=user)
    return user


def _match_member(message: LaunchMessage) -> User | None:
    email = _clean_email(message.email)
    if not email:
        return None
    member = (
        Member.objects.filter(workspace=message.workspace, user__email__iexact=email)
        .select_related("user")
        .first()
    )
    if member is None:
        return None
    _check_status(member.user, message.workspace)
    return member.user


def _describe(message: LaunchMessage) -> NewMember:
    email = _clean_email(message.email)
    # Somebody of another workspace has the address: this person goes without one.
    if email and User.objects.filter(email__iexact=email).exists():
        email = ""
    return NewMember(
        email=email,
        first_name=message.first_name[:150],
        last_name=message.last_name[:150],
    )


def _check_status(user: User, workspace: Workspace) -> None:
    member = Member.objects.filter(workspace=workspace, user=user).first()
    if member is None or member.status != MemberStatus.ACTIVE or not user.is_active:
        raise LaunchRefusedError(
            "deactivated",
            _("Your account in this workspace was deactivated."),
            _("A workspace admin can reactivate it on the Users page."),
        )
    if member.role in ADMIN_ROLES or user.is_staff or user.is_superuser:
        raise LaunchRefusedError(
            "admin",
            _("Your account administers this workspace or this server."),
            _("Sign in with your password instead; no platform can sign an admin in."),
        )
    if Member.objects.filter(user=user).exclude(workspace=workspace).exists():
        raise LaunchRefusedError(
            "other_workspace",
            _("Your account belongs to another workspace too."),
            _(
                "Sign in with your password instead; a platform can sign nobody in who "
                "may see more than its own workspace."
            ),
        )


def _clean_email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text


def _note_roster(message: LaunchMessage, course: Course) -> None:
    if message.memberships_url and isinstance(message.source, Platform):
        RosterSource.objects.update_or_create(
            course=course,
            platform=message.source,
            defaults={"memberships_url": message.memberships_url[:1000]},
        )
