"""Reading launch settings: the integration URLs of a course."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery

from bookbag.domain.courses.models import Assignment, Course, Enrolment
from bookbag.domain.lti.addresses import (
    COURSE_PARAMETERS,
    get_lti_workspace,
    make_enrol_url,
    make_integration_url,
)
from bookbag.domain.lti.models import LaunchedPerson, LtiCourse, RosterSource
from bookbag.domain.people.models import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationUrl:
    """One assignment and the URL that launches it."""

    assignment: Assignment
    url: str
    custom: Mapping[str, str]
    """Custom parameters that a launch of it needs, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLaunches:
    """What a course's page shows of its launches."""

    is_enabled: bool
    has_constant_urls: bool
    enrol_url: str
    custom_parameter: str
    """What to add to a launch that has a constant URL."""
    roster_sources: tuple[RosterSource, ...]


def annotate_subject(
    enrolments: QuerySet[Enrolment], workspace: Workspace
) -> QuerySet[Enrolment]:
    """Return enrolments with ``lti_id``: what a platform calls the person, if known."""
    known = LaunchedPerson.objects.filter(
        Q(platform__workspace=workspace) | Q(consumer_key__workspace=workspace),
        user=OuterRef("user"),
    )
    newest = known.order_by("-pk").values("subject")[:1]
    return enrolments.annotate(lti_id=Subquery(newest, output_field=CharField()))


def is_launchable(course: Course) -> bool:
    """Answer whether a course is open to launches."""
    return LtiCourse.objects.filter(course=course, is_enabled=True).exists()


def list_integration_urls(course: Course) -> list[IntegrationUrl]:
    """Return the integration URLs of a course that is open to launches, in order."""
    lti_course = LtiCourse.objects.filter(course=course, is_enabled=True).first()
    if lti_course is None:
        return []
    workspace = get_lti_workspace(course.workspace)
    return [
        IntegrationUrl(
            assignment=assignment,
            url=make_integration_url(workspace, lti_course, assignment),
            custom=name_course(lti_course) if lti_course.has_constant_urls else {},
        )
        for assignment in Assignment.objects.filter(course=course).select_related(
            "module"
        )
    ]


def name_course(lti_course: LtiCourse) -> dict[str, str]:
    """Return the custom parameter that names the course of a constant URL."""
    return {COURSE_PARAMETERS[0]: lti_course.code}


def describe_launches(course: Course) -> CourseLaunches | None:
    """Return a course's settings for launches, or None when it never had any."""
    lti_course = LtiCourse.objects.filter(course=course).first()
    if lti_course is None:
        return None
    workspace = get_lti_workspace(course.workspace)
    sources = RosterSource.objects.filter(course=course).select_related("platform")
    return CourseLaunches(
        is_enabled=lti_course.is_enabled,
        has_constant_urls=lti_course.has_constant_urls,
        enrol_url=make_enrol_url(workspace, lti_course),
        custom_parameter="=".join(*name_course(lti_course).items()),
        roster_sources=tuple(sources),
    )


def list_own_addresses() -> dict[str, str]:
    """Return Bookbag's own addresses, as platforms ask for them."""
    base = settings.BOOKBAG_BASE_URL
    return {
        "login_url": f"{base}/lti/login/",
        "launch_url": f"{base}/lti/launch/",
        "key_set_url": f"{base}/lti/keys/",
    }
