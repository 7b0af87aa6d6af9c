"""Integration URLs: which course and assignment a launch is for.

Shape: ``/lti/<workspace>_<course>_<assignment>``, without the course when it has
constant URLs, or ``/lti/<workspace>_course_<course>`` to enrol only. The workspace is
a UUID, the course 24 hexadecimal digits, the assignment 12 letters and digits that
follow from its folder, so that next term's copy of an assignment has the same.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.lti.errors import LaunchRefusedError
from bookbag.domain.lti.models import LtiCourse, LtiWorkspace
from bookbag.domain.people.models import Workspace

COURSE_PARAMETERS = ("bookbag_course_target_id", "codio_course_target_id")
"""Custom parameters that name the course of a constant URL, by its code."""
ASSIGNMENT_CODE_LENGTH = 12
_SHAPE = re.compile(r"([0-9a-f-]{36})_(?:([0-9a-f]{24})_)?([A-Za-z0-9]{12})")
_ENROL_SHAPE = re.compile(r"([0-9a-f-]{36})_course_([0-9a-f]{24})")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTarget:
    """What a launch leads to."""

    course: Course
    assignment: Assignment | None
    """None when the launch only enrols."""


def get_lti_workspace(workspace: Workspace) -> LtiWorkspace:
    """Return a workspace's own part of URLs, made when there is none."""
    return LtiWorkspace.objects.get_or_create(workspace=workspace)[0]


def get_lti_course(course: Course) -> LtiCourse:
    """Return a course's settings, made when there are none."""
    return LtiCourse.objects.get_or_create(course=course)[0]


def make_assignment_code(workspace: LtiWorkspace, assignment: Assignment) -> str:
    """Return the code of an assignment, the same in every course of the workspace."""
    named = f"{workspace.identifier}\n{assignment.folder}".encode()
    digest = hashlib.sha256(named).digest()
    return base64.b32encode(digest).decode()[:ASSIGNMENT_CODE_LENGTH].lower()


def make_integration_url(
    workspace: LtiWorkspace, lti_course: LtiCourse, assignment: Assignment
) -> str:
    """Return the URL that launches an assignment."""
    code = make_assignment_code(workspace, assignment)
    course = "" if lti_course.has_constant_urls else f"{lti_course.code}_"
    return f"{settings.BOOKBAG_BASE_URL}/lti/{workspace.identifier}_{course}{code}"


def make_enrol_url(workspace: LtiWorkspace, lti_course: LtiCourse) -> str:
    """Return the URL that enrols in a course, and opens no assignment."""
    path = f"{workspace.identifier}_course_{lti_course.code}"
    return f"{settings.BOOKBAG_BASE_URL}/lti/{path}"


def find_target(
    workspace: Workspace, code: str, custom: Mapping[str, str]
) -> LaunchTarget:
    """Return what the last part of an integration URL means.

    Args:
        workspace: The one that the platform or key belongs to.
        code: The part behind ``/lti/``.
        custom: The launch's custom parameters.

    Raises:
        LaunchRefusedError: If the workspace has no such course or assignment, or the
            course is not open to launches.
    """
    of_course = _ENROL_SHAPE.fullmatch(code)
    if of_course:
        _check_workspace(workspace, of_course[1])
        lti_course = _find_course(workspace, of_course[2])
        return LaunchTarget(course=lti_course.course, assignment=None)
    parts = _SHAPE.fullmatch(code)
    if parts is None:
        raise _unknown_address()
    own = _check_workspace(workspace, parts[1])
    named = parts[2] or next((custom[p] for p in COURSE_PARAMETERS if p in custom), "")
    found = [
        LaunchTarget(course=lti_course.course, assignment=assignment)
        for lti_course in _find_courses(workspace, named)
        for assignment in Assignment.objects.filter(course=lti_course.course)
        if make_assignment_code(own, assignment) == parts[3]
    ]
    if len(found) > 1:
        raise LaunchRefusedError(
            "course_not_named",
            _("This constant URL could mean several places."),
            _(
                "Add the custom parameter %(name)s, as the Admin page of the one that "
                "is meant shows it."
            )
            % {"name": COURSE_PARAMETERS[0]},
        )
    if not found:
        raise _unknown_address()
    return found[0]


def _check_workspace(workspace: Workspace, identifier: str) -> LtiWorkspace:
    own = get_lti_workspace(workspace)
    try:
        is_own = own.identifier == UUID(identifier)
    except ValueError:
        is_own = False
    if not is_own:
        raise _unknown_address()
    return own


def _find_courses(workspace: Workspace, code: str) -> list[LtiCourse]:
    if code:
        return [_find_course(workspace, code)]
    open_ones = LtiCourse.objects.filter(
        course__workspace=workspace,
        course__deleted_at__isnull=True,
        course__archived_at__isnull=True,
        is_enabled=True,
        has_constant_urls=True,
    )
    return list(open_ones.select_related("course__workspace"))


def _find_course(workspace: Workspace, code: str) -> LtiCourse:
    found = (
        LtiCourse.objects.filter(
            course__workspace=workspace, course__deleted_at__isnull=True, code=code
        )
        .select_related("course__workspace")
        .first()
    )
    if found is None:
        raise _unknown_address()
    if not found.is_enabled or found.course.archived_at is not None:
        raise LaunchRefusedError(
            "course_closed",
            _("%(name)s is not open to LTI launches.") % {"name": found.course.name},
            _("A teacher can switch LTI on, on its Admin page."),
        )
    return found


def _unknown_address() -> LaunchRefusedError:
    return LaunchRefusedError(
        "unknown_url",
        _("This launch URL leads nowhere."),
        _(
            "Copy the integration URL again, from LTI Settings on the Admin page; what "
            "it named may have been deleted."
        ),
    )
