"""Roles of platforms, as roles in a course.

Source: LTI 1.3 core, section 5.3.7 and appendix A; LTI 1.1, appendix A. Only roles in
the launched course count: who teaches elsewhere may be a student here.
"""

from collections.abc import Iterable

from bookbag.domain.courses.models import EnrolmentRole

_CONTEXT_13 = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_CONTEXT_11 = "urn:lti:role:ims/lis/"
TEACHING = frozenset({"Instructor", "TeachingAssistant", "ContentDeveloper"})
LEARNING = frozenset({"Learner", "Student"})


def find_course_role(roles: Iterable[str]) -> EnrolmentRole | None:
    """Return what somebody with these roles is in a course, or None for neither."""
    names = {name for role in roles for name in _list_names(role.strip())}
    if names & TEACHING:
        return EnrolmentRole.TEACHER
    return EnrolmentRole.STUDENT if names & LEARNING else None


def _list_names(role: str) -> list[str]:
    if role.startswith(_CONTEXT_13):
        # membership#Learner, or membership/Instructor#TeachingAssistant
        return role.removeprefix(_CONTEXT_13).replace("/", "#").split("#")
    if role.startswith(_CONTEXT_11):
        return role.removeprefix(_CONTEXT_11).split("/")
    return [] if ":" in role or "/" in role else [role]
