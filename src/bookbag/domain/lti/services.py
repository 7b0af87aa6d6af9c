"""Changing what a workspace and a course allow for launches."""

from django.db import transaction

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Course
from bookbag.domain.lti.addresses import get_lti_course
from bookbag.domain.lti.keys import make_consumer_key
from bookbag.domain.lti.models import ConsumerKey, Platform
from bookbag.domain.people.models import Workspace


@transaction.atomic
def save_platform(platform: Platform) -> None:
    """Add a platform, or keep what was changed of one."""
    platform.save()
    _record(Act.PLATFORM_SAVED, platform, f"issuer {platform.issuer}")


@transaction.atomic
def delete_platform(platform: Platform) -> None:
    """Delete a platform; its people stay users."""
    _record(Act.PLATFORM_DELETED, platform, f"issuer {platform.issuer}")
    platform.delete()


@transaction.atomic
def add_key(workspace: Workspace, name: str) -> tuple[ConsumerKey, str]:
    """Return a new key and its secret, which nobody can read afterwards."""
    key, secret = make_consumer_key(workspace, name)
    _record(Act.KEY_ADDED, key, f"key {key.key}")
    return key, secret


@transaction.atomic
def delete_key(key: ConsumerKey) -> None:
    """Delete a key: launches that are signed with it are refused from now on."""
    _record(Act.KEY_DELETED, key, f"key {key.key}")
    key.delete()


@transaction.atomic
def change_course(course: Course, *, is_enabled: bool, has_constant_urls: bool) -> None:
    """Open a course to launches or close it, and choose the kind of its URLs."""
    lti_course = get_lti_course(course)
    lti_course.is_enabled = is_enabled
    lti_course.has_constant_urls = has_constant_urls
    lti_course.save()
    state = "open to launches" if is_enabled else "closed to launches"
    deed = Deed(
        act=Act.LTI_COURSE_CHANGED,
        target=course.name,
        target_key=course.pk,
        detail=state,
    )
    record(course.workspace_id, deed)


def _record(act: Act, thing: Platform | ConsumerKey, detail: str) -> None:
    deed = Deed(act=act, target=thing.name, target_key=thing.pk, detail=detail)
    record(thing.workspace_id, deed)
