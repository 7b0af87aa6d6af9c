"""The roster of a course, as a platform has it: names and roles.

Source: LTI Names and Role Provisioning Services 2.0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import requests
from django.db import transaction
from django.utils import timezone
from pylti1p3.exception import LtiException
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.service_connector import ServiceConnector

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.courses.services import enrol, unenrol
from bookbag.domain.lti.arrivals import find_or_make_person
from bookbag.domain.lti.errors import LaunchRefusedError, RosterError
from bookbag.domain.lti.messages import LaunchMessage
from bookbag.domain.lti.models import LaunchedPerson, Platform, RosterSource
from bookbag.domain.lti.registrations import ANSWER_SECONDS, make_registration
from bookbag.domain.lti.roles import find_course_role

PAGE_LIMIT = 500
ACTIVE = "Active"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange:
    """What asking platforms for their rosters did."""

    enrolled_count: int = 0
    unchanged_count: int = 0
    removed_count: int = 0
    """Enrolments that ended, because the platform does not know them any more."""
    skipped: tuple[str, ...] = ()
    """People who could not be taken in, each with the reason."""


def sync_roster(course: Course) -> RosterChange:
    """Bring the people of a course in line with its platforms.

    Only people who came by a platform are ever removed from the course.

    Raises:
        RosterError: If no platform offers a roster, or one does not give it; then
            nothing is changed.
    """
    sources = list(
        RosterSource.objects.filter(course=course).select_related("platform__workspace")
    )
    if not sources:
        message = (
            "Found no platform that offers its roster, expected a launch from one with "
            "Names and Roles switched on."
        )
        raise RosterError(message)
    fetched = [(source, _fetch_members(source)) for source in sources]
    with transaction.atomic():
        changes = [_apply(source, members) for source, members in fetched]
    return RosterChange(
        enrolled_count=sum(change.enrolled_count for change in changes),
        unchanged_count=sum(change.unchanged_count for change in changes),
        removed_count=sum(change.removed_count for change in changes),
        skipped=tuple(text for change in changes for text in change.skipped),
    )


class _PatientSession(requests.Session):
    """A session that does not wait for a platform for ever."""

    def request(self, *args: object, **kwargs: object) -> requests.Response:
        kwargs.setdefault("timeout", ANSWER_SECONDS)
        return super().request(*args, **kwargs)  # type: ignore[arg-type]  # handed on


def _fetch_members(source: RosterSource) -> list[Mapping[str, object]]:
    connector = ServiceConnector(
        make_registration(source.platform), requests_session=_PatientSession()
    )
    service = NamesRolesProvisioningService(
        connector, {"context_memberships_url": source.memberships_url}
    )
    members: list[Mapping[str, object]] = []
    url: str | None = source.memberships_url
    try:
        for _page in range(PAGE_LIMIT):
            found, url = service.get_members_page(url)
            members += found
            if not url:
                break
    except (LtiException, requests.RequestException, ValueError, KeyError) as error:
        message = f"{source.platform.name} did not give its roster. Nothing was changed"
        raise RosterError(
            f"{message}; compare the token URL on the LTI page."
        ) from error
    return members


def _apply(
    source: RosterSource, members: Iterable[Mapping[str, object]]
) -> RosterChange:
    here: set[int] = set()
    enrolled = unchanged = 0
    skipped = []
    for member in members:
        roles = member.get("roles")
        role = find_course_role(map(str, roles if isinstance(roles, list) else ()))
        if member.get("status", ACTIVE) != ACTIVE or role is None:
            continue
        message = _to_message(source.platform, member)
        try:
            user = find_or_make_person(message)
        except LaunchRefusedError as error:
            skipped.append(f"{message.email or message.subject}: {error.found}")
            continue
        is_new = enrol(source.course, user, role)
        enrolled += is_new
        unchanged += not is_new
        here.add(user.pk)
    removed = _remove_others(source, here)
    RosterSource.objects.filter(pk=source.pk).update(synced_at=timezone.now())
    return RosterChange(
        enrolled_count=enrolled,
        unchanged_count=unchanged,
        removed_count=removed,
        skipped=tuple(skipped),
    )


def _remove_others(source: RosterSource, here: set[int]) -> int:
    launched = LaunchedPerson.objects.filter(platform=source.platform)
    gone = Enrolment.objects.filter(
        course=source.course,
        user__in=launched.exclude(user__in=here).values("user"),
    )
    return unenrol(gone)


def _to_message(platform: Platform, member: Mapping[str, object]) -> LaunchMessage:
    return LaunchMessage(
        source=platform,
        subject=str(member.get("user_id") or "")[:255],
        email=str(member.get("email") or ""),
        first_name=str(member.get("given_name") or member.get("name") or ""),
        last_name=str(member.get("family_name") or ""),
    )
